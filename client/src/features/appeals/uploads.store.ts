import type { AttachmentView } from '@otklik/shared/attachments';
import { attachmentsApi } from '@otklik/shared/attachments.api';
import { defineStore } from 'pinia';
import { v7 as uuid } from 'uuid';
import { computed, shallowReactive, watch } from 'vue';

import { call } from '../../platform/api';
import { attempt, isPassing, troubleOf, type Trouble } from '../../platform/problem';
import { useSession } from '../session';
import type { WaitingFile } from './appeal.outbox';
import { dropFile, keepFile, keptFile } from './upload.bytes';
import { pastedName, refusalBeforeUpload } from './upload.checks';
import { abandon, abortAllDeliveries, deliver, shareOf } from './upload.courier';

/** One file in a composer. Replaced as a whole on every change. */
export interface Upload {
  /** Also the id under which it is sent: a second try of a file that did arrive gives the same attachment. */
  readonly clientId: string;
  readonly file: File;
  readonly name: string;
  readonly sizeBytes: number;
  /** Object URL of an image, else null; after the upload the server's preview is in `attachment`. */
  readonly previewUrl: string | null;
  /** 0–1 */
  readonly progress: number;
  readonly state: 'waiting' | 'uploading' | 'done' | 'failed';
  readonly attachment: AttachmentView | null;
  readonly problem: Trouble | null;
  /** A failed one that may work at the next try. */
  readonly canRetry: boolean;
}

/** Where the files of a composer are kept: one per appeal and mode, one for the new appeal. */
export const composerKey = (appealId: string, mode: 'reply' | 'note') => `${appealId}/${mode}`;

const AT_ONCE = 2;
const INLINE_IMAGE = /^image\/(png|jpeg|gif|webp|avif)$/;

/** Files on their way into messages. */
export const useUploads = defineStore('uploads', () => {
  const session = useSession();
  /** composer key → its files, in order of adding */
  const byComposer = shallowReactive(new Map<string, readonly Upload[]>());
  const running = new Set<string>();

  const held = (key: string): readonly Upload[] => byComposer.get(key) ?? [];
  const isUnderWay = ({ state }: Upload) => state === 'waiting' || state === 'uploading';
  const files = (key: string): readonly Upload[] =>
    held(key).map((one) => (isUnderWay(one) ? { ...one, progress: shareOf(one.clientId) } : one));
  /** Something of this composer is still on its way. A message may be sent all the same: it waits for its files. */
  const isBusy = (key: string) => held(key).some(isUnderWay);
  const anyBusy = computed(() => [...byComposer.keys()].some(isBusy));

  /** Takes files from the picker or a drop. What is refused stays in the list with its reason and blocks nothing. */
  function add(key: string, chosen: Iterable<File>): void {
    const limits = session.me?.limits;
    if (!limits) return;
    for (const file of chosen) {
      const counted = held(key).filter(({ state }) => state !== 'failed').length;
      const problem = refusalBeforeUpload(file, counted, limits);
      const image = problem === null && INLINE_IMAGE.test(file.type);
      const clientId = uuid();
      if (!problem && session.personId) void keepFile(session.personId, clientId, file);
      const upload: Upload = {
        clientId,
        file,
        name: file.name,
        sizeBytes: file.size,
        previewUrl: image ? URL.createObjectURL(file) : null,
        progress: 0,
        state: problem ? 'failed' : 'waiting',
        attachment: null,
        problem,
        canRetry: false,
      };
      byComposer.set(key, [...held(key), upload]);
    }
    pump();
  }

  /** Takes pictures from the clipboard; they get names of the moment. */
  function addPasted(key: string, pasted: Iterable<File>, at = new Date()): void {
    for (const file of pasted) {
      const isImage = file.type.startsWith('image/');
      const taken = held(key).map(({ name }) => name);
      const name = isImage ? pastedName(at, file.type, taken) : file.name;
      add(key, [isImage ? new File([file], name, { type: file.type }) : file]);
    }
  }

  function change(key: string, clientId: string, fields: Partial<Upload>): void {
    if (!byComposer.has(key)) return;
    byComposer.set(
      key,
      held(key).map((one) => (one.clientId === clientId ? { ...one, ...fields } : one)),
    );
  }

  function pump(): void {
    for (const [key, list] of byComposer) {
      for (const upload of list) {
        if (running.size >= AT_ONCE) return;
        if (upload.state === 'waiting' && !running.has(upload.clientId)) void send(key, upload);
      }
    }
  }

  async function send(key: string, { clientId, file }: Upload): Promise<void> {
    running.add(clientId);
    change(key, clientId, { state: 'uploading', problem: null, canRetry: false });
    try {
      const attachment = await deliver(clientId, file);
      change(key, clientId, { state: 'done', progress: 1, attachment });
      // A message that was sent meanwhile reads the bytes itself, and lets them go.
      if (held(key).some((one) => one.clientId === clientId)) void dropFile(clientId);
    } catch (error) {
      // Cancelled: it is out of the list already.
      if (error instanceof DOMException && error.name === 'AbortError') return;
      const problem = troubleOf(error);
      change(key, clientId, {
        state: 'failed',
        problem,
        canRetry: isPassing(problem) || problem.code === 'upload_broken',
      });
    } finally {
      running.delete(clientId);
      pump();
    }
  }

  function retry(key: string, clientId: string): void {
    const upload = held(key).find((one) => one.clientId === clientId);
    if (!upload?.canRetry) return;
    change(key, clientId, { state: 'waiting', problem: null });
    pump();
  }

  /** Cancels or removes a file; an upload that no message uses is given back to the server. */
  function remove(key: string, clientId: string): void {
    const upload = held(key).find((one) => one.clientId === clientId);
    if (!upload) return;
    setFiles(
      key,
      held(key).filter((one) => one !== upload),
    );
    if (upload.previewUrl) URL.revokeObjectURL(upload.previewUrl);
    // Refused before it was sent, or by the server: nothing of it is there.
    if (isUnderWay(upload) || upload.canRetry) return abandon(clientId);
    void dropFile(clientId);
    if (!upload.attachment) return;
    const attachmentId = upload.attachment.id;
    // A lost answer costs nothing: unused uploads expire.
    void attempt(() => call(attachmentsApi.discard, { attachmentId }));
  }

  /** The connection is back: what the network broke goes again by itself. */
  function wake(): void {
    for (const [key, list] of byComposer) {
      for (const { clientId, state, problem } of list) {
        if (state === 'failed' && problem && isPassing(problem)) retry(key, clientId);
      }
    }
  }

  /** The next message takes it along, there already or not. */
  const goesAlong = ({ state, canRetry }: Upload) => state !== 'failed' || canRetry;

  /** The files for a message, taken out of the composer; what the server refused stays until it is removed. */
  function take(key: string): { attachments: AttachmentView[]; files: WaitingFile[] } {
    const taken = held(key).filter(goesAlong);
    setFiles(
      key,
      held(key).filter((one) => !goesAlong(one)),
    );
    for (const { previewUrl } of taken) if (previewUrl) URL.revokeObjectURL(previewUrl);
    return {
      attachments: taken.flatMap(({ attachment }) => attachment ?? []),
      files: taken
        .filter(({ attachment }) => !attachment)
        .map(({ clientId, file, name, sizeBytes }) => ({
          ...{ clientId, name, sizeBytes },
          mime: file.type,
        })),
    };
  }

  /** Puts attachments of a message that was not sent back into a composer (Edit). */
  function giveBack(key: string, attachments: readonly AttachmentView[]): void {
    const back = attachments.map((attachment): Upload => ({
      clientId: uuid(),
      file: new File([], attachment.name, { type: attachment.mime }),
      name: attachment.name,
      sizeBytes: attachment.sizeBytes,
      previewUrl: null,
      progress: 1,
      state: 'done',
      attachment,
      problem: null,
      canRetry: false,
    }));
    setFiles(key, [...held(key), ...back]);
  }

  /** Files that a message waited for go back into a composer (Edit), under their old ids. */
  async function giveBackFiles(key: string, waiting: readonly WaitingFile[]): Promise<void> {
    const person = session.personId;
    for (const { clientId, name, sizeBytes } of waiting) {
      const file = person ? await keptFile(person, clientId) : null;
      if (!file || session.personId !== person) continue;
      const image = INLINE_IMAGE.test(file.type);
      setFiles(key, [
        ...held(key),
        {
          ...{ clientId, file, name, sizeBytes, progress: 0, state: 'waiting' },
          previewUrl: image ? URL.createObjectURL(file) : null,
          ...{ attachment: null, problem: null, canRetry: false },
        },
      ]);
      pump();
    }
  }

  function setFiles(key: string, next: readonly Upload[]): void {
    if (next.length === 0) byComposer.delete(key);
    else byComposer.set(key, next);
  }

  function reset(): void {
    for (const [key, list] of byComposer) {
      for (const { previewUrl } of list) if (previewUrl) URL.revokeObjectURL(previewUrl);
      byComposer.delete(key);
    }
    abortAllDeliveries();
  }
  watch(() => session.personId, reset, { flush: 'sync' });

  // Leaving with uploads under way asks first (STA-7); the browser words the question.
  const ask = (event: Event) => event.preventDefault();
  watch(anyBusy, (busy) => {
    if (busy) addEventListener('beforeunload', ask);
    else removeEventListener('beforeunload', ask);
  });

  return {
    files,
    isBusy,
    anyBusy,
    add,
    addPasted,
    retry,
    remove,
    wake,
    take,
    giveBack,
    giveBackFiles,
  };
});
