import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Questions to colleagues with a clock of their own, and the notices of them. */
export class Questions1763701400000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE colleague_question (
        id uuid PRIMARY KEY,
        appeal_id uuid NOT NULL REFERENCES appeal,
        -- The note that asks.
        entry_id uuid NOT NULL REFERENCES entry,
        asked_by uuid NOT NULL REFERENCES person,
        asked_by_name text NOT NULL,
        asked_to uuid NOT NULL REFERENCES person,
        asked_to_name text NOT NULL,
        asked_at timestamptz NOT NULL,
        -- Null: the policy has no target for questions.
        due_at timestamptz,
        missed boolean NOT NULL DEFAULT false,
        ended_at timestamptz,
        outcome text CHECK (outcome IN ('answered', 'withdrawn', 'closed')),
        CONSTRAINT colleague_question_once UNIQUE (entry_id, asked_to),
        CONSTRAINT colleague_question_other CHECK (asked_by <> asked_to),
        CONSTRAINT colleague_question_end CHECK ((ended_at IS NULL) = (outcome IS NULL)),
        CONSTRAINT colleague_question_missed CHECK (NOT missed OR due_at IS NOT NULL)
      )`);
    await q.query(`CREATE INDEX colleague_question_appeal ON colleague_question (appeal_id)`);
    await q.query(
      `CREATE INDEX colleague_question_open ON colleague_question (appeal_id) WHERE ended_at IS NULL`,
    );
    await q.query(
      `CREATE INDEX colleague_question_due ON colleague_question (due_at) WHERE ended_at IS NULL AND NOT missed AND due_at IS NOT NULL`,
    );
    await q.query(`
      ALTER TABLE notice
        ADD COLUMN question_id uuid REFERENCES colleague_question DEFERRABLE INITIALLY DEFERRED,
        DROP CONSTRAINT notice_kind_check,
        DROP CONSTRAINT notice_once,
        DROP CONSTRAINT notice_side,
        ADD CONSTRAINT notice_kind_check CHECK (kind IN ('reminder', 'given', 'taken', 'answer_awaited', 'question_asked', 'question_missed')),
        ADD CONSTRAINT notice_once UNIQUE NULLS NOT DISTINCT (person_id, appeal_id, kind, step_id, clock_kind, cycle, waits_since, question_id),
        ADD CONSTRAINT notice_side CHECK (
          (kind = 'answer_awaited') = (waits_since IS NOT NULL)
          AND (kind IN ('question_asked', 'question_missed')) = (question_id IS NOT NULL)
          AND (kind IN ('reminder', 'given', 'taken')) = (step_id IS NOT NULL AND action IS NOT NULL AND clock_kind IS NOT NULL AND cycle IS NOT NULL)
          AND (kind NOT IN ('reminder', 'given', 'taken', 'question_missed') OR due_at IS NOT NULL))`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DELETE FROM notice WHERE question_id IS NOT NULL`);
    await q.query(`
      ALTER TABLE notice
        DROP CONSTRAINT notice_kind_check,
        DROP CONSTRAINT notice_once,
        DROP CONSTRAINT notice_side,
        DROP COLUMN question_id,
        ADD CONSTRAINT notice_kind_check CHECK (kind IN ('reminder', 'given', 'taken', 'answer_awaited')),
        ADD CONSTRAINT notice_once UNIQUE NULLS NOT DISTINCT (person_id, appeal_id, kind, step_id, clock_kind, cycle, waits_since),
        ADD CONSTRAINT notice_side CHECK ((kind = 'answer_awaited') = (waits_since IS NOT NULL) AND (kind <> 'answer_awaited')
          = (step_id IS NOT NULL AND action IS NOT NULL AND clock_kind IS NOT NULL AND cycle IS NOT NULL AND due_at IS NOT NULL))`);
    // The lines keep their numbers, as a change of nothing: what is older does not know their types.
    await q.query(
      `UPDATE entry SET event_type = 'fields', facts = '{"changes": []}'
       WHERE event_type IN ('question_asked', 'question_missed', 'question_ended')`,
    );
    await q.query(`DROP TABLE colleague_question`);
  }
}
