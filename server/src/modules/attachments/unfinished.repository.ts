import type { Db, Tx } from '../../platform/db';

/** A database or a transaction. */
type Reader = Pick<Db, 'query'>;

/** A row of the table `unfinished_upload`. */
export interface UnfinishedUpload {
  id: string;
  client_id: string;
  name: string;
  size_bytes: number;
  sha256: string | null;
  /** Ids of the parts on disk, in the order of the file. */
  parts: string[];
  received_bytes: number;
}

export interface NewUnfinished {
  id: string;
  clientId: string;
  uploadedBy: string;
  name: string;
  sizeBytes: number;
  sha256: string | null;
  at: Date;
}

const COLUMNS = 'id, client_id, name, size_bytes, sha256, parts, received_bytes';

export const unfinishedRepository = {
  async find(q: Reader, uploadedBy: string, clientId: string): Promise<UnfinishedUpload | null> {
    const [row] = await q.query<UnfinishedUpload>(
      `SELECT ${COLUMNS} FROM unfinished_upload WHERE uploaded_by = $1 AND client_id = $2`,
      [uploadedBy, clientId],
    );
    return row ?? null;
  },

  /** Locks the person, so that two uploads that begin at once are counted one after the other. */
  async lockCount(tx: Tx, uploadedBy: string): Promise<number> {
    await tx.query(`SELECT 1 FROM person WHERE id = $1 FOR NO KEY UPDATE`, [uploadedBy]);
    const [row] = await tx.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM unfinished_upload WHERE uploaded_by = $1`,
      [uploadedBy],
    );
    return row?.count ?? 0;
  },

  async insert(tx: Tx, upload: NewUnfinished): Promise<UnfinishedUpload> {
    const { id, clientId, uploadedBy, name, sizeBytes, sha256, at } = upload;
    const [row] = await tx.query<UnfinishedUpload>(
      `INSERT INTO unfinished_upload (id, client_id, uploaded_by, name, size_bytes, sha256, touched_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${COLUMNS}`,
      [id, clientId, uploadedBy, name, sizeBytes, sha256, at],
    );
    if (row === undefined) throw new Error('an INSERT answered no row');
    return row;
  },

  /** Adds a part at the end of what has arrived. Null: the end is elsewhere by now, or the upload is over. */
  async append(
    q: Reader,
    id: string,
    part: { id: string; offset: number; sizeBytes: number; at: Date },
  ): Promise<UnfinishedUpload | null> {
    const [row] = await q.query<UnfinishedUpload>(
      `UPDATE unfinished_upload
       SET parts = parts || $2::uuid, received_bytes = received_bytes + $4, touched_at = $5
       WHERE id = $1 AND received_bytes = $3 RETURNING ${COLUMNS}`,
      [id, part.id, part.offset, part.sizeBytes, part.at],
    );
    return row ?? null;
  },

  /** The upload is over. False: it was already. */
  async end(q: Reader, id: string): Promise<boolean> {
    const gone = await q.query(`DELETE FROM unfinished_upload WHERE id = $1 RETURNING id`, [id]);
    return gone.length > 0;
  },

  /** Ends uploads that got no part since before `until`; those that get one right now are left alone. */
  async endExpired(q: Reader, until: Date): Promise<string[]> {
    const gone = await q.query<{ id: string }>(
      `DELETE FROM unfinished_upload WHERE touched_at < $1 AND id IN (
         SELECT id FROM unfinished_upload WHERE touched_at < $1 FOR UPDATE SKIP LOCKED)
       RETURNING id`,
      [until],
    );
    return gone.map(({ id }) => id);
  },
};
