import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sums of reports by day, month and year, so that a period of years is read in few lines, and sums of what made answers late. */
export class ReportSums1763701600000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`TRUNCATE appeal_fact, breach_part`);
    await q.query(`DROP TABLE report_tally`);
    // Keys are only told apart, never shown: comparing bytes is quicker than comparing by the rules of a language.
    await q.query(`
      CREATE TABLE report_tally (
        dim text COLLATE "C" NOT NULL,
        grain "char" NOT NULL CHECK (grain IN ('d', 'm', 'y')),
        measure text COLLATE "C" NOT NULL,
        start date NOT NULL,
        key text COLLATE "C" NOT NULL,
        bucket smallint NOT NULL,
        n integer NOT NULL CHECK (n >= 0),
        PRIMARY KEY (grain, dim, key, measure, start, bucket)
      )`);
    await q.query(`CREATE INDEX report_tally_empty ON report_tally (dim) WHERE n = 0`);
    await q.query(`
      CREATE TABLE breach_tally (
        dim text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        -- The first day of the month in which the appeals were opened.
        start date NOT NULL,
        cause text COLLATE "C" NOT NULL,
        -- The colleague who was waited for; '' where the cause is nobody's.
        colleague text COLLATE "C" NOT NULL,
        ms bigint NOT NULL,
        appeals integer NOT NULL,
        PRIMARY KEY (dim, key, start, cause, colleague)
      )`);
    // A fifth or a third of all facts is not looked up by an index.
    await q.query(
      `DROP INDEX appeal_fact_team_id_opened_day_idx, appeal_fact_type_code_opened_day_idx`,
    );
    // Made anew, sums come in one go when all facts are there.
    await q.query(`ALTER TABLE report_place ADD COLUMN summed boolean NOT NULL DEFAULT false`);
    await q.query(START_OVER);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`TRUNCATE appeal_fact, breach_part`);
    await q.query(`DROP TABLE breach_tally, report_tally`);
    await q.query(`
      CREATE TABLE report_tally (
        dim text NOT NULL,
        grain "char" NOT NULL CHECK (grain IN ('d', 'm')),
        measure text NOT NULL,
        start date NOT NULL,
        key text NOT NULL,
        bucket smallint NOT NULL,
        n integer NOT NULL CHECK (n >= 0),
        PRIMARY KEY (dim, grain, measure, start, key, bucket)
      )`);
    await q.query(
      `CREATE INDEX report_tally_key ON report_tally (dim, key, grain, measure, start)`,
    );
    await q.query(`CREATE INDEX report_tally_empty ON report_tally (dim) WHERE n = 0`);
    await q.query(`CREATE INDEX ON appeal_fact (team_id, opened_day)`);
    await q.query(`CREATE INDEX ON appeal_fact (type_code, opened_day)`);
    await q.query(`ALTER TABLE report_place DROP COLUMN summed`);
    await q.query(START_OVER);
  }
}

/** The background job makes all facts and sums anew. */
const START_OVER = `UPDATE report_place SET xid = '0'::xid8, appeal_id = '00000000-0000-0000-0000-000000000000'`;
