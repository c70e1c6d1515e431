import { appealsApi } from '@otklik/shared/appeals.api';
import { calendarsApi } from '@otklik/shared/calendars.api';
import { DryRun, type DryRunPiece } from '@otklik/shared/dry-run';
import { dryRunApi } from '@otklik/shared/dry-run.api';
import { policiesApi } from '@otklik/shared/policies.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aManager, aTopic } from '../people/people.factory';
import { chance, MINUTE_MS, type Chance } from '../sla/calendar.factory';
import { clockRepository, contextIn, supposedRules, type Clock, type MatchedAppeal } from '../sla';
import { aCompany, aMessage, anAppeal } from './appeal.factory';
import { replay } from './dry-run';
import { dryRunRepository } from './dry-run.repository';

/** Monday, 11:00 in Moscow. */
const BEGAN = new Date('2026-03-02T08:00:00Z');
const APPEALS = 140;
let now = BEGAN;

/** A server of its own with its people, and the appeals in the order in which they were opened. */
interface World {
  server: TestApp;
  admin: TestSession;
  manager: TestSession;
  dealer: TestSession;
  topics: { id: string }[];
  ids: string[];
}
interface Deed {
  at: Date;
  run: (world: World) => Promise<unknown>;
}
let past: World;
let admin: TestSession;
let manager: TestSession;
let dealer: TestSession;

const statuses = ['waiting', 'resolved', 'closed', 'in_work'] as const;
const priorities = ['low', 'normal', 'high', 'urgent'] as const;

/** What happens to one of the appeals; `no` is its place. A refused command is part of life. */
function aDeed(random: Chance, no: number): Deed['run'] {
  const change = random.int(0, 9);
  const priority = random.pick(priorities);
  const status = random.pick(statuses);
  const command = ({ manager: staff, dealer: visitor, ids }: World): Promise<unknown> => {
    const appealId = ids[no] ?? '';
    if (change < 4) return aMessage(staff, appealId);
    if (change < 6) return aMessage(visitor, appealId);
    if (change === 6) return staff.call(appealsApi.noAnswerNeeded, { appealId });
    if (change === 7) return staff.call(appealsApi.changeFields, { appealId, priority });
    return staff.call(appealsApi.changeStatus, { appealId, status });
  };
  return (world) => command(world).catch(() => undefined);
}

/** The same every time. */
function aStory(): Deed[] {
  const random = chance(20260302);
  const story: Deed[] = [];
  let at = BEGAN;
  const later = (low: number, high: number) =>
    (at = new Date(at.getTime() + random.int(low, high) * MINUTE_MS));
  for (let no = 0; no < APPEALS; no += 1) {
    const place = random.int(0, 1);
    const typeCode = random.pick(['complaint', 'error', 'question']);
    story.push({
      at: later(1, 120),
      run: async ({ dealer: visitor, topics, ids }) => {
        const { appeal } = await anAppeal(visitor, topics[place]!, { typeCode });
        ids.push(appeal.id);
      },
    });
    for (let turn = random.int(1, 3); turn > 0; turn -= 1)
      story.push({
        at: later(0, 30),
        run: aDeed(random, Math.max(0, no - random.int(0, 11))),
      });
  }
  return story;
}

/** The story on a new server. @param rules changes of the rules before anything happens */
async function played(rules: (admin: TestSession) => Promise<unknown>): Promise<World> {
  now = BEGAN;
  const server = await testApp({ now: () => now, background: false });
  const { db } = server.database;
  const company = await aCompany(db);
  const world: World = {
    ...{ server, ids: [], topics: [company.topic, await aTopic(db)] },
    admin: await server.signIn(await aManager(db, { role: 'admin' })),
    manager: await server.signIn(company.manager),
    dealer: await server.signIn(company.visitor),
  };
  await rules(world.admin);
  for (const { at, run } of aStory()) {
    now = at;
    await run(world);
  }
  return world;
}

let server: TestApp;
beforeAll(async () => {
  past = await played(() => Promise.resolve());
  ({ server, admin, manager, dealer } = past);
}, 240_000);
afterAll(() => server.close());

type Asked = Omit<DryRun, 'cursor'>;
async function run(asked: Asked): Promise<DryRunPiece[]> {
  const pieces: DryRunPiece[] = [];
  let cursor: string | undefined;
  do {
    const piece = await admin.call(dryRunApi.piece, { ...asked, ...(cursor && { cursor }) });
    pieces.push(piece);
    cursor = piece.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return pieces;
}
const sum = (pieces: DryRunPiece[], which: 'recorded' | 'supposed') => ({
  clocks: pieces.reduce((n, piece) => n + piece[which].clocks, 0),
  breaches: pieces.reduce((n, piece) => n + piece[which].breaches, 0),
});
const present: Asked = { weeks: 26, policy: null, calendar: null };
const tables = () =>
  server.database.db.query<{ name: string; rows: string }>(
    `SELECT table_name AS name, (xpath('/row/c/text()', query_to_xml(format('SELECT md5(coalesce(string_agg(t::text, '','' ORDER BY t::text), '''')) AS c FROM %I t', table_name), false, true, '')))[1]::text AS rows
     FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'session' ORDER BY 1`,
  );

describe('a dry run', () => {
  it('of the rules as they are gives exactly what was recorded, and writes nothing', async () => {
    const before = await tables();
    const pieces = await run(present);
    expect(await tables()).toEqual(before);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.at(-1)).toMatchObject({ done: APPEALS, total: APPEALS });
    const recorded = sum(pieces, 'recorded');
    const [plain] = await server.database.db.query<{ clocks: number; breaches: number }>(
      `SELECT count(*) AS clocks, count(*) FILTER (WHERE breached_at IS NOT NULL OR (state = 'running' AND due_at < $1)) AS breaches FROM sla_clock`,
      [now],
    );
    expect(recorded).toEqual(plain);
    expect(recorded.breaches).toBeGreaterThan(50);
    expect(recorded.clocks - recorded.breaches).toBeGreaterThan(50);
    for (const piece of pieces) {
      expect(piece.supposed).toEqual(piece.recorded);
      for (const line of [...piece.managers, ...piece.hours, ...piece.dealers])
        expect([line.name, line.supposed]).toEqual([line.name, line.recorded]);
      for (const lines of [piece.managers, piece.hours, piece.dealers])
        expect(lines.reduce((n, line) => n + line.recorded.clocks, 0)).toBe(piece.recorded.clocks);
    }
  });

  it('of the last week leaves older clocks out', async () => {
    const pieces = await run({ ...present, weeks: 1 });
    const [plain] = await server.database.db.query<{ clocks: number }>(
      `SELECT count(*) AS clocks FROM sla_clock WHERE started_at >= $1::timestamptz - interval '7 days'`,
      [now],
    );
    expect(sum(pieces, 'recorded').clocks).toBe(plain?.clocks);
    expect(sum(pieces, 'supposed')).toEqual(sum(pieces, 'recorded'));
    expect(sum(pieces, 'recorded').clocks).toBeLessThan(sum(await run(present), 'recorded').clocks);
  });

  it('of round-the-clock hours and one target gives what counting minutes by hand gives', async () => {
    const { items } = await admin.call(policiesApi.policies, {});
    const calendars = await admin.call(calendarsApi.list, {});
    const known = calendars.items.find(({ isCompany }) => isCompany)!;
    const open = [{ from: 0, to: 1440 }];
    const { id: calendarId, rev: _rev, used: _used, today: _today, ...content } = known;
    const calendar = {
      ...content,
      calendarId,
      days: [],
      versions: [{ validFrom: null, week: Array.from({ length: 7 }, () => open), country: null }],
    };
    // All days off of the country are gone and every hour counts: real time is working time.
    const pieces = await run({ ...present, calendar });
    const expected = await slowly(items);
    expect(sum(pieces, 'supposed')).toEqual(expected);
    expect(expected.breaches).toBeGreaterThan(sum(pieces, 'recorded').breaches);
  });

  it('of other targets and other hours gives, appeal by appeal, what would have come of them', async () => {
    const [policy, calendar] = await Promise.all([shorterTargets(admin), lunchInOmsk(admin)]);
    const asked: Asked = { ...present, policy, calendar };
    const supposed = await replayed(asked);

    const other = await played(async (boss) => {
      const { policyId, draft } = await shorterTargets(boss);
      await boss.call(policiesApi.changePolicy, { ...draft, policyId, rev: 1 });
      await boss.call(calendarsApi.change, { ...(await lunchInOmsk(boss)), rev: 1 });
    });
    const happened = await Promise.all(
      other.ids.map((id) => clockRepository.clocksOf(other.server.database.db, id)),
    );
    await other.server.close();

    const told = (clocks: readonly Clock[]) => clocks.map(missed).sort();
    for (const [place, id] of past.ids.entries())
      expect([place, told(supposed.get(id) ?? [])]).toEqual([place, told(happened[place] ?? [])]);
    const late = happened.flat().filter((clock) => missed(clock).endsWith('Z')).length;
    const pieces = await run(asked);
    expect(sum(pieces, 'supposed')).toEqual({ clocks: happened.flat().length, breaches: late });
    // And that is something else than what was recorded.
    const recorded = await stored();
    const others = past.ids.filter(
      (id) =>
        told(recorded.filter((clock) => clock.id === id)).join() !==
        told(supposed.get(id) ?? []).join(),
    );
    expect(others.length).toBeGreaterThan(50);
  }, 240_000);

  it('of a policy without a first answer or a resolution has no such clocks', async () => {
    const { items } = await admin.call(policiesApi.policies, {});
    const all = items.find(
      ({ typeCode, priority, topicId }) => !typeCode && !priority && !topicId,
    )!;
    const { id, rev: _rev, dealerName: _d, groupName: _g, topicName: _t, ...draft } = all;
    const changed = { ...draft, dealerId: await dealerId(), resolutionMinutes: null };
    const pieces = await run({ ...present, policy: { policyId: null, draft: changed } });
    const answers = (await stored()).filter(({ kind }) => kind !== 'resolution').length;
    expect(sum(pieces, 'supposed').clocks).toBe(answers);
    expect(sum(pieces, 'recorded').clocks).toBeGreaterThan(answers);
    // Without the general rule nothing of its kind is promised; others have rules of their own.
    const without = await run({ ...present, policy: { policyId: id, draft: null } });
    expect(sum(without, 'supposed').clocks).toBeLessThanOrEqual(sum(without, 'recorded').clocks);
    expect((await admin.call(policiesApi.policies, {})).items).toEqual(items);
  });

  it('is for those who manage the rules, and refuses what could not be saved', async () => {
    expect((await refusal(dealer.call(dryRunApi.piece, present))).status).toBe(404);
    expect((await refusal(manager.call(dryRunApi.piece, present))).status).toBe(403);
    const [policy] = (await admin.call(policiesApi.policies, {})).items;
    const { id: _id, rev: _rev, dealerName: _d, groupName: _g, topicName: _t, ...draft } = policy!;
    const twin = await refusal(
      admin.call(dryRunApi.piece, { ...present, policy: { policyId: null, draft } }),
    );
    expect(twin.problem.facts).toMatchObject({ fields: [{ path: 'policy.draft.match' }] });
  });
});

/** Complaints promised sooner. */
async function shorterTargets(boss: TestSession) {
  const { items } = await boss.call(policiesApi.policies, {});
  const complaints = items.find(({ typeCode, priority }) => typeCode === 'complaint' && !priority)!;
  const { id, rev: _rev, dealerName: _d, groupName: _g, topicName: _t, ...draft } = complaints;
  const targets = { firstResponseMinutes: 25, nextResponseMinutes: 50, resolutionMinutes: 400 };
  return { policyId: id, draft: { ...draft, ...targets } };
}
/** The company in another zone, with a lunch break and half a Saturday. */
async function lunchInOmsk(boss: TestSession) {
  const { items } = await boss.call(calendarsApi.list, {});
  const known = items.find(({ isCompany }) => isCompany)!;
  const { id: calendarId, rev: _rev, used: _used, today: _today, ...content } = known;
  const day = [
    { from: 600, to: 780 },
    { from: 840, to: 1020 },
  ];
  const week = [day, day, day, day, day, [{ from: 600, to: 720 }], []];
  const versions = [{ validFrom: null, week, country: 'RU' as const }];
  return { ...content, calendarId, zone: 'Asia/Omsk', versions };
}
/** The clocks of each appeal as the dry run supposes them. */
async function replayed(asked: Asked): Promise<Map<string, Clock[]>> {
  const { weeks, policy, calendar } = DryRun.parse(asked);
  const since = new Date(now.getTime() - weeks * 7 * 86_400_000);
  return server.database.db.transaction(async (tx) => {
    const rules = await supposedRules(tx, { policy, calendar }, now);
    const window = { since, at: now, afterId: null, limit: APPEALS };
    const found = await dryRunRepository.after(tx, window);
    const by = (appeal: MatchedAppeal, at: Date) => contextIn(rules, appeal, at);
    return new Map(found.map((appeal) => [appeal.id, replay(appeal, by, now)]));
  });
}
/** Which clock it is, and when it was missed, also when nobody has looked yet. */
const missed = ({ kind, cycle, startedAt, breachedAt, state, dueAt }: Clock) => {
  const at = breachedAt ?? (state === 'running' && dueAt !== null && dueAt < now ? dueAt : null);
  return `${kind} ${cycle} ${startedAt.toISOString()} ${at?.toISOString() ?? 'in time'}`;
};

const stored = async () => {
  const rows = await server.database.db.query<{ id: string; clock: never }>(
    `SELECT appeal_id AS id, to_jsonb(c) AS clock FROM sla_clock c`,
  );
  return rows.map(({ id, clock }) => ({ ...clockRepository.toClock(clock), id }));
};
const dealerId = async () => {
  const [row] = await server.database.db.query<{ dealer_id: string }>(
    `SELECT dealer_id FROM appeal LIMIT 1`,
  );
  return row!.dealer_id;
};

/**
 * By real time: each stretch of each ledger as long as the wall clock says. The target that holds at the end of a
 * stretch decides; a missed clock stays missed.
 */
async function slowly(policies: { id: string }[]): Promise<{ clocks: number; breaches: number }> {
  const targets = new Map(
    (policies as ({ id: string } & Record<string, number | null>)[]).map((one) => [
      one.id,
      {
        first_response: one.firstResponseMinutes,
        next_response: one.nextResponseMinutes,
        resolution: one.resolutionMinutes,
      },
    ]),
  );
  expect(targets.size).toBeGreaterThan(1);
  const steps = await server.database.db.query<{
    id: string;
    kind: string;
    cycle: number;
    action: string;
    reason: string;
    at: Date;
    target: number;
  }>(
    `SELECT appeal_id AS id, kind, cycle, action, reason, at,
       (sum(counted_ms) OVER (PARTITION BY appeal_id, kind, cycle ORDER BY no) + remaining_ms) AS target
     FROM sla_clock_step WHERE reason NOT IN ('due_reached', 'warn_reached') ORDER BY appeal_id, kind, cycle, no`,
  );
  const byClock = new Map<string, typeof steps>();
  for (const step of steps) {
    const key = `${step.id} ${step.kind} ${step.cycle}`;
    byClock.set(key, [...(byClock.get(key) ?? []), step]);
  }
  let breaches = 0;
  for (const own of byClock.values()) {
    let worked = 0;
    let from: Date | null = null;
    let target = Infinity;
    let late = false;
    for (const { action, at, target: next } of own) {
      if (from) worked += at.getTime() - from.getTime();
      if (worked > target) late = true;
      target = next;
      if (action === 'started' || action === 'resumed') from = at;
      else if (['met', 'cancelled', 'ended', 'paused'].includes(action)) from = null;
      else if (from) from = at;
    }
    if (from && worked + now.getTime() - from.getTime() > target) late = true;
    if (late) breaches += 1;
  }
  return { clocks: byClock.size, breaches };
}
