import * as z from 'zod';

/** What the server takes; the first of a list of types decides the icon. */
export const ATTACHMENT_EXTENSIONS = [
  'jpg',
  'jpeg',
  'png',
  'gif',
  'webp',
  'heic',
  'heif',
  'avif',
  'svg',
  'pdf',
  'doc',
  'docx',
  'xls',
  'xlsx',
  'csv',
  'txt',
  'rtf',
  'odt',
  'ods',
  'xml',
  'html',
  'zip',
  'rar',
  '7z',
  'mp4',
  'mov',
  'webm',
  'mp3',
  'ogg',
  'm4a',
  'eml',
] as const;

export const AttachmentView = z.object({
  id: z.uuid(),
  /** As the sender named it. */
  name: z.string(),
  mime: z.string(),
  sizeBytes: z.number().int(),
  /** An image that may be shown inline, with its size in pixels. */
  image: z.object({ width: z.number().int(), height: z.number().int() }).nullable(),
  /** Below BASE_PATH, e.g. `api/attachments/<id>/file`. */
  fileUrl: z.string(),
  previewUrl: z.string().nullable(),
});
export type AttachmentView = z.infer<typeof AttachmentView>;

/** Multipart: these fields, then the part `file`. */
export const UploadFields = z.strictObject({ clientId: z.uuid() });
export type UploadFields = z.input<typeof UploadFields>;
export const AttachmentId = z.strictObject({ attachmentId: z.uuid() });
export type AttachmentId = z.input<typeof AttachmentId>;
