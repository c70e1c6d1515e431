import { appealsApi } from '@otklik/shared/appeals.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../platform/log';
import { testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aCompany, aMessage, anAppeal } from './appeal.factory';
import { startClockPoller } from './clock.poller';

/** Monday, 11:00 in Moscow, in the middle of working hours; long past. */
const OPENED = new Date('2026-03-02T08:00:00Z');
const MINUTE = 60_000;

let now = OPENED;
/** A server whose clock the tests set, and two nodes on the same database that go by the real one. */
let past: TestApp;
let nodes: TestApp[];
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;
const log = createLog('silent', false);

beforeAll(async () => {
  past = await testApp({ now: () => now });
  const reach = () => Promise.resolve(past.database.url);
  nodes = [await testApp({ reach }), await testApp({ reach })];
  company = await aCompany(past.database.db);
  dealer = await past.signIn(company.visitor);
  manager = await past.signIn(company.manager);
});
afterAll(async () => {
  for (const node of nodes) await node.close();
  await past.close();
});

const aWhile = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Lets both nodes poll for a while. Answers the breaches they counted, together. */
async function pollFor(ms: number, meanwhile?: () => Promise<void>): Promise<number> {
  let counted = 0;
  const pollers = nodes.map(({ app }) =>
    startClockPoller({
      db: app.db,
      appeals: app.services.appeals,
      log,
      breached: () => (counted += 1),
    }),
  );
  await meanwhile?.();
  await aWhile(ms);
  await Promise.all(pollers.map((poller) => poller.stop()));
  return counted;
}

interface Happened {
  type: string;
  kind: string;
  count: number;
}
/** Warnings and breaches in the threads of these appeals. */
const happened = (ids: string[]) =>
  past.database.db.query<Happened>(
    `SELECT event_type AS type, facts->>'kind' AS kind, count(*) AS count FROM entry
     WHERE appeal_id = ANY($1::uuid[]) AND event_type LIKE 'sla%' GROUP BY 1, 2 ORDER BY 1, 2`,
    [ids],
  );

/** Opens appeals at the fixed moment: 2 h for the first answer, warned of after three quarters. */
async function opened(count: number): Promise<string[]> {
  now = OPENED;
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1)
    ids.push((await anAppeal(dealer, company.topic)).appeal.id);
  return ids;
}

describe('moments that have passed', () => {
  it('become one event each, with two nodes polling at once, and nothing is doubled after a restart', async () => {
    const ids = await opened(30);
    const counted = await pollFor(2_500);
    const expected = ['sla_breached', 'sla_warned'].flatMap((type) =>
      ['first_response', 'resolution'].map((kind) => ({ type, kind, count: 30 })),
    );
    expect(await happened(ids)).toEqual(expected);
    expect(counted).toBe(60);
    // Late news tells when it happened, not when it was found.
    const steps = await past.database.db.query<{ wrong: number; steps: number }>(
      `SELECT count(*) AS steps, count(*) FILTER (WHERE s.at <> CASE s.action WHEN 'breached' THEN c.breached_at ELSE c.warned_at END
           OR c.due_at <> c.breached_at OR e.created_at <> s.at) AS wrong
       FROM sla_clock_step s JOIN sla_clock c USING (appeal_id, kind, cycle)
       JOIN entry e ON e.appeal_id = s.appeal_id AND e.event_type = 'sla_' || s.action AND e.facts->>'kind' = s.kind
       WHERE s.appeal_id = ANY($1::uuid[]) AND s.action IN ('warned', 'breached')`,
      [ids],
    );
    expect(steps).toEqual([{ steps: 120, wrong: 0 }]);
    expect(await pollFor(1_300)).toBe(0);
    expect(await happened(ids)).toEqual(expected);
    // Numbers stay dense, and the dealer notices none of it but the broken promise.
    const threads = await past.database.db.query<{ dense: boolean; public: number }>(
      `SELECT max(seq) = count(*) AS dense, max(public_seq) AS public FROM entry WHERE appeal_id = ANY($1::uuid[]) GROUP BY appeal_id`,
      [ids],
    );
    expect(threads.every((thread) => thread.dense && thread.public === 2)).toBe(true);
  });

  it('become one event each when many ticks race for the same appeal', async () => {
    const [id = ''] = await opened(1);
    const moments = (['warn', 'due'] as const).map((moment) => ({
      kind: 'first_response' as const,
      cycle: 1,
      moment,
    }));
    const told = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        nodes[index % 2]!.app.services.appeals.tick(id, moments),
      ),
    );
    expect(told.flat()).toEqual(['first_response']);
    expect(await happened([id])).toEqual([
      { type: 'sla_breached', kind: 'first_response', count: 1 },
      { type: 'sla_warned', kind: 'first_response', count: 1 },
    ]);
  });

  it('of the near future come in time and never early', async () => {
    const [id = ''] = await opened(1);
    const { db } = past.database;
    await db.query(`DELETE FROM sla_clock_step WHERE appeal_id = $1 AND kind = 'resolution'`, [id]);
    await db.query(`DELETE FROM sla_clock WHERE appeal_id = $1 AND kind = 'resolution'`, [id]);
    const [clock] = await db.query<{ warn: Date; due: Date }>(
      `UPDATE sla_clock SET warn_at = date_trunc('milliseconds', clock_timestamp()) + interval '700 ms', due_at = date_trunc('milliseconds', clock_timestamp()) + interval '2200 ms'
       WHERE appeal_id = $1 RETURNING warn_at AS warn, due_at AS due`,
      [id],
    );
    const seen: { at: number; types: string[] }[] = [];
    await pollFor(0, async () => {
      const until = Number(clock?.due) + 1_600;
      while (Date.now() < until) {
        const types = (await happened([id])).map(({ type }) => type);
        seen.push({ at: Date.now(), types });
        await aWhile(40);
      }
    });
    const firstWith = (type: string) => seen.find(({ types }) => types.includes(type))?.at ?? 0;
    expect(firstWith('sla_warned')).toBeGreaterThanOrEqual(Number(clock?.warn));
    expect(firstWith('sla_warned')).toBeLessThan(Number(clock?.warn) + 1_500);
    expect(firstWith('sla_breached')).toBeGreaterThanOrEqual(Number(clock?.due));
    expect(firstWith('sla_breached')).toBeLessThan(Number(clock?.due) + 1_500);
  });
});

describe('an answer', () => {
  const due = new Date(OPENED.getTime() + 120 * MINUTE);
  const states = (id: string) =>
    past.database.db.query<{ state: string; ended: Date | null; breached: Date | null }>(
      `SELECT state, ended_at AS ended, breached_at AS breached FROM sla_clock WHERE appeal_id = $1 AND kind = 'first_response'`,
      [id],
    );

  it('at exactly the due moment is in time, even when a poll comes at that moment too', async () => {
    const [id = ''] = await opened(1);
    now = due;
    const tick = { kind: 'first_response' as const, cycle: 1, moment: 'due' as const };
    expect(await past.app.services.appeals.tick(id, [tick])).toEqual([]);
    await aMessage(manager, id);
    expect(await states(id)).toEqual([{ state: 'met', ended: due, breached: null }]);
    now = new Date(due.getTime() + 1_000);
    expect(await past.app.services.appeals.tick(id, [tick])).toEqual([]);
    expect((await happened([id])).map(({ type }) => type)).toEqual(['sla_warned']);
  });

  it('a millisecond later is a breach, written once and under the message, whoever comes first', async () => {
    const [id = ''] = await opened(1);
    now = new Date(due.getTime() + 1);
    const tick = { kind: 'first_response' as const, cycle: 1, moment: 'due' as const };
    await Promise.all([
      aMessage(manager, id),
      past.app.services.appeals.tick(id, [tick]),
      past.app.services.appeals.tick(id, [tick]),
    ]);
    expect(await states(id)).toEqual([{ state: 'breached', ended: now, breached: due }]);
    const { entries } = await manager.call(appealsApi.entries, { appealId: id, limit: 100 });
    const order = entries.map((entry) => entry.event?.type ?? entry.kind);
    expect(order.filter((one) => one === 'sla_breached')).toHaveLength(1);
    expect(order.indexOf('sla_breached')).toBeLessThan(order.lastIndexOf('message'));
    await past.app.services.appeals.tick(id, [tick]);
    expect(await happened([id])).toContainEqual({
      type: 'sla_breached',
      kind: 'first_response',
      count: 1,
    });
  });

  it('is not waited for while the appeal waits for the dealer', async () => {
    const [id = ''] = await opened(1);
    now = new Date(OPENED.getTime() + 30 * MINUTE);
    await manager.call(appealsApi.changeStatus, { appealId: id, status: 'waiting' });
    await pollFor(1_300);
    expect(await happened([id])).toEqual([]);
  });
});
