import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The escalation ladder, what it has done, the notices people get, and waiting for a dealer in his own hours. */
export class Ladder1763701110000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    // One row: whoever changes the ladder holds it.
    await q.query(
      `CREATE TABLE ladder (one boolean PRIMARY KEY DEFAULT true CHECK (one), rev integer NOT NULL DEFAULT 1)`,
    );
    await q.query(`INSERT INTO ladder DEFAULT VALUES`);
    await q.query(`
      CREATE TABLE ladder_step (
        id uuid PRIMARY KEY,
        kinds text[] NOT NULL CHECK (cardinality(kinds) > 0 AND kinds <@ ARRAY['first_response', 'next_response', 'resolution']),
        -- Working minutes from the deadline, below 0 before it; or the share of the target that is used.
        offset_minutes integer,
        percent integer CHECK (percent > 0),
        action text NOT NULL CHECK (action IN ('remind_owner', 'remind_team', 'remind_supervisor', 'reassign_team', 'reassign_next')),
        urgent boolean NOT NULL,
        -- Of what had been reached before it held, nothing is done.
        since timestamptz NOT NULL,
        deleted_at timestamptz,
        CONSTRAINT ladder_step_place CHECK ((offset_minutes IS NULL) <> (percent IS NULL))
      )`);
    await q.query(`
      ALTER TABLE sla_clock
        ADD COLUMN ladder_at timestamptz,
        -- Ids of the steps in ladder_fired, so that a clock in memory knows them.
        ADD COLUMN ladder_fired text[] NOT NULL DEFAULT '{}',
        ADD CONSTRAINT sla_clock_ladder CHECK (ladder_at IS NULL OR (ended_at IS NULL AND state <> 'paused'))`);
    await q.query(
      `CREATE INDEX sla_clock_ladder_at ON sla_clock (ladder_at) WHERE ladder_at IS NOT NULL`,
    );
    // Once, the poller works out for each what comes next.
    await q.query(
      `UPDATE sla_clock SET ladder_at = now() WHERE ended_at IS NULL AND state <> 'paused'`,
    );
    // A step comes once per clock and cycle, whatever restarts or how many nodes look.
    await q.query(`
      CREATE TABLE ladder_fired (
        appeal_id uuid NOT NULL,
        kind text NOT NULL,
        cycle integer NOT NULL,
        step_id uuid NOT NULL REFERENCES ladder_step,
        at timestamptz NOT NULL,
        PRIMARY KEY (appeal_id, kind, cycle, step_id),
        FOREIGN KEY (appeal_id, kind, cycle) REFERENCES sla_clock
      )`);
    await q.query(`
      CREATE TABLE notice (
        id uuid PRIMARY KEY,
        person_id uuid NOT NULL REFERENCES person,
        appeal_id uuid NOT NULL REFERENCES appeal,
        kind text NOT NULL CHECK (kind IN ('reminder', 'given', 'taken', 'answer_awaited')),
        -- Of the ladder: the step, its clock and the deadline as it stood.
        step_id uuid REFERENCES ladder_step,
        action text,
        clock_kind text,
        cycle integer,
        due_at timestamptz,
        -- Of the wait for a dealer: since when, and when it ends.
        waits_since timestamptz,
        closes_at timestamptz,
        made_at timestamptz NOT NULL,
        show_at timestamptz NOT NULL,
        told_at timestamptz,
        read_at timestamptz,
        CONSTRAINT notice_once UNIQUE NULLS NOT DISTINCT (person_id, appeal_id, kind, step_id, clock_kind, cycle, waits_since),
        CONSTRAINT notice_side CHECK ((kind = 'answer_awaited') = (waits_since IS NOT NULL) AND (kind <> 'answer_awaited')
          = (step_id IS NOT NULL AND action IS NOT NULL AND clock_kind IS NOT NULL AND cycle IS NOT NULL AND due_at IS NOT NULL))
      )`);
    await q.query(`CREATE INDEX notice_untold ON notice (show_at) WHERE told_at IS NULL`);
    await q.query(
      `CREATE INDEX notice_of_person ON notice (person_id, told_at DESC, id DESC) WHERE told_at IS NOT NULL`,
    );
    await q.query(
      `CREATE INDEX notice_unread ON notice (person_id) WHERE told_at IS NOT NULL AND read_at IS NULL`,
    );
    await q.query(`CREATE INDEX notice_appeal ON notice (appeal_id)`);
    await q.query(`
      CREATE TABLE dealer_wait (
        appeal_id uuid PRIMARY KEY REFERENCES appeal,
        since timestamptz NOT NULL,
        reminded_at timestamptz,
        -- When to look next; null: nothing will come of it by the present settings.
        next_at timestamptz
      )`);
    await q.query(
      `CREATE INDEX dealer_wait_next ON dealer_wait (next_at) WHERE next_at IS NOT NULL`,
    );
    await q.query(
      `INSERT INTO dealer_wait (appeal_id, since, next_at) SELECT id, public_last_at, now() FROM appeal WHERE status = 'waiting'`,
    );
    await q.query(`
      ALTER TABLE company
        ADD COLUMN remind_dealer_minutes integer CHECK (remind_dealer_minutes > 0),
        ADD COLUMN close_silent_minutes integer CHECK (close_silent_minutes > 0),
        -- Silence before the last change of these two does not count.
        ADD COLUMN silence_counts_from timestamptz NOT NULL DEFAULT '-infinity'`);
    for (const [kinds, offset, action] of FIRST_LADDER) {
      await q.query(
        `INSERT INTO ladder_step (id, kinds, offset_minutes, action, urgent, since) VALUES (gen_random_uuid(), $1, $2, $3, false, now())`,
        [kinds, offset, action],
      );
    }
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(
      `ALTER TABLE company DROP COLUMN remind_dealer_minutes, DROP COLUMN close_silent_minutes, DROP COLUMN silence_counts_from`,
    );
    await q.query(`DROP TABLE dealer_wait, notice, ladder_fired`);
    await q.query(`ALTER TABLE sla_clock DROP COLUMN ladder_at, DROP COLUMN ladder_fired`);
    await q.query(`DROP TABLE ladder_step, ladder`);
  }
}

const ANSWERS = ['first_response', 'next_response'];
/** What a new installation starts with: nobody is taken anything away. */
const FIRST_LADDER: [kinds: string[], offsetMinutes: number, action: string][] = [
  [ANSWERS, -30, 'remind_owner'],
  [[...ANSWERS, 'resolution'], 0, 'remind_team'],
  [[...ANSWERS, 'resolution'], 60, 'remind_supervisor'],
];
