import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { makeToken, tokenHash } from './session.cookie';

export type IntegrationService = ReturnType<typeof createIntegrationService>;

const TOUCH_EVERY_MS = 60_000;

/** Tokens of other systems (1C and the like), which sign in without a person. */
export function createIntegrationService({ db, now }: { db: Db; now: () => Date }) {
  /** Makes a token for another system. It is told once; the table keeps its hash. */
  async function createIntegrationToken(name: string): Promise<string> {
    const token = makeToken();
    await db.query(
      `INSERT INTO integration_token (name, token_hash, created_at) VALUES ($1, $2, $3)`,
      [name, tokenHash(token), now()],
    );
    return token;
  }

  /**
   * @param authorization the header `Authorization: Bearer <token>`
   * @throws not_signed_in – no token, an unknown one, or a revoked one
   */
  async function authenticateIntegration(authorization: string | undefined): Promise<void> {
    const token = /^Bearer ([\w-]{20,200})$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw fail('not_signed_in', {});
    const hash = tokenHash(token);
    const [row] = await db.query<{ lastUsedAt: Date | null }>(
      `SELECT last_used_at AS "lastUsedAt" FROM integration_token WHERE token_hash = $1 AND revoked_at IS NULL`,
      [hash],
    );
    if (row === undefined) throw fail('not_signed_in', {});
    const at = now();
    if (row.lastUsedAt !== null && at.getTime() - row.lastUsedAt.getTime() < TOUCH_EVERY_MS) return;
    await db.query(`UPDATE integration_token SET last_used_at = $2 WHERE token_hash = $1`, [
      hash,
      at,
    ]);
  }

  return { createIntegrationToken, authenticateIntegration };
}
