import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Db } from '../../platform/db';
import { testDb } from '../../test/test-db';
import { aDealer, aVisitor } from '../people/people.factory';
import { aClock, storeClocks } from './clock.factory';
import { clockRepository } from './clock.repository';
import { advance, type Clock, type ClockEvent } from './sla.clock';
import { createRulesCache } from './rules-cache';
import { slaRepository } from './sla.repository';

let db: Db;
let close: () => Promise<void>;
let dealerId: string;
let personId: string;
let rules: { policyId: string; calendarId: string };

const idOf = async (sql: string, parameters: unknown[] = []): Promise<string> =>
  (await db.query<{ id: string }>(sql, parameters))[0]!.id;

beforeAll(async () => {
  ({ db, close } = await testDb());
  dealerId = (await aDealer(db)).id;
  personId = (await aVisitor(db, { id: dealerId })).id;
  rules = {
    policyId: await idOf(`SELECT id FROM sla_policy WHERE type_code IS NULL AND priority IS NULL`),
    calendarId: await idOf(`SELECT id FROM calendar`),
  };
});
afterAll(() => close());
beforeEach(() => db.query(`TRUNCATE appeal CASCADE`));

const anAppeal = () =>
  idOf(
    `INSERT INTO appeal (client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, subject,
       last_at, public_last_at, changed_xid, public_changed_xid, created_at)
     SELECT $1, '', $2, $3, 'Visitor', 'question', id, 'Subject', now(), now(), pg_current_xact_id(), pg_current_xact_id(), now()
     FROM topic LIMIT 1 RETURNING id`,
    [randomUUID(), dealerId, personId],
  );

/** An appeal with one clock. */
async function anAppealWith(given: Partial<Clock>): Promise<string> {
  const appealId = await anAppeal();
  await storeClocks(db, appealId, {
    changed: [aClock({ ...rules, ...given })],
    steps: [],
  });
  return appealId;
}

const fromNow = (minutes: number) => new Date(Date.now() + minutes * 60_000);

describe('stored clocks', () => {
  it('come back as the machine left them, and so does the ledger, event after event', async () => {
    const { company, policies } = await createRulesCache(
      () => slaRepository.findRules(db),
      60_000,
      () => 0,
    ).get();
    const policy = policies.find(({ id }) => id === rules.policyId)!.clock;
    const appealId = await anAppeal();
    const other = await anAppealWith({});
    const story: [string, ClockEvent][] = [
      ['2026-03-02T10:00:00.123+03:00', { type: 'dealer_message' }],
      ['2026-03-02T11:00:00+03:00', { type: 'waiting' }],
      ['2026-03-02T12:00:00+03:00', { type: 'dealer_message' }],
      ['2026-03-02T16:00:00+03:00', { type: 'staff_message' }],
      ['2026-03-02T16:30:00+03:00', { type: 'dealer_message' }],
      ['2026-03-03T10:00:00+03:00', { type: 'resolved' }],
      ['2026-03-04T10:00:00+03:00', { type: 'reopened' }],
    ];
    let clocks: Clock[] = [];
    const ledger: unknown[] = [];
    for (const [at, event] of story) {
      const next = advance(clocks, event, { at: new Date(at), policy, calendar: company });
      await db.transaction((tx) => storeClocks(tx, appealId, next));
      clocks = next.clocks;
      ledger.push(...next.steps);
      const stored = await clockRepository.clocksOf(db, appealId);
      expect(stored).toHaveLength(clocks.length);
      expect(stored).toEqual(expect.arrayContaining(clocks));
    }
    const steps = await clockRepository.stepsOf(db, appealId);
    expect(steps).toHaveLength(ledger.length);
    expect(steps).toEqual(expect.arrayContaining(ledger));
    expect(steps.map(({ action }) => action)).toContain('breached');
    expect(steps.map(({ at }) => at.getTime())).toEqual(
      steps.map(({ at }) => at.getTime()).sort((a, b) => a - b),
    );
    const gaps = await db.query(
      `SELECT kind, cycle FROM sla_clock_step WHERE appeal_id = $1 GROUP BY kind, cycle HAVING max(no) <> count(*)`,
      [appealId],
    );
    expect(gaps).toEqual([]);
    expect(await clockRepository.stepsOf(db, other)).toEqual([]);
  });
});

describe('what the poller takes', () => {
  it('is what is past its moment, the longest past first', async () => {
    const warned = { warnedAt: fromNow(-90) };
    const late = await anAppealWith({ dueAt: fromNow(-30), warnAt: fromNow(-60), ...warned });
    const both = await anAppealWith({ dueAt: fromNow(-1), warnAt: fromNow(-40) });
    const atRisk = await anAppealWith({ dueAt: fromNow(30), warnAt: fromNow(-10) });
    await anAppealWith({ dueAt: fromNow(30), warnAt: fromNow(10) });
    await anAppealWith({ dueAt: fromNow(30), warnAt: fromNow(-10), ...warned });
    await anAppealWith({ dueAt: fromNow(30), warnAt: null });
    await anAppealWith({ state: 'paused', dueAt: null, warnAt: null, remainingMs: 1 });
    const past = { dueAt: fromNow(-20), warnAt: fromNow(-20) };
    await anAppealWith({ ...past, state: 'breached', breachedAt: fromNow(-20) });
    await anAppealWith({ ...past, state: 'met', endedAt: fromNow(-25) });

    const expected = [
      { appealId: both, moment: 'warn' },
      { appealId: late, moment: 'due' },
      { appealId: atRisk, moment: 'warn' },
      { appealId: both, moment: 'due' },
    ].map((due) => ({ ...due, kind: 'first_response', cycle: 1 }));
    expect(await clockRepository.dueAppeals(db, 100)).toEqual(expected);
    expect(await clockRepository.dueAppeals(db, 2)).toEqual(expected.slice(0, 2));
  });

  it('is found by the two small indexes, bounded by the moment, among many clocks', async () => {
    const appealId = await anAppeal();
    await db.query(
      `INSERT INTO sla_clock (appeal_id, kind, cycle, state, started_at, target_ms, due_at, warn_at, last_counted_at,
         counted_ms, ended_at, policy_id, calendar_id)
       SELECT $1, 'resolution', n, 'met', now(), 1, now(), now(), now(), 0, now(), $2, $3 FROM generate_series(1, 2000) n`,
      [appealId, rules.policyId, rules.calendarId],
    );
    await db.query(
      `WITH opened AS (
         INSERT INTO appeal (client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, subject,
           last_at, public_last_at, changed_xid, public_changed_xid, created_at)
         SELECT gen_random_uuid(), '', $1, $2, 'Visitor', 'question', (SELECT id FROM topic LIMIT 1), 'Subject',
           now(), now(), pg_current_xact_id(), pg_current_xact_id(), now()
         FROM generate_series(1, 3000) RETURNING id)
       INSERT INTO sla_clock (appeal_id, kind, cycle, state, started_at, target_ms, due_at, warn_at, last_counted_at,
         counted_ms, policy_id, calendar_id)
       SELECT id, 'resolution', 1, 'running', now(), 1, now() + random() * interval '10 days', now() + random() * interval '9 days',
         now(), 0, $3, $4 FROM opened`,
      [dealerId, personId, rules.policyId, rules.calendarId],
    );
    await db.query(`ANALYZE sla_clock`);
    const lines: string[] = [];
    const explained: Pick<Db, 'query'> = {
      async query(sql, parameters) {
        const plan = await db.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, parameters);
        lines.push(...plan.map((row) => row['QUERY PLAN']));
        return [];
      },
    };
    await clockRepository.dueAppeals(explained, 100);
    const plan = lines.join('\n');
    expect(plan).toMatch(
      /Index Scan using sla_clock_due on sla_clock[^\n]*\n\s*Index Cond: \(due_at <= /,
    );
    expect(plan).toMatch(
      /Index Scan using sla_clock_warn on sla_clock[^\n]*\n\s*Index Cond: \(warn_at <= /,
    );
    expect(plan).not.toContain('Seq Scan');
  });
});
