import type { AttachmentView } from '@otklik/shared/attachments';
import { shallowReactive } from 'vue';

import { uploadFile, type UploadRequest } from './upload.request';

const underWay = new Map<string, UploadRequest>();
const shares = shallowReactive(new Map<string, number>());

/** How far a file has come, 0–1. Reactive. */
export const shareOf = (clientId: string): number => shares.get(clientId) ?? 0;

/**
 * Brings a file to the server, once at a time however many ask for it: the composer that chose it, and the message
 * that was sent before it was there.
 * @throws Refusal, Offline; AbortError after `abortDelivery`
 */
export function deliver(clientId: string, file: File): Promise<AttachmentView> {
  const known = underWay.get(clientId);
  if (known) return known.done;
  const request = uploadFile(file, clientId, (share) => shares.set(clientId, share));
  underWay.set(clientId, request);
  shares.set(clientId, 0);
  const over = () => {
    if (underWay.get(clientId) !== request) return;
    underWay.delete(clientId);
    shares.delete(clientId);
  };
  request.done.then(over, over);
  return request.done;
}

export function abortDelivery(clientId: string): void {
  underWay.get(clientId)?.abort();
}

/** Somebody else is signed in: nothing of the person before goes on. */
export function abortAllDeliveries(): void {
  for (const request of underWay.values()) request.abort();
}
