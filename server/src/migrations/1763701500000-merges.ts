import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATES = `'running', 'paused', 'met', 'breached', 'cancelled'`;
const ACTIONS = `'started', 'paused', 'resumed', 'warned', 'breached', 'met', 'cancelled', 'retargeted', 'ended'`;

/** Appeals that were merged into others, and messages that were split off. Nothing is moved: both are remembered beside what there is. */
export class Merges1763701500000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(
      `ALTER TABLE appeal ADD merged_into integer REFERENCES appeal (no),
         ADD CONSTRAINT appeal_merged CHECK (merged_into IS NULL OR (status = 'closed' AND merged_into <> no))`,
    );
    await q.query(`
      CREATE TABLE appeal_merge (
        id uuid PRIMARY KEY,
        source_id uuid NOT NULL REFERENCES appeal,
        target_id uuid NOT NULL REFERENCES appeal,
        merged_at timestamptz NOT NULL,
        -- Last number of the target when it was merged: what came after it came while they were one.
        target_seq integer NOT NULL,
        -- What the merge has changed of either, and what it was before: how it is undone.
        before jsonb NOT NULL,
        undone_at timestamptz,
        CHECK (source_id <> target_id)
      )`);
    await q.query(
      `CREATE UNIQUE INDEX appeal_merge_once ON appeal_merge (source_id) WHERE undone_at IS NULL`,
    );
    // A message that was split off with others, as a copy that names its origin.
    await q.query(`ALTER TABLE entry ADD origin jsonb`);
    await q.query(
      `CREATE INDEX entry_copy ON entry ((origin->>'entryId')) WHERE origin IS NOT NULL`,
    );
    // Up to when a clock's ledger is that of another one; a breach before it counts there.
    await q.query(`ALTER TABLE sla_clock ADD carried_at timestamptz`);
    await allow(q, {
      states: `${STATES}, 'carried'`,
      actions: `${ACTIONS}, 'carried', 'taken_over'`,
    });
  }

  /** What was carried counts as called off then. */
  async down(q: QueryRunner): Promise<void> {
    await q.query(`UPDATE sla_clock SET state = 'cancelled' WHERE state = 'carried'`);
    await q.query(`UPDATE sla_clock_step SET action = 'cancelled' WHERE action = 'carried'`);
    await q.query(`UPDATE sla_clock_step SET action = 'resumed' WHERE action = 'taken_over'`);
    await allow(q, { states: STATES, actions: ACTIONS });
    await q.query(`ALTER TABLE sla_clock DROP COLUMN carried_at`);
    await q.query(`DROP INDEX entry_copy`);
    await q.query(`ALTER TABLE entry DROP COLUMN origin`);
    await q.query(`DROP TABLE appeal_merge`);
    await q.query(`ALTER TABLE appeal DROP CONSTRAINT appeal_merged, DROP COLUMN merged_into`);
  }
}

async function allow(
  q: QueryRunner,
  { states, actions }: { states: string; actions: string },
): Promise<void> {
  await q.query(
    `ALTER TABLE sla_clock DROP CONSTRAINT sla_clock_state_check,
       ADD CONSTRAINT sla_clock_state_check CHECK (state IN (${states})),
       DROP CONSTRAINT sla_clock_ended,
       ADD CONSTRAINT sla_clock_ended CHECK (state NOT IN ('met', 'cancelled', 'carried') OR ended_at IS NOT NULL)`,
  );
  await q.query(
    `ALTER TABLE sla_clock_step DROP CONSTRAINT sla_clock_step_action_check,
       ADD CONSTRAINT sla_clock_step_action_check CHECK (action IN (${actions}))`,
  );
}
