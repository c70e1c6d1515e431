import { someSessions } from '../../modules/people/people.factory';
import { announceRules, clockRepository } from '../../modules/sla';
import type { Db } from '../../platform/db';
import { idSql, inBulk } from './bulk';
import { cpuOf, median, ms, percentile, table, type Ground } from './ground';
import { close, drive, productCrowd, type Crowd } from './load';
import { aCrowdOfPeople, ask } from './people';

const CLOCKS = Number(process.env.BENCH_CLOCKS ?? 100_000);
const CHUNK = Math.min(CLOCKS, 10_000);
const IDLE_MS = 8_000;
const LOOKS = 200;
/** The poller's beat. */
const LOOKS_PER_SECOND = 2;
const BOARDS = 10;
const [BREACHES, BREACH_MS, HEAD_START_MS] = [750, 15_000, 1_500];
const [ROOMS, LISTENERS, PER_SECOND] = [10, 4, 50];
/** How long is sent where nothing else ends it, and how long a recompute may take, ms. */
const [SENDING_MS, MOST_MS] = [6_000, 90_000];
/** Senders may lose a fifth beside the recompute. */
const KEPT = 0.8;

/** So many running clocks: what looking at them costs, how late a breach is written down, and recomputing all of them beside senders. */
export async function clocks(ground: Ground): Promise<void> {
  const bar = ground.bar('clocks', Math.ceil(CLOCKS / CHUNK) + 8);
  const databaseUrl = await ground.database('clocks');
  const server = await ground.start('product-server.ts', databaseUrl);
  const groups = await ground.withDb(databaseUrl, async (db) => {
    const people = await aCrowdOfPeople(db, server.url, ROOMS, LISTENERS - 1);
    await fill(db, () => bar.step());
    // What reports have to catch up with after such a flood is not the matter here.
    await db.query(
      `UPDATE report_place SET xid = pg_current_xact_id(), summed = true, zone = (SELECT zone FROM calendar WHERE is_company)`,
    );
    return people;
  });
  bar.step();

  const looking = await ground.withDb(databaseUrl, (db) => costOfLooking(db));
  bar.step();
  const idle = await ground.withDb(databaseUrl, async (db) => {
    const backends = () => backendsCpu(db);
    const [before, stored] = [server.cpu(), await backends()];
    await pause(IDLE_MS);
    return (server.cpu() - before + (await backends()) - stored) / IDLE_MS;
  });
  bar.step();
  const board = await ground.withDb(databaseUrl, (db) => boardTimes(db, server.url));
  bar.step();
  const late = await ground.withDb(databaseUrl, (db) => lateness(db));
  bar.step();

  const crowd = await productCrowd(server.url, groups);
  const measured = await ground.withDb(databaseUrl, (db) =>
    besideSenders(db, crowd, () => bar.step()),
  );
  close(crowd);
  await server.stop();
  bar.end();

  ground.show(
    `\n${CLOCKS} running clocks of ${ROOMS} dealers; ${LISTENERS} people hear of each appeal`,
  );
  const { alone, beside, aloneFull, besideFull, walk, walkFull } = measured;
  const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
  const rate = (perSecond: number) => perSecond.toFixed(0);
  const rows: [what: string, measured: string, wanted: string, isKept?: boolean][] = [
    ['one look for due moments, nothing due', ms(looking.ms), ''],
    [
      ...(['… its CPU, node and database, of a core', percent(looking.perSecond)] as const),
      ...(['≤ 2 %', looking.perSecond <= 0.02] as const),
    ],
    ['the whole idle server with its database, of a core', percent(idle), ''],
    [
      ...([`board over ${CLOCKS} open appeals, median`, ms(board.median)] as const),
      ...(['≤ 500 ms', board.median <= 500] as const),
    ],
    ['… p99', ms(board.p99), ''],
    ['breach written down after its moment, median', ms(late.p50), ''],
    ['… p99', ms(late.p99), '≤ 2000 ms', late.p99 <= 2_000],
    ['… not written down', String(late.missing), '0', late.missing === 0],
    [
      ...([`recompute of ${walk.done} appeals beside ${PER_SECOND} sends a second`] as const),
      ...([
        `${(walk.tookMs / 1000).toFixed(1)} s`,
        '≤ 60 s',
        walk.isWhole && walk.tookMs <= 60_000,
      ] as const),
    ],
    [`answer to a message, ${PER_SECOND}/s, median`, ms(alone.ackP50), ''],
    ['… p99', ms(alone.ackP99), ''],
    ['… beside the recompute, median', ms(beside.ackP50), ''],
    ['… p99', ms(beside.ackP99), ''],
    [`sent of ${PER_SECOND} a second, alone`, alone.perSecond.toFixed(1), ''],
    [
      ...(['… beside the recompute', beside.perSecond.toFixed(1)] as const),
      ...([
        `≥ ${(alone.perSecond * KEPT).toFixed(1)}`,
        beside.perSecond >= alone.perSecond * KEPT,
      ] as const),
    ],
    [
      'as fast as it goes, a second, alone, before and after',
      `${rate(aloneFull[0].perSecond)}, ${rate(aloneFull[1].perSecond)}`,
      '',
    ],
    [
      ...(['… beside the recompute', rate(besideFull.perSecond)] as const),
      ...([
        `≥ ${rate(measured.full * KEPT)}`,
        besideFull.perSecond >= measured.full * KEPT,
      ] as const),
    ],
    ['… and recomputed meanwhile, appeals a second', rate(walkFull), '', measured.wasWalking],
  ];
  ground.show(
    table([
      ['', 'measured', 'wanted', ''],
      ...rows.map(([what, value, wanted, isKept = true]) => [
        what,
        value,
        wanted,
        isKept ? '' : 'MISSED',
      ]),
    ]),
  );
  await ground.save('clocks', { clocks: CLOCKS, looking, idle, board, late, ...measured });
}

/** The board as a supervisor gets it, ms. */
async function boardTimes(db: Db, url: string) {
  const [person] = await db.query<{ id: string }>(
    `INSERT INTO person (login, password_hash, name, role) VALUES ('supervisor', '-', 'Руководитель', 'supervisor') RETURNING id`,
  );
  const [cookie = ''] = await someSessions(db, [person?.id ?? '']);
  const took = [];
  for (let turn = 0; turn <= BOARDS; turn += 1) {
    const began = performance.now();
    await ask(url, cookie, 'GET', '/board');
    took.push(performance.now() - began);
  }
  return { median: median(took.slice(1)), p99: percentile(took.slice(1), 0.99) };
}

/** All clocks twice: once beside a steady sending, to the end, once beside as much sending as goes, cut off with it. */
async function besideSenders(db: Db, crowd: Crowd, step: () => void) {
  const steady = { perSecond: PER_SECOND };
  await drive(crowd, { inFlight: 16 }, SENDING_MS / 2);
  const alone = await drive(crowd, steady, SENDING_MS);
  step();
  let isOver = false;
  const walking = changeRules(db).then((walked) => {
    isOver = true;
    return walked;
  });
  const beside = await drive(crowd, steady, () => isOver);
  const walk = await walking;
  step();

  const before = await drive(crowd, { inFlight: 16 }, SENDING_MS);
  void changeRules(db);
  // What begins a walk, the list of all open appeals, is no matter of its pace.
  for (const end = performance.now() + MOST_MS; performance.now() < end; await pause(50))
    if ((await isWalking(db)) && (await walkedSoFar(db)) > 0) break;
  const [from, began] = [await walkedSoFar(db), performance.now()];
  const besideFull = await drive(crowd, { inFlight: 16 }, SENDING_MS);
  const walkFull = (((await walkedSoFar(db)) - from) * 1000) / (performance.now() - began);
  const wasWalking = await isWalking(db);
  step();
  await db.query(`UPDATE sla_recompute SET finished_at = now()`);
  await pause(1_000);
  const after = await drive(crowd, { inFlight: 16 }, SENDING_MS);
  const aloneFull = [before, after] as const;
  const full = (before.perSecond + after.perSecond) / 2;
  return { alone, beside, walk, aloneFull, full, besideFull, walkFull, wasWalking };
}

/** Gives all policies an hour more and waits until every clock has followed. */
async function changeRules(db: Db) {
  const began = performance.now();
  await db.transaction(async (tx) => {
    await tx.query(`UPDATE sla_policy SET resolution_minutes = resolution_minutes + 60`);
    await announceRules(tx);
  });
  const end = began + MOST_MS;
  while ((await isWalking(db)) && performance.now() < end) await pause(100);
  const isWhole = !(await isWalking(db));
  return { done: await walkedSoFar(db), isWhole, tookMs: performance.now() - began };
}

const pause = (length: number) => new Promise((resolve) => setTimeout(resolve, length));

/** Open appeals like those of the crowd, each with a resolution that is due within weeks, and a warning days before. */
async function fill(db: Db, stepped: () => void): Promise<void> {
  const [found] = await db.query<Record<'dealers' | 'people' | 'topics' | 'teams', string[]>>(
    `SELECT array_agg(a.dealer_id) AS dealers, array_agg(a.opened_by) AS people, array_agg(a.topic_id) AS topics, array_agg(a.team_id) AS teams FROM appeal a`,
  );
  if (!found) throw new Error('an aggregate answers one row');
  for (let done = 0; done < CLOCKS; done += CHUNK) {
    await inBulk(db, (tx) =>
      tx.query(
        `WITH n AS (SELECT n, 1 + n % cardinality($1::uuid[]) AS place, ${idSql('now()', 'n')} AS id FROM generate_series($5::integer, $6::integer) n),
         made AS (
           INSERT INTO appeal (id, client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, team_id, subject, status,
             last_at, public_last_at, changed_xid, public_changed_xid, created_at)
           SELECT id, id, '-', ($1::uuid[])[place], ($2::uuid[])[place], 'x', 'question', ($3::uuid[])[place], ($4::uuid[])[place], 'x', 'in_work',
             now(), now(), pg_current_xact_id(), pg_current_xact_id(), now() FROM n)
         INSERT INTO sla_clock (appeal_id, kind, cycle, state, started_at, target_ms, due_at, warn_at, last_counted_at, counted_ms, policy_id, calendar_id)
         SELECT id, 'resolution', 1, 'running', now(), 97200000, now() + interval '20 days' + n % 997 * interval '1 minute', now() + interval '10 days', now(), 0,
           (SELECT id FROM sla_policy ORDER BY id LIMIT 1), (SELECT id FROM calendar WHERE is_company)
         FROM n`,
        [
          found.dealers,
          found.people,
          found.topics,
          found.teams,
          done,
          Math.min(CLOCKS, done + CHUNK) - 1,
        ],
      ),
    );
    stepped();
  }
  await db.query('VACUUM ANALYZE appeal, sla_clock');
}

/** What a look takes, and the share of a core that looking all the time needs: of this process and of the database's one. */
async function costOfLooking(db: Db) {
  const database = async () => backendsCpu(db);
  await clockRepository.dueAppeals(db, 200);
  const stored = await database();
  const own = process.cpuUsage();
  const began = performance.now();
  for (let look = 0; look < LOOKS; look += 1) await clockRepository.dueAppeals(db, 200);
  const took = performance.now() - began;
  const { user, system } = process.cpuUsage(own);
  const cpuMs = (user + system) / 1000 + (await database()) - stored;
  return { ms: took / LOOKS, perSecond: ((cpuMs / LOOKS) * LOOKS_PER_SECOND) / 1000 };
}

/** Moves some deadlines to the next seconds; a trigger writes down when each breach was. */
async function lateness(db: Db) {
  await db.query(
    `CREATE TABLE bench_breach AS SELECT appeal_id, kind, clock_timestamp() AS due, NULL::timestamptz AS seen FROM sla_clock LIMIT 0`,
  );
  await db.query(`CREATE FUNCTION bench_saw() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN UPDATE bench_breach SET seen = clock_timestamp() WHERE appeal_id = new.appeal_id AND kind = new.kind; RETURN new; END'`);
  await db.query(`CREATE UNIQUE INDEX ON bench_breach (appeal_id, kind)`);
  await db.query(
    `CREATE TRIGGER bench_breach AFTER INSERT ON sla_clock_step FOR EACH ROW WHEN (new.action = 'breached') EXECUTE FUNCTION bench_saw()`,
  );
  await db.query(
    `WITH chosen AS (
       SELECT appeal_id, kind, row_number() OVER () AS n FROM sla_clock WHERE state = 'running' AND kind = 'resolution' AND cycle = 1 LIMIT $1),
     moved AS (
       UPDATE sla_clock c SET due_at = clock_timestamp() + ($3::float8 + n * $2::float8 / $1::float8) * interval '1 ms', warn_at = NULL
       FROM chosen WHERE c.appeal_id = chosen.appeal_id AND c.kind = chosen.kind RETURNING c.appeal_id, c.kind, c.due_at)
     INSERT INTO bench_breach SELECT appeal_id, kind, due_at FROM moved`,
    [BREACHES, BREACH_MS, HEAD_START_MS],
  );
  await pause(HEAD_START_MS + BREACH_MS + 3_000);
  const rows = await db.query<{ ms: number | null }>(
    `SELECT (extract(epoch FROM seen - due) * 1000)::float8 AS ms FROM bench_breach`,
  );
  const seen = rows.flatMap(({ ms: one }) => one ?? []);
  return {
    p50: percentile(seen, 0.5),
    p99: percentile(seen, 0.99),
    missing: rows.length - seen.length,
  };
}

async function isWalking(db: Db): Promise<boolean> {
  const [row] = await db.query<{ walking: boolean }>(
    `SELECT finished_at IS NULL AS walking FROM sla_recompute`,
  );
  return row?.walking ?? false;
}

async function walkedSoFar(db: Db): Promise<number> {
  const [row] = await db.query<{ done: number | null }>(`SELECT done FROM sla_recompute`);
  return row?.done ?? 0;
}

/** CPU of all of the database's processes that serve this database, ms; 0 where the system does not tell. */
async function backendsCpu(db: Db): Promise<number> {
  const rows = await db.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database()`,
  );
  return rows.reduce((sum, { pid }) => sum + cpuOf(pid), 0);
}
