import type { Db, Tx } from '../../platform/db';
import { channels } from './session.repository';

type Reader = Pick<Db, 'query'>;

/** For questions about nobody, so that they take as long as those about somebody. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Session $2 is of a device that is known to be the person's: another new one says nothing about this one. */
const OWN = `EXISTS (
  SELECT FROM session own JOIN known_device o ON o.id = own.device_id
  WHERE own.id = $2 AND o.confirmed_at IS NOT NULL)`;

/** A browser that the person signed in from for the first time, and when. */
export interface NewDeviceRow {
  id: string;
  device: string;
  address: string | null;
  at: Date;
}

export const deviceRepository = {
  async find(db: Reader, personId: string, tokenHash: Buffer): Promise<{ id: string } | null> {
    const [row] = await db.query<{ id: string }>(
      `SELECT id FROM known_device WHERE person_id = $1 AND token_hash = $2`,
      [personId, tokenHash],
    );
    return row ?? null;
  },

  /**
   * The person comes from this browser. His first one is his own; a further one waits for his word. He is locked by the caller.
   * @returns its id, and whether it waits and was not known before
   */
  async meet(
    tx: Tx,
    personId: string,
    tokenHash: Buffer,
    at: Date,
  ): Promise<{ id: string; isNews: boolean }> {
    const [known] = await tx.query<{ id: string }>(
      `UPDATE known_device SET last_seen_at = $3 WHERE person_id = $1 AND token_hash = $2 RETURNING id`,
      [personId, tokenHash, at],
    );
    if (known) return { id: known.id, isNews: false };
    const [met] = await tx.query<{ id: string; isNews: boolean }>(
      `INSERT INTO known_device (person_id, token_hash, created_at, last_seen_at, confirmed_at)
       SELECT $1, $2, $3, $3, CASE WHEN EXISTS (SELECT FROM known_device WHERE person_id = $1) THEN NULL ELSE $3::timestamptz END
       RETURNING id, confirmed_at IS NULL AS "isNews"`,
      [personId, tokenHash, at],
    );
    if (met === undefined) throw new Error('an inserted device has no row');
    return met;
  },

  /** Every node tells his other screens, once the transaction commits. */
  async tell(tx: Tx, personId: string): Promise<void> {
    await tx.query(`SELECT pg_notify('${channels.deviceMet}', $1)`, [personId]);
  },

  /** Devices of the last month that the person has not spoken about, for a session of a device that is his. */
  listNew: (db: Reader, personId: string, sessionId: string, at: Date) =>
    db.query<NewDeviceRow>(
      `SELECT k.id, s.device, s.address, k.created_at AS at FROM known_device k
       CROSS JOIN LATERAL (
         SELECT device, address FROM session WHERE device_id = k.id ORDER BY created_at LIMIT 1) s
       WHERE k.person_id = $1 AND k.confirmed_at IS NULL AND k.created_at > $3::timestamptz - interval '30 days' AND ${OWN}
       ORDER BY k.created_at LIMIT 5`,
      [personId, sessionId, at],
    ),

  /** @returns false when there is no such device that waits, or this session is of one that waits itself */
  async confirm(
    tx: Tx,
    { deviceId, personId, sessionId }: { deviceId: string; personId: string; sessionId: string },
    at: Date,
  ): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE known_device k SET confirmed_at = $4
       WHERE k.id = $3 AND k.person_id = $1 AND k.confirmed_at IS NULL AND ${OWN} RETURNING k.id`,
      [personId, sessionId, deviceId, at],
    );
    return rows.length > 0;
  },

  /** Forgets a device that is not his, so that it is news again when it comes back. @returns its live sessions, null as above */
  async refuse(
    tx: Tx,
    { deviceId, personId, sessionId }: { deviceId: string; personId: string; sessionId: string },
  ): Promise<string[] | null> {
    const live = await tx.query<{ id: string }>(
      `SELECT id FROM session WHERE device_id = $1 AND ended_at IS NULL`,
      [deviceId],
    );
    const gone = await tx.query(
      `DELETE FROM known_device k
       WHERE k.id = $3 AND k.person_id = $1 AND k.confirmed_at IS NULL AND ${OWN} RETURNING k.id`,
      [personId, sessionId, deviceId],
    );
    return gone.length > 0 ? live.map(({ id }) => id) : null;
  },

  /** Devices that nobody has used for longer than a browser keeps the cookie. */
  async sweep(db: Reader, at: Date): Promise<void> {
    await db.query(
      `DELETE FROM known_device WHERE last_seen_at < $1::timestamptz - interval '400 days'`,
      [at],
    );
  },
};
