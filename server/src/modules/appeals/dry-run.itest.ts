import { appealsApi } from '@otklik/shared/appeals.api';
import { calendarsApi } from '@otklik/shared/calendars.api';
import type { DryRun, DryRunPiece } from '@otklik/shared/dry-run';
import { dryRunApi } from '@otklik/shared/dry-run.api';
import { policiesApi } from '@otklik/shared/policies.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aManager, aTopic } from '../people/people.factory';
import { chance, MINUTE_MS } from '../sla/calendar.factory';
import { clockRepository } from '../sla';
import { aCompany, aMessage, anAppeal } from './appeal.factory';

/** Monday, 11:00 in Moscow. */
let now = new Date('2026-03-02T08:00:00Z');
const APPEALS = 220;
let server: TestApp;
let admin: TestSession;
let manager: TestSession;
let dealer: TestSession;

const random = chance(20260302);
const statuses = ['waiting', 'resolved', 'closed', 'in_work'] as const;
const priorities = ['low', 'normal', 'high', 'urgent'] as const;

/** What happens to one of the open appeals. A refused command is part of life. */
async function happen(appealId: string): Promise<void> {
  const change = random.int(0, 9);
  const done =
    change < 4
      ? aMessage(manager, appealId)
      : change < 6
        ? aMessage(dealer, appealId)
        : change === 6
          ? manager.call(appealsApi.noAnswerNeeded, { appealId })
          : change === 7
            ? manager.call(appealsApi.changeFields, { appealId, priority: random.pick(priorities) })
            : manager.call(appealsApi.changeStatus, { appealId, status: random.pick(statuses) });
  await Promise.resolve(done).catch(() => undefined);
}

beforeAll(async () => {
  server = await testApp({ now: () => now, background: false });
  const { db } = server.database;
  const company = await aCompany(db);
  const topics = [company.topic, await aTopic(db)] as const;
  admin = await server.signIn(await aManager(db, { role: 'admin' }));
  manager = await server.signIn(company.manager);
  dealer = await server.signIn(company.visitor);
  const ids: string[] = [];
  for (let no = 0; no < APPEALS; no += 1) {
    now = new Date(now.getTime() + random.int(1, 120) * MINUTE_MS);
    const { appeal } = await anAppeal(dealer, random.pick(topics), {
      typeCode: random.pick(['complaint', 'error', 'question']),
    });
    ids.push(appeal.id);
    const recent = ids.slice(-12);
    for (let turn = random.int(1, 3); turn > 0; turn -= 1) {
      now = new Date(now.getTime() + random.int(0, 30) * MINUTE_MS);
      await happen(recent[random.int(0, recent.length - 1)] ?? appeal.id);
    }
  }
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
