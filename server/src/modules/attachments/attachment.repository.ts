import type { AttachmentView } from '@otklik/shared/attachments';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import { attachmentColumns, attachmentView, type AttachmentRow } from './attachment.view';

/** A database or a transaction. */
type Reader = Pick<Db, 'query'>;

export interface NewAttachment {
  id: string;
  clientId: string;
  uploadedBy: string;
  name: string;
  extension: string;
  mime: string;
  sizeBytes: number;
  sha256: string;
  picture: { width: number; height: number } | null;
  hasPreview: boolean;
  createdAt: Date;
}

export const attachmentRepository = {
  /** The row, or null when this person has used the `clientId` before. */
  async insert(q: Reader, upload: NewAttachment): Promise<AttachmentRow | null> {
    const [row] = await q.query<AttachmentRow>(
      `INSERT INTO attachment (id, client_id, uploaded_by, name, extension, mime, size_bytes, sha256, width, height, has_preview, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
       ON CONFLICT ON CONSTRAINT attachment_once DO NOTHING
       RETURNING ${attachmentColumns('attachment')}`,
      [
        upload.id,
        upload.clientId,
        upload.uploadedBy,
        upload.name,
        upload.extension,
        upload.mime,
        upload.sizeBytes,
        upload.sha256,
        upload.picture?.width ?? null,
        upload.picture?.height ?? null,
        upload.hasPreview,
        upload.createdAt,
      ],
    );
    return row ?? null;
  },

  async find(q: Reader, id: string): Promise<AttachmentRow | null> {
    const [row] = await q.query<AttachmentRow>(
      `SELECT ${attachmentColumns('a')} FROM attachment a WHERE a.id = $1`,
      [id],
    );
    return row ?? null;
  },

  async findSent(q: Reader, uploadedBy: string, clientId: string): Promise<AttachmentRow | null> {
    const [row] = await q.query<AttachmentRow>(
      `SELECT ${attachmentColumns('a')} FROM attachment a WHERE a.uploaded_by = $1 AND a.client_id = $2`,
      [uploadedBy, clientId],
    );
    return row ?? null;
  },

  /** Deletes this person's upload if no message has taken it; waits for a message that is about to. */
  async deleteUnused(q: Reader, id: string, uploadedBy: string): Promise<boolean> {
    const gone = await q.query<{ id: string }>(
      `DELETE FROM attachment WHERE id = $1 AND uploaded_by = $2 AND entry_id IS NULL RETURNING id`,
      [id, uploadedBy],
    );
    return gone.length > 0;
  },

  /** Deletes at most `limit` uploads that no message took since before `until`; uploads being taken right now are left alone. */
  async deleteExpired(q: Reader, until: Date, limit: number): Promise<string[]> {
    const gone = await q.query<{ id: string }>(
      `DELETE FROM attachment WHERE entry_id IS NULL AND id IN (
         SELECT id FROM attachment WHERE entry_id IS NULL AND created_at < $1
         ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
       RETURNING id`,
      [until, limit],
    );
    return gone.map(({ id }) => id);
  },

  /**
   * Gives uploads to a message: from now on they share its rights. The entry must be written already.
   * The caller checks how many files a message may have.
   * @param ids in the order of the message; an id named twice counts once
   * @throws not_found – one is missing, of another person, or used by another message; nothing is taken then
   */
  async take(
    tx: Tx,
    { ids, uploadedBy, appealId, entryId }: TakeUploads,
  ): Promise<AttachmentView[]> {
    const wanted = [...new Set(ids)];
    if (wanted.length === 0) return [];
    // Locked in the order of ids first, so that two messages after the same files wait instead of blocking each other.
    const rows = await tx.query<AttachmentRow>(
      `WITH free AS (
         SELECT id FROM attachment
         WHERE id = ANY($1::uuid[]) AND uploaded_by = $2 AND entry_id IS NULL
         ORDER BY id FOR UPDATE
       )
       UPDATE attachment a
       SET appeal_id = $3, entry_id = $4, position = array_position($1::uuid[], a.id)
       FROM free WHERE a.id = free.id
       RETURNING ${attachmentColumns('a')}`,
      [wanted, uploadedBy, appealId, entryId],
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    return wanted.map((id) => {
      const row = byId.get(id);
      if (row === undefined) throw fail('not_found', { what: 'attachment' });
      return attachmentView(row);
    });
  },

  /** Files of entries, each list in the order of its message. Entries without files are not in the map. */
  async ofEntries(q: Reader, entryIds: readonly string[]): Promise<Map<string, AttachmentView[]>> {
    const files = new Map<string, AttachmentView[]>();
    if (entryIds.length === 0) return files;
    const rows = await q.query<AttachmentRow & { entry_id: string }>(
      `SELECT ${attachmentColumns('a')} FROM attachment a
       WHERE a.entry_id = ANY($1::uuid[]) ORDER BY a.entry_id, a.position`,
      [entryIds],
    );
    for (const row of rows) {
      const list = files.get(row.entry_id) ?? [];
      list.push(attachmentView(row));
      files.set(row.entry_id, list);
    }
    return files;
  },

  /**
   * All files of an appeal, newest message first; those of deleted messages are left out.
   * @param publicOnly leaves out files of private notes: what a dealer may be shown
   */
  async ofAppeal(
    q: Reader,
    appealId: string,
    { publicOnly }: { publicOnly: boolean },
  ): Promise<(AttachmentView & { entryId: string })[]> {
    const rows = await q.query<AttachmentRow & { entry_id: string }>(
      `SELECT ${attachmentColumns('a')} FROM attachment a
       JOIN entry e ON e.id = a.entry_id
       WHERE a.appeal_id = $1 AND e.deleted_at IS NULL AND (e.public_seq IS NOT NULL OR NOT $2::boolean)
       ORDER BY e.seq DESC, a.position`,
      [appealId, publicOnly],
    );
    return rows.map((row) => ({ ...attachmentView(row), entryId: row.entry_id }));
  },
};

export interface TakeUploads {
  ids: readonly string[];
  uploadedBy: string;
  appealId: string;
  entryId: string;
}
