import type { Db, Tx } from '../../platform/db';

export interface VouchedFor {
  personId: string;
  name: string;
  /** By the provider's subject; otherwise by the address. */
  isLinked: boolean;
}

export const signOnRepository = {
  /** A colleague by subject, else one by an address that is his login. Dealers' people are nobody here. */
  async find(
    db: Pick<Db, 'query'>,
    { iss, sub }: { iss: string; sub: string },
    email: string | null,
  ): Promise<VouchedFor | null> {
    const [row] = await db.query<VouchedFor>(
      `SELECT p.id AS "personId", p.name, i.person_id IS NOT NULL AS "isLinked"
       FROM person p LEFT JOIN sign_on_identity i ON i.person_id = p.id AND i.issuer = $1 AND i.subject = $2
       WHERE p.role <> 'dealer' AND (i.person_id IS NOT NULL OR lower(p.login) = lower($3))
       ORDER BY i.person_id IS NOT NULL DESC LIMIT 1`,
      [iss, sub, email],
    );
    return row ?? null;
  },

  /** @returns false when it was linked meanwhile */
  async link(
    tx: Tx,
    identity: { issuer: string; subject: string; personId: string; at: Date },
  ): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO sign_on_identity (issuer, subject, person_id, linked_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (issuer, subject) DO NOTHING RETURNING person_id`,
      [identity.issuer, identity.subject, identity.personId, identity.at],
    );
    return rows.length > 0;
  },
};
