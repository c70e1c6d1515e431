import type { AttachmentView } from '@otklik/shared/attachments';

/** A row of the table `attachment`, as SQL answers it. */
export interface AttachmentRow {
  id: string;
  client_id: string;
  uploaded_by: string;
  /** Null until a message takes the upload. */
  entry_id: string | null;
  name: string;
  mime: string;
  size_bytes: number;
  sha256: string;
  /** Pixels as shown (turned upright); null when this is no picture, or none that can be read. */
  width: number | null;
  height: number | null;
  has_preview: boolean;
}

/** The columns of {@link AttachmentRow}, for `SELECT` and `RETURNING` on the table or its alias. */
export const attachmentColumns = (table: string) =>
  [
    'id',
    'client_id',
    'uploaded_by',
    'entry_id',
    'name',
    'mime',
    'size_bytes',
    'sha256',
    'width',
    'height',
    'has_preview',
  ]
    .map((column) => `${table}.${column}`)
    .join(', ');

/** What leaves the server about a file: who sent it, and under which name it lies on disk, stay here. */
export function attachmentView(row: AttachmentRow): AttachmentView {
  const url = `api/attachments/${row.id}`;
  return {
    id: row.id,
    name: row.name,
    mime: row.mime,
    sizeBytes: row.size_bytes,
    image:
      row.width === null || row.height === null ? null : { width: row.width, height: row.height },
    fileUrl: `${url}/file`,
    previewUrl: row.has_preview ? `${url}/preview` : null,
  };
}
