import type { AttachmentView } from '@otklik/shared/attachments';
import { attachmentsApi } from '@otklik/shared/attachments.api';

import { apiUrl, refusalFrom, sessionHeaders } from '../../platform/api';
import { Offline } from '../../platform/problem';

/** Without a sign of life for this long an upload counts as broken; its whole length has no limit. */
const STALLED_MS = 30_000;

export interface UploadRequest {
  /** @throws Refusal, Offline; rejects with an AbortError after `abort` */
  done: Promise<AttachmentView>;
  abort(): void;
}

/** Sends one file; XMLHttpRequest, because fetch cannot tell how far an upload is. `progress` is 0–1. */
export function uploadFile(
  file: File,
  clientId: string,
  progress: (share: number) => void,
): UploadRequest {
  const request = new XMLHttpRequest();
  const form = new FormData();
  // Fields first: the server reads them before the file.
  form.append('clientId', clientId);
  form.append('file', file, file.name);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stalled = false;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stalled = true;
      request.abort();
    }, STALLED_MS);
  };
  const done = new Promise<AttachmentView>((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total, lengthComputable }) => {
      alive();
      if (lengthComputable && total > 0) progress(loaded / total);
    };
    request.onload = () => {
      const answer: unknown = request.response;
      const ok = request.status >= 200 && request.status < 300;
      if (ok && isAttachment(answer)) resolve(answer);
      else if (ok) reject(new Offline(false));
      else {
        const requestId = request.getResponseHeader('x-request-id') ?? '';
        const problem = typeof answer === 'object' && answer !== null ? answer : {};
        reject(refusalFrom(problem, request.status, requestId));
      }
    };
    request.onerror = () => reject(new Offline(false));
    request.onabort = () =>
      reject(stalled ? new Offline(true) : new DOMException('upload cancelled', 'AbortError'));
    request.onloadend = () => clearTimeout(timer);
  });
  request.open(attachmentsApi.upload.method, apiUrl(attachmentsApi.upload.path));
  request.responseType = 'json';
  request.setRequestHeader('accept', 'application/json, application/problem+json');
  for (const [name, value] of Object.entries(sessionHeaders())) {
    request.setRequestHeader(name, value);
  }
  alive();
  request.send(form);
  return { done, abort: () => request.abort() };
}

const isAttachment = (answer: unknown): answer is AttachmentView =>
  typeof answer === 'object' && answer !== null && 'id' in answer && 'fileUrl' in answer;
