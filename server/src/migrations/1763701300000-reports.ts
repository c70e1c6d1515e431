import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What reports count: one narrow row per appeal, and sums of those rows by day and by month. */
export class Reports1763701300000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE appeal_fact (
        appeal_id uuid PRIMARY KEY REFERENCES appeal ON DELETE CASCADE,
        -- Days and hours are those of the company's zone.
        opened_day date NOT NULL,
        -- Hour of the week, 0 = Monday 0:00.
        slot smallint NOT NULL CHECK (slot BETWEEN 0 AND 167),
        dealer_id uuid NOT NULL,
        type_code text NOT NULL,
        topic_id uuid NOT NULL,
        team_id uuid,
        manager_id uuid,
        -- An answer was promised and given, or missed; and one of them was missed.
        judged boolean NOT NULL,
        late boolean NOT NULL,
        late_resolution boolean NOT NULL,
        -- Working time as a step of the scale of durations (report.durations.ts).
        first_bucket smallint,
        resolution_bucket smallint,
        closed_day date,
        CONSTRAINT appeal_fact_late CHECK (judged OR NOT late)
      )`);
    for (const column of ['dealer_id', 'topic_id', 'team_id', 'manager_id', 'type_code'])
      await q.query(`CREATE INDEX ON appeal_fact (${column}, opened_day)`);
    await q.query(`CREATE INDEX appeal_fact_opened ON appeal_fact (opened_day DESC, appeal_id)`);
    await q.query(
      `CREATE INDEX appeal_fact_late_first ON appeal_fact (opened_day DESC, appeal_id) WHERE late`,
    );
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
    await q.query(`
      CREATE TABLE breach_part (
        appeal_id uuid NOT NULL,
        kind text NOT NULL,
        cycle integer NOT NULL,
        cause text NOT NULL CHECK (cause IN ('unassigned', 'owner', 'dealer', 'out_of_hours')),
        ms bigint NOT NULL CHECK (ms > 0),
        PRIMARY KEY (appeal_id, kind, cycle, cause),
        FOREIGN KEY (appeal_id, kind, cycle) REFERENCES sla_clock ON DELETE CASCADE
      )`);
    // Up to which change of appeals the facts have followed; one row.
    await q.query(`
      CREATE TABLE report_place (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        zone text NOT NULL,
        xid xid8 NOT NULL,
        appeal_id uuid NOT NULL
      )`);
    await q.query(
      `INSERT INTO report_place (zone, xid, appeal_id) VALUES ('', '0', '00000000-0000-0000-0000-000000000000')`,
    );
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DROP TABLE report_place, breach_part, report_tally, appeal_fact`);
  }
}
