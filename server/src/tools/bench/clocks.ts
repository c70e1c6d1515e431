import { someSessions } from '../../modules/people/people.factory';
import { announceRules, clockRepository } from '../../modules/sla';
import type { Db } from '../../platform/db';
import { cpuOf, median, ms, percentile, table, type Ground } from './ground';
import { close, drive, productCrowd } from './load';
import { aCrowdOfPeople, ask } from './people';

const CLOCKS = Number(process.env.BENCH_CLOCKS ?? 100_000);
const CHUNK = 10_000;
const IDLE_MS = 8_000;
const LOOKS = 200;
const BOARDS = 10;
const [BREACHES, BREACH_MS, HEAD_START_MS] = [750, 15_000, 1_500];
const [ROOMS, LISTENERS, PER_SECOND] = [10, 4, 50];
/** How long is sent beside the recompute, and how long it may take, ms. */
const [SENDING_MS, MOST_MS] = [6_000, 90_000];

/** So many running clocks: what looking at them costs, how late a breach is written down, and a recompute of all beside senders. */
export async function clocks(ground: Ground): Promise<void> {
  const bar = ground.bar('clocks', CLOCKS / CHUNK + 5);
  const databaseUrl = await ground.database('clocks');
  const server = await ground.start('product-server.ts', databaseUrl);
  const groups = await ground.withDb(databaseUrl, async (db) => {
    const people = await aCrowdOfPeople(db, server.url, ROOMS, LISTENERS - 1);
    await fill(db, () => bar.step());
    // What reports have to catch up with after such a flood is not the matter here.
    await db.query(`UPDATE report_place SET xid = pg_current_xact_id()`);
    return people;
  });

  const looking = await ground.withDb(databaseUrl, (db) => costOfLooking(db));
  bar.step();
  const idle = await ground.withDb(databaseUrl, async (db) => {
    const backends = () => backendsCpu(db);
    const [before, stored] = [server.cpu(), await backends()];
    await pause(IDLE_MS);
    return (server.cpu() - before + (await backends()) - stored) / IDLE_MS;
  });
  bar.step();
  const board = await ground.withDb(databaseUrl, async (db) => {
    const [person] = await db.query<{ id: string }>(
      `INSERT INTO person (login, password_hash, name, role) VALUES ('supervisor', '-', 'Руководитель', 'supervisor') RETURNING id`,
    );
    const [cookie = ''] = await someSessions(db, [person?.id ?? '']);
    const took = [];
    for (let turn = 0; turn <= BOARDS; turn += 1) {
      const began = performance.now();
      await ask(server.url, cookie, 'GET', '/board');
      took.push(performance.now() - began);
    }
    return { median: median(took.slice(1)), p99: percentile(took.slice(1), 0.99) };
  });
  const late = await ground.withDb(databaseUrl, (db) => lateness(db));
  bar.step();

  const crowd = await productCrowd(server.url, groups);
  const pace = { perSecond: PER_SECOND };
  await drive(crowd, pace, SENDING_MS / 2);
  const alone = await drive(crowd, pace, SENDING_MS);
  const aloneFull = await drive(crowd, { inFlight: 16 }, SENDING_MS);
  bar.step();
  const recompute = await ground.withDb(databaseUrl, async (db) => {
    const began = performance.now();
    await db.transaction(async (tx) => {
      await tx.query(`UPDATE sla_policy SET resolution_minutes = resolution_minutes + 60`);
      await announceRules(tx);
    });
    const finished = walkEnd(db).then((done) => ({ done, tookMs: performance.now() - began }));
    const beside = await drive(crowd, pace, SENDING_MS);
    const besideFull = await drive(crowd, { inFlight: 16 }, SENDING_MS);
    const wasRunning = await isWalking(db);
    return { ...(await finished), beside, besideFull, wasRunning };
  });
  close(crowd);
  await server.stop();
  bar.end();

  ground.show(`\n${CLOCKS} running clocks`);
  const { beside, besideFull, tookMs, done, wasRunning } = recompute;
  const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
  ground.show(
    table([
      ['', 'measured', 'wanted'],
      ['one look for due moments, nothing due', ms(looking.ms), ''],
      ['… its CPU, node and database, of a core', percent(looking.cpu), '2 %'],
      ['the whole idle server with its database, of a core', percent(idle), ''],
      [`board over ${CLOCKS} open appeals, median`, ms(board.median), '500 ms'],
      ['… p99', ms(board.p99), ''],
      ['breach written down after its moment, median', ms(late.p50), ''],
      ['… p99', ms(late.p99), '2000 ms'],
      ['… not written down', String(late.missing), '0'],
      [`recompute of ${done} appeals`, `${(tookMs / 1000).toFixed(1)} s`, '60 s'],
      [`answer to a message, ${PER_SECOND}/s, median`, ms(alone.ackP50), ''],
      ['… beside the recompute', ms(beside.ackP50), ms(alone.ackP50 * 1.2)],
      ['… sent a second, alone', alone.perSecond.toFixed(0), ''],
      ['… beside the recompute', beside.perSecond.toFixed(0), (alone.perSecond / 1.2).toFixed(0)],
      ['as fast as it goes, a second, alone', aloneFull.perSecond.toFixed(0), ''],
      [
        `… beside the recompute${wasRunning ? '' : ' (which ended before)'}`,
        besideFull.perSecond.toFixed(0),
        (aloneFull.perSecond / 1.2).toFixed(0),
      ],
    ]),
  );
  await ground.save('clocks', {
    ...{ clocks: CLOCKS, looking, idle, board, late, recompute, alone, aloneFull },
  });
}

const pause = (length: number) => new Promise((resolve) => setTimeout(resolve, length));

/** Open appeals with a resolution that is due within weeks, and a warning days before. */
async function fill(db: Db, stepped: () => void): Promise<void> {
  const [found] = await db.query<{ dealer: string; person: string; topic: string }>(
    `SELECT a.dealer_id AS dealer, a.opened_by AS person, a.topic_id AS topic FROM appeal a LIMIT 1`,
  );
  for (let done = 0; done < CLOCKS; done += CHUNK) {
    await db.query(
      `WITH made AS (
         INSERT INTO appeal (client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, subject, status,
           last_at, public_last_at, changed_xid, public_changed_xid, created_at)
         SELECT gen_random_uuid(), '-', $1, $2, 'x', 'question', $3, 'x', 'in_work', now(), now(), pg_current_xact_id(), pg_current_xact_id(), now()
         FROM generate_series(1, $4::integer) RETURNING id, no)
       INSERT INTO sla_clock (appeal_id, kind, cycle, state, started_at, target_ms, due_at, warn_at, last_counted_at, counted_ms, policy_id, calendar_id)
       SELECT id, 'resolution', 1, 'running', now(), 97200000, now() + interval '20 days' + no % 997 * interval '1 minute', now() + interval '10 days', now(), 0,
         (SELECT id FROM sla_policy ORDER BY id LIMIT 1), (SELECT id FROM calendar WHERE is_company)
       FROM made`,
      [found?.dealer, found?.person, found?.topic, CHUNK],
    );
    stepped();
  }
  await db.query('VACUUM ANALYZE appeal, sla_clock');
}

/** CPU of this process and of the database's one, for a look a second. */
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
  return { ms: took / LOOKS, cpu: cpuMs / LOOKS / 1000 };
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

/** @returns how many appeals were done, when it has ended or is given up */
async function walkEnd(db: Db): Promise<number> {
  const end = Date.now() + MOST_MS;
  while ((await isWalking(db)) && Date.now() < end) await pause(100);
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
