import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Calendars in layers and versions, with dated exceptions in rows of their own. */
export class Calendars1763701000000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE calendar_version (
        calendar_id uuid NOT NULL REFERENCES calendar ON DELETE CASCADE,
        -- Local date from which it decides; '-infinity' = from the beginning.
        valid_from date NOT NULL,
        -- Seven lists of {from, to} in minutes from local midnight, Monday first.
        week jsonb NOT NULL CHECK (jsonb_typeof(week) = 'array' AND jsonb_array_length(week) = 7),
        -- Whose production calendar it follows.
        country text CHECK (country IN ('RU')),
        PRIMARY KEY (calendar_id, valid_from)
      )`);
    await q.query(`
      CREATE TABLE calendar_day (
        calendar_id uuid NOT NULL REFERENCES calendar ON DELETE CASCADE,
        day date NOT NULL,
        kind text NOT NULL CHECK (kind IN ('closed', 'short', 'working', 'working_short', 'own')),
        intervals jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(intervals) = 'array'),
        note text NOT NULL DEFAULT '',
        PRIMARY KEY (calendar_id, day),
        CONSTRAINT calendar_day_own CHECK ((kind = 'own') = (jsonb_array_length(intervals) > 0))
      )`);
    // A calendar that still has the exceptions it was installed with follows the production calendar from now on.
    await q.query(
      `INSERT INTO calendar_version (calendar_id, valid_from, week, country)
       SELECT id, '-infinity', week, CASE WHEN exceptions = $1::jsonb THEN 'RU' END FROM calendar`,
      [JSON.stringify(INSTALLED)],
    );
    await q.query(
      `INSERT INTO calendar_day (calendar_id, day, kind, intervals)
       SELECT c.id, e.key::date, CASE WHEN e.value = '[]'::jsonb THEN 'closed' ELSE 'own' END, e.value
       FROM calendar c, jsonb_each(c.exceptions) e WHERE c.exceptions <> $1::jsonb`,
      [JSON.stringify(INSTALLED)],
    );
    await q.query(`ALTER TABLE calendar DROP COLUMN week, DROP COLUMN exceptions,
      ADD COLUMN rev integer NOT NULL DEFAULT 1, ALTER COLUMN code DROP NOT NULL`);
    // The most specific wins: dealer, team, company.
    await q.query(`ALTER TABLE team ADD COLUMN calendar_id uuid REFERENCES calendar`);
    await q.query(`ALTER TABLE dealer ADD COLUMN calendar_id uuid REFERENCES calendar`);
    await q.query(
      `CREATE INDEX dealer_calendar ON dealer (calendar_id) WHERE calendar_id IS NOT NULL`,
    );
  }

  /** What the older schema cannot say is lost: only the newest week stays, and days whose hours followed from the week become closed. */
  async down(q: QueryRunner): Promise<void> {
    await q.query(`ALTER TABLE dealer DROP COLUMN calendar_id`);
    await q.query(`ALTER TABLE team DROP COLUMN calendar_id`);
    await q.query(`ALTER TABLE calendar DROP COLUMN rev, ADD COLUMN exceptions jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(exceptions) = 'object'),
      ADD COLUMN week jsonb CHECK (jsonb_typeof(week) = 'array' AND jsonb_array_length(week) = 7)`);
    await q.query(
      `UPDATE calendar c SET code = coalesce(code, id::text),
         week = (SELECT v.week FROM calendar_version v WHERE v.calendar_id = c.id ORDER BY valid_from DESC LIMIT 1),
         exceptions = coalesce((SELECT jsonb_object_agg(d.day, d.intervals) FROM calendar_day d WHERE d.calendar_id = c.id), '{}')
           || (SELECT CASE WHEN v.country = 'RU' THEN $1::jsonb ELSE '{}' END FROM calendar_version v WHERE v.calendar_id = c.id ORDER BY valid_from DESC LIMIT 1)`,
      [JSON.stringify(INSTALLED)],
    );
    await q.query(
      `ALTER TABLE calendar ALTER COLUMN week SET NOT NULL, ALTER COLUMN code SET NOT NULL`,
    );
    await q.query(`DROP TABLE calendar_day, calendar_version`);
  }
}

const SHORT = [{ from: 540, to: 1020 }];
/** The exceptions that 1763700100000 installed. */
const INSTALLED = Object.fromEntries([
  ...[
    '2025-12-31',
    ...['01', '02', '05', '06', '07', '08', '09'].map((day) => `2026-01-${day}`),
    ...['02-23', '03-09', '05-01', '05-11', '06-12', '11-04', '12-31'].map((day) => `2026-${day}`),
    ...['01', '04', '05', '06', '07', '08'].map((day) => `2027-01-${day}`),
  ].map((day) => [day, []] as const),
  ...['2026-04-30', '2026-05-08', '2026-06-11', '2026-11-03'].map((day) => [day, SHORT] as const),
]);
