import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Calendars and policies. The clocks themselves stand with the appeals. */
export class Sla1763700100000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE calendar (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        code text NOT NULL UNIQUE,
        name text NOT NULL,
        zone text NOT NULL,
        -- Seven lists of {from, to} in minutes from local midnight, Monday first.
        week jsonb NOT NULL CHECK (jsonb_typeof(week) = 'array' AND jsonb_array_length(week) = 7),
        -- 'YYYY-MM-DD' → list of {from, to}; an empty list is a closed day.
        exceptions jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(exceptions) = 'object'),
        is_company boolean NOT NULL DEFAULT false
      )`);
    await q.query(`CREATE UNIQUE INDEX calendar_company ON calendar (is_company) WHERE is_company`);
    await q.query(`
      CREATE TABLE sla_policy (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        name text NOT NULL,
        -- Null matches everything; the policy that names more wins.
        type_code text,
        priority text CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
        first_response_minutes integer CHECK (first_response_minutes > 0),
        next_response_minutes integer CHECK (next_response_minutes > 0),
        resolution_minutes integer CHECK (resolution_minutes > 0),
        warn_percent integer NOT NULL DEFAULT 75 CHECK (warn_percent BETWEEN 1 AND 99)
      )`);
    await q.query(
      `CREATE UNIQUE INDEX sla_policy_match ON sla_policy (coalesce(type_code, ''), coalesce(priority, ''))`,
    );
    // The working rules a new installation starts with: Moscow, Monday to Friday 9–18, with the Russian production calendar.
    await q.query(
      `INSERT INTO calendar (code, name, zone, week, exceptions, is_company) VALUES ('company', $1, 'Europe/Moscow', $2, $3, true)`,
      ['Пн–Пт 9–18', JSON.stringify(WEEK), JSON.stringify(EXCEPTIONS)],
    );
    await q.query(`
      INSERT INTO sla_policy (name, type_code, priority, first_response_minutes, next_response_minutes, resolution_minutes) VALUES
        ('Стандарт', NULL, NULL, 120, 240, 1620),
        ('Срочно', NULL, 'urgent', 30, 60, 540),
        ('Высокий приоритет', NULL, 'high', 60, 120, 1080),
        ('Рекламация', 'complaint', NULL, 120, 240, 1620),
        ('Вопрос', 'question', NULL, 240, 480, 2700)`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DROP TABLE sla_policy, calendar`);
  }
}

const DAY = [{ from: 9 * 60, to: 18 * 60 }];
const WEEK = [DAY, DAY, DAY, DAY, DAY, [], []];
const SHORT = [{ from: 9 * 60, to: 17 * 60 }];
/** Days off on weekdays, short days and working Saturdays of 2026 and the end of 2025. */
const EXCEPTIONS = Object.fromEntries([
  ...[
    '2025-12-31',
    '2026-01-01',
    '2026-01-02',
    '2026-01-05',
    '2026-01-06',
    '2026-01-07',
    '2026-01-08',
    '2026-01-09',
    '2026-02-23',
    '2026-03-09',
    '2026-05-01',
    '2026-05-11',
    '2026-06-12',
    '2026-11-04',
    '2026-12-31',
    '2027-01-01',
    '2027-01-04',
    '2027-01-05',
    '2027-01-06',
    '2027-01-07',
    '2027-01-08',
  ].map((day) => [day, []] as const),
  ...['2026-04-30', '2026-05-08', '2026-06-11', '2026-11-03'].map((day) => [day, SHORT] as const),
]);
