import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Appeals that nobody had answered counted as answered after centuries: all facts are made anew. */
export class FactsAnew1763701320000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(FORGET);
    await q.query(START_OVER);
  }

  /** What the code of before makes of them. */
  async down(q: QueryRunner): Promise<void> {
    await q.query(FORGET);
    await q.query(START_OVER);
  }
}

const FORGET = `TRUNCATE report_tally, appeal_fact, breach_part`;
const START_OVER = `UPDATE report_place SET xid = '0'::xid8, appeal_id = '00000000-0000-0000-0000-000000000000'`;
