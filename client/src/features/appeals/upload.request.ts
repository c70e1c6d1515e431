import type { AttachmentView, UploadProgress } from '@otklik/shared/attachments';
import { attachmentsApi } from '@otklik/shared/attachments.api';
import { UPLOAD_PART_MAX } from '@otklik/shared/limits';

import { addressOf, call, refusalFrom, sessionHeaders } from '../../platform/api';
import { isRefusal, Offline } from '../../platform/problem';

/** Without a sign of life for this long an upload counts as broken; its whole length has no limit. */
const STALLED_MS = 30_000;
/** A cut costs at most one part: small ones on a slow line, bigger ones where each costs little more than the way there and back. */
const PART_MIN = 64 * 1024;
const FIRST_PART = 2 * PART_MIN;
const QUICK_MS = 1_000;
const SLOW_MS = 5_000;

export interface UploadRequest {
  /** @throws Refusal, Offline; rejects with an AbortError after `abort` */
  done: Promise<AttachmentView>;
  abort(): void;
}

/**
 * Sends one file in parts, beginning behind what the server has of it already, and making the parts as big as the line bears.
 * `progress` is 0–1 of the whole file.
 */
export function uploadFile(
  file: File,
  clientId: string,
  progress: (share: number) => void,
): UploadRequest {
  const stop = new AbortController();
  const abort = () => stop.abort(new DOMException('upload cancelled', 'AbortError'));
  return { done: bring(file, clientId, progress, stop.signal), abort };
}

async function bring(
  file: File,
  clientId: string,
  progress: (share: number) => void,
  signal: AbortSignal,
): Promise<AttachmentView> {
  const about = { clientId, name: file.name, sizeBytes: file.size, sha256: await hashOf(file) };
  const begin = () => call(attachmentsApi.begin, about, { signal });
  let partBytes = FIRST_PART;
  let { receivedBytes, attachment } = await begin();
  while (!attachment) {
    const from = receivedBytes;
    progress(from / file.size);
    const bytes = file.slice(from, from + partBytes);
    const began = performance.now();
    try {
      const sent = (loaded: number) => progress(Math.min(from + loaded, file.size) / file.size);
      ({ receivedBytes, attachment } = await sendPart(clientId, from, bytes, sent, signal));
    } catch (error) {
      // Cancelled or swept meanwhile; the next try begins anew.
      if (isRefusal(error, 'not_found')) throw new Offline(false, { cause: error });
      if (!isRefusal(error, 'wrong_offset')) throw error;
      // Another tab sends the same file, or the answer to this part was lost on its way.
      ({ receivedBytes, attachment } = await begin());
    }
    const took = performance.now() - began;
    if (took < QUICK_MS) partBytes = Math.min(partBytes * 2, UPLOAD_PART_MAX);
    else if (took > SLOW_MS) partBytes = Math.max(partBytes / 2, PART_MIN);
  }
  progress(1);
  return attachment;
}

/** Browsers hash only on pages that came encrypted; without it the server trusts name and size. */
async function hashOf(file: File): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const bytes = await file.arrayBuffer().catch((error: unknown) => {
    throw new Offline(false, { cause: error });
  });
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** XMLHttpRequest, because fetch cannot tell how far an upload is. */
function sendPart(
  clientId: string,
  offset: number,
  bytes: Blob,
  sent: (loaded: number) => void,
  signal: AbortSignal,
): Promise<UploadProgress> {
  signal.throwIfAborted();
  const request = new XMLHttpRequest();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => request.abort(), STALLED_MS);
  };
  const giveUp = () => request.abort();
  signal.addEventListener('abort', giveUp);
  const done = new Promise<UploadProgress>((resolve, reject) => {
    request.upload.onprogress = ({ loaded }) => {
      alive();
      sent(loaded);
    };
    request.onload = () => {
      const answer: unknown = request.response;
      const ok = request.status >= 200 && request.status < 300;
      if (ok && isProgress(answer)) resolve(answer);
      else if (ok) reject(new Offline(false));
      else {
        const requestId = request.getResponseHeader('x-request-id') ?? '';
        const problem = typeof answer === 'object' && answer !== null ? answer : {};
        reject(refusalFrom(problem, request.status, requestId));
      }
    };
    request.onerror = () => reject(new Offline(false));
    request.onabort = () => reject(signal.aborted ? signal.reason : new Offline(true));
    request.onloadend = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    };
  });
  const { method, path } = attachmentsApi.part;
  const { url } = addressOf({ method, path }, { clientId });
  url.searchParams.set('offset', String(offset));
  request.open(method, url);
  request.responseType = 'json';
  request.setRequestHeader('accept', 'application/json, application/problem+json');
  request.setRequestHeader('content-type', 'application/octet-stream');
  for (const [name, value] of Object.entries(sessionHeaders())) {
    request.setRequestHeader(name, value);
  }
  alive();
  request.send(bytes);
  return done;
}

const isProgress = (answer: unknown): answer is UploadProgress =>
  typeof answer === 'object' && answer !== null && 'receivedBytes' in answer;
