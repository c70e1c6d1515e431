import type { Me } from '@otklik/shared/people';

import type { Trouble } from '../../platform/problem';

/** What is looked at before a byte is sent (STA-7). */
export type UploadLimits = Pick<Me['limits'], 'filesPerMessage' | 'fileBytes' | 'fileExtensions'>;

/**
 * Why a file cannot be sent, or null.
 * @param before files of this message that count already
 */
export function refusalBeforeUpload(
  file: Pick<File, 'name' | 'size'>,
  before: number,
  limits: UploadLimits,
): Trouble | null {
  const extension = /\.([^.]+)$/.exec(file.name)?.[1]?.toLowerCase() ?? '';
  if (!limits.fileExtensions.includes(extension)) {
    return local('file_type_refused', { name: file.name });
  }
  if (file.size > limits.fileBytes) return local('too_large', { limitBytes: limits.fileBytes });
  if (file.size === 0) return local('upload_broken', {});
  if (before >= limits.filesPerMessage) {
    return local('too_many_files', { limit: limits.filesPerMessage });
  }
  return null;
}

/** A refusal of our own looks like the server's, without a request id. Status 400: no retry helps. */
const local = (code: Trouble['code'], facts: Trouble['facts']): Trouble => ({
  code,
  facts,
  status: 400,
  requestId: null,
});

/** A pasted picture has no name of its own: `image-2025-11-19-1605.png` (CMP-3), local time. */
export function pastedName(at: Date, mime: string, taken: readonly string[]): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const stem = `image-${day}-${two(at.getHours())}${two(at.getMinutes())}`;
  const extension =
    { 'image/jpeg': 'jpg', 'image/gif': 'gif', 'image/webp': 'webp' }[mime] ?? 'png';
  for (let copy = 1; ; copy += 1) {
    const name = `${stem}${copy === 1 ? '' : `-${copy}`}.${extension}`;
    if (!taken.includes(name)) return name;
  }
}
