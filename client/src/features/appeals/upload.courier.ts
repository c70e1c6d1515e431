import type { AttachmentView } from '@otklik/shared/attachments';
import { attachmentsApi } from '@otklik/shared/attachments.api';
import { shallowReactive } from 'vue';

import { call } from '../../platform/api';
import { attempt } from '../../platform/problem';
import { dropFile } from './upload.bytes';
import { uploadFile, type UploadRequest } from './upload.request';

const underWay = new Map<string, UploadRequest>();
/** Kept when an upload breaks: the next try goes on from there. */
const shares = shallowReactive(new Map<string, number>());

/** How far a file has come, 0–1. Reactive. */
export const shareOf = (clientId: string): number => shares.get(clientId) ?? 0;

/**
 * Brings a file to the server, once at a time however many ask for it: the composer that chose it, and the message
 * that was sent before it was there.
 * @throws Refusal, Offline; AbortError after `abandon`
 */
export function deliver(clientId: string, file: File): Promise<AttachmentView> {
  const known = underWay.get(clientId);
  if (known) return known.done;
  const request = uploadFile(file, clientId, (share) => shares.set(clientId, share));
  underWay.set(clientId, request);
  const over = () => underWay.get(clientId) === request && underWay.delete(clientId);
  request.done.then(() => over() && shares.delete(clientId), over);
  return request.done;
}

/** Nobody wants the file any more: it stops on its way, and what has arrived of it goes from the server. */
export function abandon(clientId: string): void {
  underWay.get(clientId)?.abort();
  shares.delete(clientId);
  void dropFile(clientId);
  // A lost answer costs nothing: unfinished and unused uploads expire.
  void attempt(() => call(attachmentsApi.cancel, { clientId }));
}

/** Somebody else is signed in: nothing of the person before goes on. */
export function abortAllDeliveries(): void {
  for (const request of underWay.values()) request.abort();
  shares.clear();
}
