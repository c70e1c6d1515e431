import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The time of missed deadlines also goes to waiting for a colleague, who is named, and for an approval. */
export class Causes1763701420000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      ALTER TABLE breach_part
        DROP CONSTRAINT breach_part_pkey,
        DROP CONSTRAINT breach_part_cause_check,
        ADD COLUMN colleague_id uuid REFERENCES person,
        ADD CONSTRAINT breach_part_cause_check
          CHECK (cause IN ('unassigned', 'owner', 'colleague', 'approval', 'dealer', 'out_of_hours')),
        ADD CONSTRAINT breach_part_colleague CHECK ((cause = 'colleague') = (colleague_id IS NOT NULL)),
        ADD CONSTRAINT breach_part_once UNIQUE NULLS NOT DISTINCT (appeal_id, kind, cycle, cause, colleague_id)`);
  }

  /** What is older tells of other causes, so all facts are made anew. */
  async down(q: QueryRunner): Promise<void> {
    await q.query(`TRUNCATE report_tally, appeal_fact, breach_part`);
    await q.query(
      `UPDATE report_place SET xid = '0'::xid8, appeal_id = '00000000-0000-0000-0000-000000000000'`,
    );
    await q.query(`
      ALTER TABLE breach_part
        DROP CONSTRAINT breach_part_once,
        DROP CONSTRAINT breach_part_cause_check,
        DROP COLUMN colleague_id,
        ADD CONSTRAINT breach_part_cause_check CHECK (cause IN ('unassigned', 'owner', 'dealer', 'out_of_hours')),
        ADD PRIMARY KEY (appeal_id, kind, cycle, cause)`);
  }
}
