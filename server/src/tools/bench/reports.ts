import { createFactsService } from '../../modules/reports';
import { createSlaService } from '../../modules/sla';
import { someSessions } from '../../modules/people/people.factory';
import type { Db } from '../../platform/db';
import { createLog } from '../../platform/log';
import { idSql, inBulk, withoutIndexes } from './bulk';
import { median, ms, percentile, table, type Ground } from './ground';
import { ask } from './people';

const APPEALS = Number(process.env.BENCH_APPEALS ?? 1_000_000);
const CHUNK = Math.min(APPEALS, 25_000);
/** One of so many is open. */
const OPEN_EACH = 50;
const [DEALERS, MANAGERS, TOPICS, TEAMS] = [100, 20, 8, 5];
const DAYS = 3 * 365;
const DAY_MS = 86_400_000;
const REPEATS = 9;
const TARGET_MS = 500;
const TABLES = ['appeal', 'sla_clock', 'sla_clock_step'];
/** Stretches of the bar, in chunks of appeals. */
const [CHUNKS, BUILD_STEPS, FACT_STEPS] = [Math.ceil(APPEALS / CHUNK), 10, 40];

/** Lists, board and reports over three years of appeals, beside reading one fact by its key in the same run. */
export async function reports(ground: Ground): Promise<void> {
  const bar = ground.bar('reports', CHUNKS + BUILD_STEPS + FACT_STEPS);
  const upTo = stepsOf(bar);
  const databaseUrl = await ground.database('reports');
  const made = await ground.withDb(databaseUrl, async (db) => {
    const began = performance.now();
    const people = await fill(db, upTo);
    const filledMs = performance.now() - began;
    const factsMs = await followed(db, (share) =>
      upTo(CHUNKS + BUILD_STEPS + Math.floor(share * FACT_STEPS)),
    );
    await db.transaction(async (tx) => {
      await tx.query(`SET LOCAL statement_timeout = 0`);
      await tx.query(`ANALYZE`);
    });
    await db.query(`VACUUM appeal_fact, report_tally, breach_part, breach_tally`);
    return { ...people, filledMs, factsMs, rawMs: await rawRead(db), rows: await rowsOf(db) };
  });
  const server = await ground.start('product-server.ts', databaseUrl);
  const measured = [];
  for (const { what, as, path } of questions(made.topicId)) {
    const took = [];
    for (let turn = 0; turn <= REPEATS; turn += 1)
      took.push(await timed(() => ask(server.url, made.cookies[as], 'GET', path)));
    // The first asking of each kind is told apart: it warms the caches of the database.
    const warm = took.slice(1);
    measured.push({ what, first: took[0] ?? 0, median: median(warm), p99: percentile(warm, 0.99) });
  }
  await server.stop();
  bar.end();
  const { rawMs, filledMs, factsMs, rows } = made;
  const seconds = (length: number) => `${(length / 1000).toFixed(1)} s`;
  ground.show(
    `\nLists, board and reports over ${APPEALS} appeals, one of ${OPEN_EACH} open: made in ${seconds(filledMs)}, their facts and sums in ${seconds(factsMs)} (${rows} lines of sums); one fact by its key ${ms(rawMs)}`,
  );
  ground.show(
    table([
      ['', 'first', 'median', 'p99', 'wanted', 'of a read by key'],
      ...measured.map((row) => [
        row.what,
        ms(row.first),
        ms(row.median),
        ms(row.p99),
        `${TARGET_MS} ms${row.p99 > TARGET_MS ? ' MISSED' : ''}`,
        `× ${(row.median / rawMs).toFixed(0)}`,
      ]),
    ]),
  );
  await ground.save('reports', { appeals: APPEALS, rawMs, filledMs, factsMs, rows, measured });
}

/** Steps a bar up to a place, from wherever it stands. */
function stepsOf(bar: { step: () => void }): (place: number) => void {
  let stands = 0;
  return (place) => {
    for (; stands < place; stands += 1) bar.step();
  };
}

const dayAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);

function questions(topicId: string) {
  const period = (days: number) => `from=${dayAgo(days)}&to=${dayAgo(1)}`;
  const [all, quarter] = [period(DAYS - 7), period(95)];
  const lastYear = new Date().getUTCFullYear() - 1;
  const year = `from=${lastYear}-01-01&to=${lastYear}-12-31`;
  // As far from whole months and years as can be.
  const middle = `from=${lastYear - 1}-06-16&to=${lastYear + 1}-06-15`;
  const supervisor = (what: string, path: string) => ({ what, as: 'supervisor' as const, path });
  const manager = (what: string, path: string) => ({ what, as: 'manager' as const, path });
  return [
    supervisor('report: a calendar year by topic', `/reports?${year}&by=topic`),
    supervisor('report: a calendar year by dealer', `/reports?${year}&by=dealer`),
    supervisor('report: 95 days by manager', `/reports?${quarter}&by=manager`),
    ...['manager', 'team', 'topic', 'type', 'dealer'].map((by) =>
      supervisor(`report: three years by ${by}`, `/reports?${all}&by=${by}`),
    ),
    supervisor(
      'report: two years from the middle of one by dealer',
      `/reports?${middle}&by=dealer`,
    ),
    supervisor('report: three years, a topic', `/reports?${all}&by=topic&topicId=${topicId}`),
    supervisor(
      'report: three years, a topic, by manager',
      `/reports?${all}&by=manager&topicId=${topicId}`,
    ),
    supervisor(
      'report: three years, a type, by dealer',
      `/reports?${all}&by=dealer&typeCode=question`,
    ),
    supervisor(
      'report: a year, a topic and a type, by dealer',
      `/reports?${year}&by=dealer&topicId=${topicId}&typeCode=question`,
    ),
    ...['opened', 'late', 'resolved', 'in_time', 'open'].map((measure) =>
      supervisor(
        `list behind “${measure}”, three years`,
        `/reports/appeals?${all}&measure=${measure}`,
      ),
    ),
    supervisor(
      'list behind a cause, a year',
      `/reports/appeals?${year}&measure=opened&cause=owner`,
    ),
    supervisor(
      'list behind a topic and an hour, three years',
      `/reports/appeals?${all}&measure=opened&slot=10&topicId=${topicId}`,
    ),
    supervisor('board', '/board'),
    supervisor('board by dealer', '/board?by=dealer'),
    supervisor('board of one topic by team', `/board?topicId=${topicId}&by=team`),
    manager('inbox: mine', '/appeals?view=mine&limit=50'),
    manager('inbox: open', '/appeals?view=open&limit=50'),
    manager('inbox: all, by opening', '/appeals?view=all&limit=50&sort=opened'),
    manager('inbox: closed', '/appeals?view=closed&limit=50'),
    manager('inbox: numbers beside the views', '/appeals/counts'),
    supervisor('supervisor: numbers beside the views', '/appeals/counts'),
  ];
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

/** One fact by its key, the least that any question costs: ms. */
async function rawRead(db: Db): Promise<number> {
  const keys = await db.query<{ appeal_id: string }>(`SELECT appeal_id FROM appeal_fact LIMIT 200`);
  const took = [];
  for (const { appeal_id } of keys)
    took.push(
      await timed(() => db.query(`SELECT * FROM appeal_fact WHERE appeal_id = $1`, [appeal_id])),
    );
  return median(took);
}

async function rowsOf(db: Db): Promise<number> {
  const [row] = await db.query<{ n: number }>(`SELECT count(*) AS n FROM report_tally`);
  return row?.n ?? 0;
}

/** Has the product make all facts; how far it is is read from the table. */
async function followed(db: Db, reached: (share: number) => void): Promise<number> {
  const log = createLog('error', false);
  const sla = createSlaService({ db, log });
  const facts = createFactsService({
    ...{ db, log, calendarById: sla.calendarById },
    pace: () => ({ rest: async () => undefined }),
    zone: async () => (await sla.company()).zone,
  });
  const look = setInterval(() => {
    db.query<{ n: number }>(
      `SELECT n_tup_ins AS n FROM pg_stat_user_tables WHERE relname = 'appeal_fact'`,
    ).then(
      ([row]) => reached(Math.min(1, (row?.n ?? 0) / APPEALS)),
      () => undefined,
    );
  }, 1_000);
  const began = performance.now();
  await facts.follow().finally(() => clearInterval(look));
  reached(1);
  return performance.now() - began;
}

/** Appeals with an answered first promise and a kept or missed resolution; a few open with a resolution running, late or paused. */
async function fill(db: Db, upTo: (place: number) => void) {
  const ids = async (sql: string, parameters: unknown[]) =>
    (await db.query<{ id: string }>(sql, parameters)).map(({ id }) => id);
  const dealers = await ids(
    `INSERT INTO dealer (code, name, zone) SELECT 'D-' || n, 'Дилер ' || n, 'Europe/Moscow' FROM generate_series(1, $1::integer) n RETURNING id`,
    [DEALERS],
  );
  const staff = await ids(
    `INSERT INTO person (login, password_hash, name, role)
     SELECT 'm' || n, '-', 'Менеджер ' || n, CASE n WHEN 0 THEN 'supervisor' ELSE 'manager' END FROM generate_series(0, $1::integer) n RETURNING id`,
    [MANAGERS],
  );
  const [supervisorId = '', ...managers] = staff;
  const teams = await ids(
    `INSERT INTO team (code, name_ru, name_en) SELECT 'k' || n, 'Команда ' || n, 'Team ' || n FROM generate_series(1, $1::integer) n RETURNING id`,
    [TEAMS],
  );
  await db.query(
    `INSERT INTO person_team (person_id, team_id) SELECT m.id, ($2::uuid[])[1 + m.n % $3::integer] FROM unnest($1::uuid[]) WITH ORDINALITY m (id, n)`,
    [managers, teams, TEAMS],
  );
  const topics = await ids(
    `INSERT INTO topic (code, name_ru, name_en, team_id)
     SELECT 't' || n, 'Тема ' || n, 'Topic ' || n, ($2::uuid[])[1 + n % $3::integer] FROM generate_series(1, $1::integer) n RETURNING id`,
    [TOPICS, teams, TEAMS],
  );
  const [visitorId] = await ids(
    `INSERT INTO person (login, password_hash, name, role, dealer_id) VALUES ('v', '-', 'Посетитель', 'dealer', $1) RETURNING id`,
    [dealers[0]],
  );
  await withoutIndexes(
    db,
    TABLES,
    async () => {
      for (let chunk = 0; chunk < CHUNKS; chunk += 1) {
        await inBulk(db, (tx) =>
          tx.query(APPEALS_SQL, [
            ...[dealers, managers, topics, teams, visitorId],
            ...[chunk * CHUNK, Math.min(APPEALS, (chunk + 1) * CHUNK) - 1, DAYS / APPEALS],
          ]),
        );
        upTo(chunk + 1);
      }
    },
    (share) => upTo(CHUNKS + Math.floor(share * BUILD_STEPS)),
  );
  for (const one of TABLES) await vacuum(db, one);
  const [supervisor = '', manager = ''] = await someSessions(db, [supervisorId, managers[0] ?? '']);
  return { cookies: { supervisor, manager }, topicId: topics[0] ?? '' };
}

/** A piece at a time, so that none takes longer than a statement may. */
const vacuum = (db: Db, table: string) => db.query(`VACUUM ANALYZE ${table}`);

/** $1 dealers, $2 managers, $3 topics, $4 teams, $5 who opened them, the numbers $6 to $7, $8 days between two. */
const APPEALS_SQL = `
  WITH n AS MATERIALIZED (
    SELECT n, now() - $8::float8 * (n + 1) * interval '1 day' AS at, n % ${OPEN_EACH} = 0 AS is_open FROM generate_series($6::integer, $7::integer) n),
  a AS MATERIALIZED (
    SELECT n, at, is_open, ${idSql('at', 'n')} AS id, 1 + n * 11 % cardinality($3::uuid[]) AS topic,
      60000 * (n * 17::bigint % 137) * CASE WHEN n % 10 = 3 THEN 9 ELSE 1 END AS answered_ms, 60000 * (n * 29::bigint % 131) * CASE WHEN n % 8 = 5 THEN 4 ELSE 1 END AS resolved_ms FROM n),
  add_appeal AS (
    INSERT INTO appeal (id, client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, team_id, subject, status, assignee_id,
      answer_owed_by, last_at, public_last_at, changed_xid, public_changed_xid, created_at)
    SELECT id, id, '-', ($1::uuid[])[1 + n * 7 % cardinality($1::uuid[])], $5, 'Посетитель', (ARRAY['complaint', 'error', 'question'])[1 + n % 3],
      ($3::uuid[])[topic], ($4::uuid[])[1 + topic % cardinality($4::uuid[])], 'Обращение ' || n,
      CASE WHEN is_open THEN 'in_work' ELSE 'closed' END, ($2::uuid[])[1 + n * 13 % cardinality($2::uuid[])],
      CASE WHEN is_open THEN 'dealer' END, at + interval '1 hour', at + interval '1 hour', pg_current_xact_id(), pg_current_xact_id(), at FROM a),
  ended AS MATERIALIZED (
    SELECT a.id, k.kind, a.at, k.ms, a.at + k.ms * interval '1 ms' AS until, k.ms > 7200000 AS is_late
    FROM a CROSS JOIN LATERAL (VALUES ('first_response', a.answered_ms), ('resolution', a.resolved_ms)) k (kind, ms)
    WHERE k.kind = 'first_response' OR NOT a.is_open),
  add_clock AS (
    INSERT INTO sla_clock (appeal_id, kind, cycle, state, started_at, target_ms, due_at, last_counted_at, counted_ms, ended_at, breached_at, policy_id, calendar_id)
    SELECT id, kind, 1, CASE WHEN is_late THEN 'breached' ELSE 'met' END, at, 7200000, at + interval '2 hours', until, ms, until,
      CASE WHEN is_late THEN at + interval '2 hours' END, policy, calendar FROM ended,
      (SELECT id AS policy FROM sla_policy ORDER BY id LIMIT 1) p, (SELECT id AS calendar FROM calendar WHERE is_company) c),
  add_open AS (
    INSERT INTO sla_clock (appeal_id, kind, cycle, state, started_at, target_ms, due_at, warn_at, warned_at, remaining_ms, last_counted_at, counted_ms, breached_at,
      policy_id, calendar_id)
    SELECT a.id, 'resolution', 1, s.state, a.at, 7200000, CASE s.state WHEN 'paused' THEN NULL ELSE t.due END,
      CASE WHEN s.state = 'running' THEN t.warn END, CASE WHEN s.state = 'running' AND t.warn < now() THEN t.warn END,
      CASE WHEN s.state = 'paused' THEN 3600000 END, a.at, 0, CASE WHEN s.state = 'breached' THEN t.due END, policy, calendar
    FROM a CROSS JOIN LATERAL (SELECT CASE a.n / ${OPEN_EACH} % 10 WHEN 0 THEN 'breached' WHEN 1 THEN 'paused' ELSE 'running' END AS state) s
    CROSS JOIN LATERAL (SELECT CASE s.state WHEN 'breached' THEN now() - a.n % 97 * interval '1 hour'
      ELSE now() + interval '1 day' + a.n % 97 * interval '1 hour' END AS due) d
    CROSS JOIN LATERAL (SELECT d.due, d.due - interval '2 days' AS warn) t,
      (SELECT id AS policy FROM sla_policy ORDER BY id LIMIT 1) p, (SELECT id AS calendar FROM calendar WHERE is_company) c
    WHERE a.is_open)
  INSERT INTO sla_clock_step (appeal_id, kind, cycle, no, at, action, reason, counted_ms, remaining_ms)
  SELECT id, kind, 1, 1, until, CASE WHEN is_late THEN 'ended' ELSE 'met' END, 'staff_message', ms, 7200000 - ms
  FROM ended WHERE kind = 'first_response'`;
