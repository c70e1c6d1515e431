import type { Db, Tx } from '../../platform/db';

type Reader = Pick<Db, 'query'>;

interface StepRow {
  /** Sealed. */
  secret: Buffer;
  isOn: boolean;
}

export const secondStepRepository = {
  async find(db: Reader, personId: string): Promise<StepRow | null> {
    const [row] = await db.query<StepRow>(
      `SELECT secret, confirmed_at IS NOT NULL AS "isOn" FROM second_step WHERE person_id = $1`,
      [personId],
    );
    return row ?? null;
  },

  async countRecovery(db: Reader, personId: string): Promise<number> {
    const [row] = await db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM recovery_code WHERE person_id = $1`,
      [personId],
    );
    return row?.count ?? 0;
  },

  /** A secret that waits for its first code. @returns false when one is in use already */
  async begin(tx: Tx, personId: string, secret: Buffer): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO second_step AS s (person_id, secret) VALUES ($1, $2)
       ON CONFLICT (person_id) DO UPDATE SET secret = excluded.secret WHERE s.confirmed_at IS NULL RETURNING person_id`,
      [personId, secret],
    );
    return rows.length > 0;
  },

  /** @returns false when there is nothing to confirm, or another secret by now */
  async confirm(
    tx: Tx,
    personId: string,
    { secret, period, at }: { secret: Buffer; period: number; at: Date },
  ): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE second_step SET confirmed_at = $4, last_period = $3
       WHERE person_id = $1 AND secret = $2 AND confirmed_at IS NULL RETURNING person_id`,
      [personId, secret, period, at],
    );
    return rows.length > 0;
  },

  /** One statement: a code that is used twice at once is accepted once. */
  async spendPeriod(tx: Tx, personId: string, period: number): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE second_step SET last_period = $2
       WHERE person_id = $1 AND confirmed_at IS NOT NULL AND last_period < $2 RETURNING person_id`,
      [personId, period],
    );
    return rows.length > 0;
  },

  async hasRecovery(db: Reader, personId: string, codeHash: Buffer): Promise<boolean> {
    const rows = await db.query(
      `SELECT FROM recovery_code WHERE person_id = $1 AND code_hash = $2`,
      [personId, codeHash],
    );
    return rows.length > 0;
  },

  async spendRecovery(tx: Tx, personId: string, codeHash: Buffer): Promise<boolean> {
    const rows = await tx.query(
      `DELETE FROM recovery_code WHERE person_id = $1 AND code_hash = $2 RETURNING person_id`,
      [personId, codeHash],
    );
    return rows.length > 0;
  },

  async replaceRecovery(tx: Tx, personId: string, hashes: readonly Buffer[]): Promise<void> {
    await tx.query(`DELETE FROM recovery_code WHERE person_id = $1`, [personId]);
    await tx.query(
      `INSERT INTO recovery_code (person_id, code_hash) SELECT $1, unnest($2::bytea[])`,
      [personId, hashes],
    );
  },

  /** @returns false when there was none in use */
  async remove(tx: Tx, personId: string): Promise<boolean> {
    const rows = await tx.query<{ isOn: boolean }>(
      `DELETE FROM second_step WHERE person_id = $1 RETURNING confirmed_at IS NOT NULL AS "isOn"`,
      [personId],
    );
    return rows[0]?.isOn ?? false;
  },
};
