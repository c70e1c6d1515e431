import type { PasswordLink } from '@otklik/shared/accounts';
import type { Db, Tx } from '../../platform/db';

export interface LinkRow {
  personId: string;
  login: string;
  name: string;
  kind: PasswordLink['kind'];
  expiresAt: Date;
}

export const passwordLinkRepository = {
  /** The person's one link; the one before opens nothing any more. */
  async put(
    tx: Tx,
    link: Pick<LinkRow, 'personId' | 'kind' | 'expiresAt'> & { tokenHash: Buffer },
  ): Promise<void> {
    await tx.query(
      `INSERT INTO password_link (person_id, token_hash, kind, expires_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (person_id) DO UPDATE SET token_hash = excluded.token_hash, kind = excluded.kind, expires_at = excluded.expires_at`,
      [link.personId, link.tokenHash, link.kind, link.expiresAt],
    );
  },

  async find(db: Pick<Db, 'query'>, tokenHash: Buffer, at: Date): Promise<LinkRow | null> {
    const [row] = await db.query<LinkRow>(
      `SELECT l.person_id AS "personId", p.login, p.name, l.kind, l.expires_at AS "expiresAt"
       FROM password_link l JOIN person p ON p.id = l.person_id WHERE l.token_hash = $1 AND l.expires_at > $2`,
      [tokenHash, at],
    );
    return row ?? null;
  },

  /** One statement: of two who use the link at once, one gets it. */
  async useUp(tx: Tx, tokenHash: Buffer, at: Date): Promise<boolean> {
    const rows = await tx.query(
      `DELETE FROM password_link WHERE token_hash = $1 AND expires_at > $2 RETURNING person_id`,
      [tokenHash, at],
    );
    return rows.length > 0;
  },

  /** Links past their time. */
  async sweep(db: Pick<Db, 'query'>, at: Date): Promise<void> {
    await db.query(`DELETE FROM password_link WHERE expires_at <= $1`, [at]);
  },
};
