import { createFactsService } from '../../modules/reports';
import { createSlaService } from '../../modules/sla';
import { someSessions } from '../../modules/people/people.factory';
import type { Db } from '../../platform/db';
import { createLog } from '../../platform/log';
import { median, ms, percentile, table, type Ground } from './ground';
import { ask } from './people';

const APPEALS = Number(process.env.BENCH_APPEALS ?? 100_000);
const CHUNK = 5_000;
const [DEALERS, MANAGERS, TOPICS] = [100, 20, 8];
const REPEATS = 15;
const TARGET_MS = 500;
const PERIOD = { year: ['2025-01-01', '2025-12-31'], all: ['2023-01-01', '2025-12-31'] } as const;

/** Board and reports over three years of appeals, a tenth of them open, beside reading one fact by its key in the same run. */
export async function reports(ground: Ground): Promise<void> {
  const bar = ground.bar('reports', APPEALS / CHUNK + 2);
  const databaseUrl = await ground.database('reports');
  const { cookie, topicId, rawMs, followedMs } = await ground.withDb(databaseUrl, async (db) => {
    const made = await fill(db, () => bar.step());
    const sla = createSlaService({ db, log: createLog('error', false) });
    const facts = createFactsService({
      ...{ db, calendarById: sla.calendarById },
      zone: async () => (await sla.company()).zone,
    });
    const began = performance.now();
    await facts.follow();
    const followed = performance.now() - began;
    await db.query('VACUUM ANALYZE');
    bar.step();
    const keys = await db.query<{ appeal_id: string }>(
      `SELECT appeal_id FROM appeal_fact LIMIT 200`,
    );
    const raw = [];
    for (const { appeal_id } of keys)
      raw.push(
        await timed(() => db.query(`SELECT * FROM appeal_fact WHERE appeal_id = $1`, [appeal_id])),
      );
    return { ...made, rawMs: median(raw), followedMs: followed };
  });
  const server = await ground.start('product-server.ts', databaseUrl);
  const asked = (period: readonly [string, string], rest: string) =>
    `/reports?from=${period[0]}&to=${period[1]}&${rest}`;
  const questions: [string, string][] = [
    ['one year by topic', asked(PERIOD.year, 'by=topic')],
    ['one year by dealer', asked(PERIOD.year, 'by=dealer')],
    ['three years by topic', asked(PERIOD.all, 'by=topic')],
    ['three years by manager', asked(PERIOD.all, 'by=manager')],
    ['three years by dealer', asked(PERIOD.all, 'by=dealer')],
    ['three years, one topic, by manager', asked(PERIOD.all, `by=manager&topicId=${topicId}`)],
    [
      'list of the late, three years',
      `/reports/appeals?from=${PERIOD.all[0]}&to=${PERIOD.all[1]}&measure=late`,
    ],
  ];
  questions.push(
    ['board', '/board'],
    ['board by dealer', '/board?by=dealer'],
    ['board of one topic', `/board?topicId=${topicId}`],
  );
  const measured = [];
  for (const [what, path] of questions) {
    const took = [];
    for (let turn = 0; turn <= REPEATS; turn += 1)
      took.push(await timed(() => ask(server.url, cookie, 'GET', path)));
    // The first asking of each kind is not counted: it warms the caches of the database.
    const warm = took.slice(1);
    measured.push({ what, first: took[0] ?? 0, median: median(warm), p99: percentile(warm, 0.99) });
  }
  await server.stop();
  bar.end();
  ground.show(
    `\nBoard and reports over ${APPEALS} appeals: target ${TARGET_MS} ms each; one fact by its key ${ms(rawMs)}; all facts made in ${(followedMs / 1000).toFixed(1)} s`,
  );
  ground.show(
    table([
      ['', 'first', 'median', 'p99', 'of a read by key'],
      ...measured.map((row) => [
        row.what,
        ms(row.first),
        ms(row.median),
        ms(row.p99),
        `× ${(row.median / rawMs).toFixed(0)}`,
      ]),
    ]),
  );
  await ground.save('reports', { appeals: APPEALS, rawMs, followedMs, measured });
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

/** Appeals with an answered first promise and a kept or missed resolution; nine of ten closed. */
async function fill(db: Db, stepped: () => void) {
  const ids = async (sql: string, count: number) =>
    (await db.query<{ id: string }>(sql, [count])).map(({ id }) => id);
  const dealers = await ids(
    `INSERT INTO dealer (code, name, zone) SELECT 'D-' || n, 'Дилер ' || n, 'Europe/Moscow' FROM generate_series(1, $1::integer) n RETURNING id`,
    DEALERS,
  );
  const managers = await ids(
    `INSERT INTO person (login, password_hash, name, role) SELECT 'm' || n, '-', 'Менеджер ' || n, 'manager' FROM generate_series(1, $1::integer) n RETURNING id`,
    MANAGERS,
  );
  const topics = await ids(
    `INSERT INTO topic (code, name_ru, name_en) SELECT 't' || n, 'Тема ' || n, 'Topic ' || n FROM generate_series(1, $1::integer) n RETURNING id`,
    TOPICS,
  );
  const [visitor] = await db.query<{ id: string }>(
    `INSERT INTO person (login, password_hash, name, role, dealer_id) VALUES ('v', '-', 'Посетитель', 'dealer', $1) RETURNING id`,
    [dealers[0]],
  );
  const [supervisor] = await db.query<{ id: string }>(
    `INSERT INTO person (login, password_hash, name, role) VALUES ('supervisor', '-', 'Руководитель', 'supervisor') RETURNING id`,
  );
  for (let done = 0; done < APPEALS; done += CHUNK) {
    await db.query(
      `WITH made AS (
         INSERT INTO appeal (client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, subject, status, assignee_id,
           last_at, public_last_at, changed_xid, public_changed_xid, created_at)
         SELECT gen_random_uuid(), '-', ($1::uuid[])[1 + n * 7 % $6::integer], $4, 'Посетитель', (ARRAY['complaint', 'error', 'question'])[1 + n % 3],
           ($3::uuid[])[1 + n * 11 % $8::integer], 'Обращение ' || n, CASE WHEN n % 10 = 0 THEN 'in_work' ELSE 'closed' END,
           ($2::uuid[])[1 + n * 13 % $7::integer], t.at, t.at, pg_current_xact_id(), pg_current_xact_id(), t.at
         FROM generate_series($5::integer, $5::integer + $9::integer - 1) n
         CROSS JOIN LATERAL (SELECT timestamptz '2023-01-01 09:00+03' + n * ($10::float8 * interval '1 second') AS at) t
         RETURNING id, no, status, created_at),
       clock AS (
         INSERT INTO sla_clock (appeal_id, kind, cycle, state, started_at, target_ms, due_at, last_counted_at, counted_ms, ended_at, breached_at, policy_id, calendar_id)
         SELECT m.id, k.kind, 1, CASE WHEN k.ms > 7200000 THEN 'breached' ELSE 'met' END, m.created_at, 7200000, m.created_at + interval '2 hours',
           e.at, k.ms, e.at, CASE WHEN k.ms > 7200000 THEN m.created_at + interval '2 hours' END,
           (SELECT id FROM sla_policy LIMIT 1), (SELECT id FROM calendar LIMIT 1)
         FROM made m CROSS JOIN LATERAL (VALUES ('first_response', 60000 * (m.no::bigint * 17 % 137)), ('resolution', 60000 * (m.no::bigint * 29 % 131))) k (kind, ms)
         CROSS JOIN LATERAL (SELECT m.created_at + k.ms * interval '1 millisecond' AS at) e
         RETURNING appeal_id, kind, state, ended_at, counted_ms),
       running AS (
         INSERT INTO sla_clock (appeal_id, kind, cycle, state, started_at, target_ms, due_at, warn_at, last_counted_at, counted_ms, policy_id, calendar_id)
         SELECT id, 'resolution', 2, 'running', created_at, 7200000, clock_timestamp() + no % 97 * interval '1 hour', clock_timestamp() + (no % 97 - 20) * interval '1 hour',
           created_at, 0, (SELECT id FROM sla_policy LIMIT 1), (SELECT id FROM calendar LIMIT 1)
         FROM made WHERE status = 'in_work')
       INSERT INTO sla_clock_step (appeal_id, kind, cycle, no, at, action, reason, counted_ms, remaining_ms)
       SELECT appeal_id, kind, 1, 1, ended_at, CASE state WHEN 'met' THEN 'met' ELSE 'ended' END, 'staff_message', counted_ms, 0
       FROM clock WHERE kind = 'first_response'`,
      [
        ...[dealers, managers, topics, visitor?.id, done, DEALERS, MANAGERS, TOPICS, CHUNK],
        (3 * 365 * 86_400) / APPEALS,
      ],
    );
    stepped();
  }
  await db.query('VACUUM ANALYZE');
  const [cookie = ''] = await someSessions(db, [supervisor?.id ?? '']);
  return { cookie, topicId: topics[0] ?? '' };
}
