import { aDealer, aTopic, aVisitor } from '../../modules/people/people.factory';
import type { Db } from '../../platform/db';
import type { Change, CrashPoint } from './product';
import { between, inTurn, pick, seeded } from './random';
import { onSite, type Site } from './site';

const MINUTE = 60_000;
/** A Monday, 9:00 in Moscow: the company's calendar opens, and everything falls due within its day. */
const OPENING = Date.parse('2026-12-07T06:00:00Z');
const SHORTEST = 5 * MINUTE;
const LONGEST = 8 * 60 * MINUTE;
const WARN_SHARE = 0.75;
/** How long a node may take to die where it was told to, before it is killed where it is. */
const DEATH_MS = 4_000;
/** Nothing more is recorded for so long: what is open now never will be. */
const STILL_MS = 60_000;
const LOOK_MS = 50;
/** Where a node dies: within the transaction of a due moment, after it with the news untold, or anywhere. */
const DEATHS: readonly (CrashPoint | null)[] = ['before_tick_commit', 'after_tick_commit', null];

export interface ClockChaosOptions {
  clocks: number;
  kills: number;
  seed: number;
  /** Changes to the copy of the server that runs. */
  server?: readonly Change[];
  progress?: (done: number, what: string) => void;
  cancelled?: () => boolean;
}
export interface ClockChaosResult {
  clocks: number;
  kills: number;
  /** Of them with a moment written but not committed. */
  beforeCommit: number;
  /** Of them with a moment committed but not told. */
  afterCommit: number;
  jumps: number;
  jumpsBack: number;
  ms: number;
  /** Of them: nodes that were away and came back. */
  restartMs: number;
  /** Number of clocks, and the first of them, for each promise that was broken. */
  broken: { promise: string; count: number; first: string }[];
}

/**
 * Deadlines while everything breaks: two nodes that are killed in turn, and a database whose clock jumps, forwards and back.
 * The product asks the database for its time by `clock_timestamp()`. A function of that name stands before PostgreSQL's own on the
 * search path of this database; it adds what the test has set. The product itself is not changed.
 */
export async function runClockChaos(options: ClockChaosOptions): Promise<ClockChaosResult> {
  options.progress?.(0, 'building');
  return onSite({ name: 'clocks', server: options.server }, (site) => runAt(site, options));
}

async function runAt({ db, start }: Site, options: ClockChaosOptions): Promise<ClockChaosResult> {
  const { clocks, kills, progress = () => undefined, cancelled = () => false } = options;
  const random = seeded(options.seed);
  const began = Date.now();
  await layClocks(db, clocks);
  await bendTime(db);
  const nodes = await start(2);

  const died: Partial<Record<CrashPoint, number>> = {};
  let [jumps, jumpsBack, restartMs] = [0, 0, 0];
  const jump = async (ms: number) => {
    jumps += 1;
    if (ms < 0) jumpsBack += 1;
    await jumpBy(db, ms);
  };
  const slice = (LONGEST + SHORTEST) / kills;
  const deaths = inTurn(DEATHS, random);
  for (let kill = 0; kill < kills && !cancelled(); kill += 1) {
    progress(kill / kills, `${await recorded(db)} moments recorded`);
    const before = await recorded(db);
    // On the whole the time goes on, by one slice a round.
    const ahead = slice * between(random, 1, 2);
    await jump(ahead);
    if (kill % 3 === 1) await jump(slice - ahead);
    const node = pick(random, nodes);
    const point = deaths.next().value;
    if (point !== null && (await node.dieAt(point, DEATH_MS))) died[point] = (died[point] ?? 0) + 1;
    else {
      if (point === null) await until(async () => (await recorded(db)) > before, DEATH_MS);
      await node.kill();
    }
    // Back in time while one of them is away: what was due is due no longer, and will be again.
    if (kill % 3 !== 1) await jump(slice - ahead);
    const stoppedAt = Date.now();
    await node.start();
    restartMs += Date.now() - stoppedAt;
  }
  await jump(MINUTE);
  progress(1, 'settling');
  await untilStill(db, cancelled);
  const broken = await judge(db, clocks);
  return {
    ...{ clocks, kills, jumps, jumpsBack, restartMs, ms: Date.now() - began, broken },
    beforeCommit: died.before_tick_commit ?? 0,
    afterCommit: died.after_tick_commit ?? 0,
  };
}

/** Two clocks for each appeal, the answer and the resolution, each with a moment of its own. */
async function layClocks(db: Db, clocks: number): Promise<void> {
  const topic = await aTopic(db);
  const dealer = await aDealer(db);
  const visitor = await aVisitor(db, dealer);
  const [lowMs, rangeMs] = [SHORTEST, LONGEST - SHORTEST];
  await db.query(
    `WITH made AS (
       INSERT INTO appeal (client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, subject, status,
         last_at, public_last_at, changed_xid, public_changed_xid, created_at)
       SELECT gen_random_uuid(), '-', $1, $2, 'x', 'question', $3, 'x', 'new', $4, $4, pg_current_xact_id(), pg_current_xact_id(), $4
       FROM generate_series(1, $5::integer)
       RETURNING id, no)
     INSERT INTO sla_clock (appeal_id, kind, cycle, state, started_at, target_ms, due_at, warn_at, last_counted_at, counted_ms, policy_id, calendar_id)
     SELECT m.id, k.kind, 1, 'running', $4, t.ms, $4 + t.ms * interval '1 ms', $4 + t.ms * $8::float8 * interval '1 ms', $4, 0,
       (SELECT id FROM sla_policy ORDER BY id LIMIT 1), (SELECT id FROM calendar WHERE is_company)
     FROM made m CROSS JOIN (VALUES ('first_response', 7919), ('resolution', 104729)) k (kind, step)
     CROSS JOIN LATERAL (SELECT $6::bigint + m.no::bigint * k.step * 997 % $7::bigint AS ms) t`,
    [
      ...[dealer.id, visitor.id, topic.id, new Date(OPENING), Math.ceil(clocks / 2)],
      ...[lowMs, rangeMs, WARN_SHARE],
    ],
  );
  // Steps of the ladder are moments of their own, and not the question here.
  await db.query('UPDATE ladder_step SET deleted_at = now()');
  await db.query('ANALYZE');
}

/** The clock that can be set, what was planned, and a witness who writes down what time it was when a step was written. */
async function bendTime(db: Db): Promise<void> {
  const statements = [
    `CREATE SCHEMA bent`,
    `CREATE TABLE bent.clock AS SELECT timestamptz '${new Date(OPENING).toISOString()}' - pg_catalog.clock_timestamp() AS ahead`,
    `CREATE FUNCTION bent.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql AS
       'SELECT pg_catalog.clock_timestamp() + (SELECT ahead FROM bent.clock)'`,
    `CREATE TABLE bent.planned AS SELECT appeal_id, kind, cycle, warn_at, due_at, target_ms FROM sla_clock`,
    `CREATE TABLE bent.witness (appeal_id uuid, kind text, cycle integer, action text, said timestamptz)`,
    `CREATE FUNCTION bent.saw() RETURNS trigger LANGUAGE plpgsql AS
       'BEGIN INSERT INTO bent.witness VALUES (new.appeal_id, new.kind, new.cycle, new.action, bent.clock_timestamp()); RETURN new; END'`,
    `CREATE TRIGGER witness AFTER INSERT ON sla_clock_step FOR EACH ROW EXECUTE FUNCTION bent.saw()`,
    // PostgreSQL looks into pg_catalog first unless it is named: here it comes last, and tables are still found in public.
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, bent, pg_catalog', current_database()); END $$`,
  ];
  for (const statement of statements) await db.query(statement);
}

/** Between the transactions that hold an appeal, never within one: a real clock does not stand in two places either. */
const jumpBy = (db: Db, ms: number) =>
  db.transaction(async (tx) => {
    await tx.query('LOCK TABLE appeal IN EXCLUSIVE MODE');
    await tx.query(`UPDATE bent.clock SET ahead = ahead + $1::float8 * interval '1 ms'`, [ms]);
  });

async function recorded(db: Db): Promise<number> {
  const [row] = await db.query<{ n: number }>(`SELECT count(*)::int AS n FROM sla_clock_step`);
  return row?.n ?? 0;
}

async function until(is: () => Promise<boolean>, ms: number): Promise<void> {
  const end = Date.now() + ms;
  while (!(await is()) && Date.now() < end) await pause();
}
const pause = () => new Promise((resolve) => setTimeout(resolve, LOOK_MS));

/** Until nothing is open any more, or nothing moves any more. */
async function untilStill(db: Db, cancelled: () => boolean): Promise<void> {
  let [last, movedAt] = [-1, Date.now()];
  while (Date.now() - movedAt < STILL_MS && !cancelled()) {
    const [row] = await db.query<{ open: number }>(
      `SELECT count(*)::int AS open FROM sla_clock WHERE state = 'running'`,
    );
    const open = row?.open ?? 0;
    if (open === 0) return;
    if (open !== last) [last, movedAt] = [open, Date.now()];
    await pause();
  }
}

const PROMISES: Record<string, string> = {
  'missed: no deadline goes unrecorded': `
    SELECT p.appeal_id, p.kind FROM bent.planned p LEFT JOIN sla_clock c USING (appeal_id, kind, cycle)
    WHERE c.state IS DISTINCT FROM 'breached' OR c.breached_at IS DISTINCT FROM p.due_at
      OR NOT EXISTS (SELECT 1 FROM sla_clock_step s WHERE s.appeal_id = p.appeal_id AND s.kind = p.kind AND s.action = 'breached')
      OR NOT EXISTS (SELECT 1 FROM entry e WHERE e.appeal_id = p.appeal_id AND e.event_type = 'sla_breached' AND e.facts->>'kind' = p.kind)`,
  'missed: no warning goes unrecorded': `
    SELECT p.appeal_id, p.kind FROM bent.planned p
    WHERE NOT EXISTS (SELECT 1 FROM sla_clock_step s WHERE s.appeal_id = p.appeal_id AND s.kind = p.kind AND s.action = 'warned')
      OR NOT EXISTS (SELECT 1 FROM entry e WHERE e.appeal_id = p.appeal_id AND e.event_type = 'sla_warned' AND e.facts->>'kind' = p.kind)`,
  'doubled: each step of the ledger once': `
    SELECT appeal_id, kind FROM sla_clock_step WHERE action IN ('warned', 'breached')
    GROUP BY appeal_id, kind, cycle, action HAVING count(*) > 1`,
  'doubled: each event of the thread once': `
    SELECT appeal_id, facts->>'kind' AS kind FROM entry WHERE event_type IN ('sla_warned', 'sla_breached')
    GROUP BY appeal_id, facts->>'kind', event_type HAVING count(*) > 1`,
  'early: nothing before its moment': `
    SELECT w.appeal_id, w.kind FROM bent.witness w JOIN bent.planned p USING (appeal_id, kind, cycle)
    WHERE w.said < CASE w.action WHEN 'warned' THEN p.warn_at ELSE p.due_at END`,
  'sum: the ledger counts the target to the deadline': `
    SELECT p.appeal_id, p.kind FROM bent.planned p JOIN sla_clock_step s USING (appeal_id, kind, cycle)
    GROUP BY p.appeal_id, p.kind, p.target_ms HAVING sum(s.counted_ms) <> p.target_ms`,
  'dense: numbers of a thread without holes': `
    SELECT a.id AS appeal_id, '' AS kind FROM appeal a LEFT JOIN entry e ON e.appeal_id = a.id
    GROUP BY a.id, a.last_seq HAVING count(e.id) <> a.last_seq OR coalesce(max(e.seq), 0) <> a.last_seq`,
};

async function judge(db: Db, clocks: number): Promise<ClockChaosResult['broken']> {
  const broken: ClockChaosResult['broken'] = [];
  const [laid] = await db.query<{ n: number }>(`SELECT count(*)::int AS n FROM bent.planned`);
  if ((laid?.n ?? 0) < clocks)
    broken.push({ promise: 'clocks were laid', count: clocks - (laid?.n ?? 0), first: '' });
  for (const [promise, sql] of Object.entries(PROMISES)) {
    const rows = await db.query<{ appeal_id: string; kind: string }>(sql);
    const [first] = rows;
    if (first)
      broken.push({ promise, count: rows.length, first: `${first.appeal_id} ${first.kind}` });
  }
  return broken;
}

export const CLOCK_PROMISES = Object.keys(PROMISES);
