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

/** What will be sent in parts: the same for every try of the same file. */
export const BeginUpload = z.strictObject({
  clientId: z.uuid(),
  name: z.string().min(1).max(1_000),
  sizeBytes: z.number().int().min(1),
  /** Of the whole file; left out by browsers that cannot compute it (plain HTTP). */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export type BeginUpload = z.input<typeof BeginUpload>;
export const UploadId = z.strictObject({ clientId: z.uuid() });
export type UploadId = z.input<typeof UploadId>;
/** In the address; the bytes themselves are the body. */
export const UploadPart = z.strictObject({
  clientId: z.uuid(),
  offset: z.coerce.number().int().min(0),
});
export type UploadPart = z.input<typeof UploadPart>;
export const UploadProgress = z.object({
  /** So much is safe on the server; the next part begins here. */
  receivedBytes: z.number().int(),
  /** Once everything has arrived and was accepted. */
  attachment: AttachmentView.nullable(),
});
export type UploadProgress = z.infer<typeof UploadProgress>;

export const AttachmentId = z.strictObject({ attachmentId: z.uuid() });
export type AttachmentId = z.input<typeof AttachmentId>;
