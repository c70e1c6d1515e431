import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Notices that are about no appeal; the first ones: a dealer has changed his contacts. */
export class Contacts1763702600000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      ALTER TABLE notice
        ALTER COLUMN appeal_id DROP NOT NULL,
        ADD COLUMN dealer_id uuid REFERENCES dealer,
        -- Of changed contacts: which change, who made it, each field as it was and as it became.
        ADD COLUMN change_id uuid,
        ADD COLUMN facts jsonb,
        DROP CONSTRAINT notice_kind_check,
        DROP CONSTRAINT notice_once,
        DROP CONSTRAINT notice_side,
        ADD CONSTRAINT notice_kind_check CHECK (kind IN ('reminder', 'given', 'taken', 'answer_awaited', 'question_asked', 'question_missed',
          'contacts_changed')),
        ADD CONSTRAINT notice_once
          UNIQUE NULLS NOT DISTINCT (person_id, appeal_id, kind, step_id, clock_kind, cycle, waits_since, question_id, change_id),
        ADD CONSTRAINT notice_side CHECK (
          (kind = 'answer_awaited') = (waits_since IS NOT NULL)
          AND (kind IN ('question_asked', 'question_missed')) = (question_id IS NOT NULL)
          AND (kind IN ('reminder', 'given', 'taken')) = (step_id IS NOT NULL AND action IS NOT NULL AND clock_kind IS NOT NULL AND cycle IS NOT NULL)
          AND (kind NOT IN ('reminder', 'given', 'taken', 'question_missed') OR due_at IS NOT NULL)
          AND (kind = 'contacts_changed') = (appeal_id IS NULL)
          AND num_nonnulls(dealer_id, change_id, facts) = CASE kind WHEN 'contacts_changed' THEN 3 ELSE 0 END)`);
    await q.query(`CREATE INDEX notice_dealer ON notice (dealer_id) WHERE dealer_id IS NOT NULL`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DELETE FROM notice WHERE kind = 'contacts_changed'`);
    await q.query(`
      ALTER TABLE notice
        DROP CONSTRAINT notice_kind_check,
        DROP CONSTRAINT notice_once,
        DROP CONSTRAINT notice_side,
        DROP COLUMN dealer_id,
        DROP COLUMN change_id,
        DROP COLUMN facts,
        ALTER COLUMN appeal_id SET NOT NULL,
        ADD CONSTRAINT notice_kind_check CHECK (kind IN ('reminder', 'given', 'taken', 'answer_awaited', 'question_asked', 'question_missed')),
        ADD CONSTRAINT notice_once UNIQUE NULLS NOT DISTINCT (person_id, appeal_id, kind, step_id, clock_kind, cycle, waits_since, question_id),
        ADD CONSTRAINT notice_side CHECK (
          (kind = 'answer_awaited') = (waits_since IS NOT NULL)
          AND (kind IN ('question_asked', 'question_missed')) = (question_id IS NOT NULL)
          AND (kind IN ('reminder', 'given', 'taken')) = (step_id IS NOT NULL AND action IS NOT NULL AND clock_kind IS NOT NULL AND cycle IS NOT NULL)
          AND (kind NOT IN ('reminder', 'given', 'taken', 'question_missed') OR due_at IS NOT NULL))`);
  }
}
