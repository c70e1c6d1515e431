import type { TokenScope } from '@otklik/shared/accounts';
import type { Db, Tx } from '../../platform/db';

type Reader = Pick<Db, 'query'>;

export interface TokenRow {
  id: string;
  name: string;
  scopes: TokenScope[];
  hint: string;
  createdAt: Date;
  createdBy: string | null;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

const TOKEN = `
  SELECT t.id, t.name, t.scopes, t.hint, t.created_at AS "createdAt", p.name AS "createdBy", t.expires_at AS "expiresAt",
         t.last_used_at AS "lastUsedAt", t.revoked_at AS "revokedAt"
  FROM integration_token t LEFT JOIN person p ON p.id = t.created_by`;

export const tokenRepository = {
  /** Those that still open first, the newest at the top. */
  list: (db: Reader) =>
    db.query<TokenRow>(
      `${TOKEN} ORDER BY t.revoked_at IS NOT NULL, t.created_at DESC, t.id LIMIT 500`,
    ),

  async find(db: Reader, id: string): Promise<TokenRow | null> {
    const [row] = await db.query<TokenRow>(`${TOKEN} WHERE t.id = $1`, [id]);
    return row ?? null;
  },

  async insert(
    db: Reader,
    token: Pick<TokenRow, 'name' | 'scopes' | 'hint' | 'createdAt' | 'expiresAt'> & {
      tokenHash: Buffer;
      createdBy: string | null;
    },
  ): Promise<string> {
    const [row] = await db.query<{ id: string }>(
      `INSERT INTO integration_token (name, token_hash, scopes, hint, created_by, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
      [
        ...[token.name, token.tokenHash, token.scopes, token.hint],
        ...[token.createdBy, token.createdAt, token.expiresAt],
      ],
    );
    if (row === undefined) throw new Error('an inserted token has no row');
    return row.id;
  },

  /** @returns false when there is none that still opens */
  async revoke(tx: Tx, id: string, at: Date): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE integration_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id`,
      [id, at],
    );
    return rows.length > 0;
  },

  /** A token that opens at this moment. */
  async findOpen(
    db: Reader,
    tokenHash: Buffer,
    at: Date,
  ): Promise<Pick<TokenRow, 'id' | 'scopes' | 'lastUsedAt'> | null> {
    const [row] = await db.query<Pick<TokenRow, 'id' | 'scopes' | 'lastUsedAt'>>(
      `SELECT id, scopes, last_used_at AS "lastUsedAt" FROM integration_token
       WHERE token_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`,
      [tokenHash, at],
    );
    return row ?? null;
  },

  async used(db: Reader, id: string, at: Date): Promise<void> {
    await db.query(`UPDATE integration_token SET last_used_at = $2 WHERE id = $1`, [id, at]);
  },
};
