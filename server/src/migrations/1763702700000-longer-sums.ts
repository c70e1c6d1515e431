import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sums of reports by half-year too, and within each type by manager, team, topic and dealer. */
export class LongerSums1763702700000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`TRUNCATE report_tally, breach_tally`);
    await q.query(`
      ALTER TABLE report_tally
        DROP CONSTRAINT report_tally_grain_check,
        ADD CONSTRAINT report_tally_grain_check CHECK (grain IN ('d', 'm', 'h', 'y'))`);
    // A span of all keys of a grouping: by the primary key alone the database would rather read all sums there are.
    await q.query(`CREATE INDEX report_tally_span ON report_tally (grain, dim, start, measure)`);
    await q.query(SUM_ANEW);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`TRUNCATE report_tally, breach_tally`);
    await q.query(`DROP INDEX report_tally_span`);
    await q.query(`
      ALTER TABLE report_tally
        DROP CONSTRAINT report_tally_grain_check,
        ADD CONSTRAINT report_tally_grain_check CHECK (grain IN ('d', 'm', 'y'))`);
    await q.query(SUM_ANEW);
  }
}

/** Facts stay; the background job makes the sums of them. */
const SUM_ANEW = `UPDATE report_place SET summed = false`;
