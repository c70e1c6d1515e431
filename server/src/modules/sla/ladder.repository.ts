import type { Db, Tx } from '../../platform/db';
import type { LadderStep } from './ladder';
import { RULES_CHANGED } from './policies.repository';

/** A step as it is stored. */
export interface StoredStep extends LadderStep {
  deleted: boolean;
}

/** The steps that hold, as one value of a select. */
export const LADDER_AS_JSON = `
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'kinds', kinds, 'offsetMinutes', offset_minutes,
     'percent', percent, 'action', action, 'urgent', urgent, 'since', since) ORDER BY id), '[]')
   FROM ladder_step WHERE deleted_at IS NULL)`;

const COLUMNS = `id, kinds, offset_minutes AS "offsetMinutes", percent, action, urgent, since, deleted_at IS NOT NULL AS deleted`;

export const ladderRepository = {
  async find(q: Pick<Db, 'query'>): Promise<{ rev: number; steps: StoredStep[] }> {
    const [ladder] = await q.query<{ rev: number }>(`SELECT rev FROM ladder`);
    const steps = await q.query<StoredStep>(`SELECT ${COLUMNS} FROM ladder_step ORDER BY id`);
    return { rev: ladder?.rev ?? 1, steps };
  },

  /** Holds the ladder until the transaction ends. */
  async lock(tx: Tx): Promise<{ rev: number; steps: StoredStep[] }> {
    await tx.query(`SELECT rev FROM ladder FOR UPDATE`);
    return ladderRepository.find(tx);
  },

  /** Stores these steps; those that are not named hold no more. With the commit every node and every open clock follows. */
  async save(tx: Tx, steps: readonly LadderStep[]): Promise<void> {
    await tx.query(`UPDATE ladder SET rev = rev + 1`);
    await tx.query(
      `UPDATE ladder_step SET deleted_at = now() WHERE deleted_at IS NULL AND id <> ALL($1::uuid[])`,
      [steps.map(({ id }) => id)],
    );
    for (const step of steps) {
      await tx.query(
        `INSERT INTO ladder_step (id, kinds, offset_minutes, percent, action, urgent, since) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (id) DO UPDATE SET kinds = excluded.kinds, offset_minutes = excluded.offset_minutes, percent = excluded.percent,
           action = excluded.action, urgent = excluded.urgent, since = excluded.since, deleted_at = NULL`,
        [
          ...[step.id, step.kinds, step.offsetMinutes, step.percent],
          ...[step.action, step.urgent, step.since],
        ],
      );
    }
    await tx.query(`SELECT pg_notify($1, '')`, [RULES_CHANGED]);
    await tx.addJob('aimLadder', {}, { key: 'aimLadder' });
  },
};
