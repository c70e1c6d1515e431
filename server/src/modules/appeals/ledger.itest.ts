import { randomUUID } from 'node:crypto';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { DealerLedger, RaiseDispute, SettleDispute, StaffLedger } from '@otklik/shared/ledger';
import { ledgerApi } from '@otklik/shared/ledger.api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aCompany, aMessage, anAppeal } from './appeal.factory';

/** Monday, 2 March 2026, 11:00 in Moscow: the first answer is promised within two working hours. */
const OPENED = Date.parse('2026-03-02T08:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let minutes = 0;
const later = (by: number) => (minutes += by);
const iso = (minute: number) => new Date(OPENED + minute * MINUTE).toISOString();

let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let secondDealer: TestSession;
let outsider: TestSession;
let manager: TestSession;
let supervisor: TestSession;

beforeAll(async () => {
  server = await testApp({ now: () => new Date(OPENED + minutes * MINUTE) });
  company = await aCompany(server.database.db);
  dealer = await server.signIn(company.visitor);
  secondDealer = await server.signIn(company.secondVisitor);
  outsider = await server.signIn(company.outsider);
  manager = await server.signIn(company.manager);
  supervisor = await server.signIn(company.supervisor);
});
afterAll(() => server.close());
beforeEach(() => {
  minutes = 0;
});

async function dealerLedger(appealId: string, as = dealer): Promise<DealerLedger> {
  const ledger = await as.call(ledgerApi.ledger, { appealId });
  if (ledger.audience !== 'dealer') throw new Error('a dealer reads his own part');
  return ledger;
}
async function staffLedger(appealId: string, as = manager): Promise<StaffLedger> {
  const ledger = await as.call(ledgerApi.ledger, { appealId });
  if (ledger.audience !== 'staff') throw new Error('staff read theirs');
  return ledger;
}
const raise = (session: TestSession, appealId: string, given: Partial<RaiseDispute> = {}) =>
  session.call(ledgerApi.dispute, {
    appealId,
    clientId: randomUUID(),
    kind: 'first_response',
    cycle: 1,
    claim: 'had_answered',
    ...given,
  });
const settle = (
  appealId: string,
  disputeId: string,
  given: Partial<SettleDispute> = {},
  as = supervisor,
) =>
  as.call(ledgerApi.settle, {
    appealId,
    disputeId,
    clientId: randomUUID(),
    outcome: 'accepted',
    reason: 'Верно, ответ пришёл по почте',
    ...given,
  });
/** An appeal that waits for the dealer, though nobody has answered him: both clocks stand still. */
async function waiting(): Promise<string> {
  const { appeal } = await anAppeal(dealer, company.topic);
  later(30);
  await manager.call(appealsApi.changeStatus, { appealId: appeal.id, status: 'waiting' });
  return appeal.id;
}
const disputeOf = (ledger: DealerLedger | StaffLedger, at = 0) => {
  const found = ledger.disputes[at];
  if (!found) throw new Error('there is a dispute');
  return found;
};

describe('the ledger of an appeal', () => {
  it('tells both sides which message began it, what counted on which day and where the deadline comes from', async () => {
    const { appeal, entry } = await anAppeal(dealer, company.topic);
    later(60);
    await manager.call(appealsApi.changeStatus, { appealId: appeal.id, status: 'waiting' });
    later(24 * 60);
    await aMessage(dealer, appeal.id, { body: 'Вот фото' });
    const seen = await dealerLedger(appeal.id);
    const first = seen.clocks.find(({ kind }) => kind === 'first_response');
    expect(first).toMatchObject({
      state: 'running',
      because: { entryId: entry.id, text: 'Приехало 4 коробки из другой партии' },
      countedMs: HOUR,
      zone: 'Europe/Moscow',
      dueAt: iso(26 * 60),
    });
    expect(first?.stretches).toMatchObject([
      {
        is: 'counted',
        from: iso(0),
        to: iso(60),
        countedMs: HOUR,
        days: [{ date: '2026-03-02', countedMs: HOUR }],
      },
      { is: 'paused', from: iso(60), to: iso(25 * 60), countedMs: 0 },
      { is: 'running', to: iso(26 * 60), days: [{ date: '2026-03-03', countedMs: HOUR }] },
    ]);
    const resolution = seen.clocks.find(({ kind }) => kind === 'resolution');
    const running = resolution?.stretches.at(-1);
    expect(running?.skipped[0]).toEqual({
      from: '2026-03-03T15:00:00.000Z',
      to: '2026-03-04T06:00:00.000Z',
      why: 'night',
    });
    const staff = await staffLedger(appeal.id);
    expect(staff.clocks.map(({ stretches }) => stretches)).toEqual(
      seen.clocks.map(({ stretches }) => stretches),
    );
  });

  it('holds nothing of the staff in what a dealer gets', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    later(100);
    await manager.call(appealsApi.changeFields, { appealId: appeal.id, priority: 'high' });
    later(300);
    await aMessage(manager, appeal.id);
    await raise(manager, appeal.id, { comment: 'Секрет: отвечал по телефону' });
    const text = JSON.stringify(await dealerLedger(appeal.id));
    expect(Object.keys((await dealerLedger(appeal.id)).clocks[0] ?? {}).sort()).toEqual(
      [
        'because came canDispute carried countedMs cycle dueAt endedAt kind',
        'recounted startedAt state stretches targetMs zone',
      ]
        .join(' ')
        .split(' '),
    );
    for (const secret of ['Секрет', 'warned', 'retargeted', 'policy', 'steps', 'priority'])
      expect(text).not.toContain(secret);
    expect((await dealerLedger(appeal.id)).disputes).toEqual([]);
    const answer = await dealer.raw('GET', `/appeals/${appeal.id}/clocks`);
    expect(answer.status).toBe(403);
  });

  it('of a strange appeal is like one that does not exist', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const strange = await refusal(outsider.call(ledgerApi.ledger, { appealId: appeal.id }));
    const none = await refusal(outsider.call(ledgerApi.ledger, { appealId: randomUUID() }));
    expect([strange.status, strange.problem.facts]).toEqual([404, { what: 'appeal' }]);
    expect([none.status, none.problem.facts]).toEqual([404, { what: 'appeal' }]);
  });

  it('reads a ledger of hours that have changed since, and says so', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    later(60);
    await manager.call(appealsApi.changeStatus, { appealId: appeal.id, status: 'waiting' });
    await server.database.db.query(
      `UPDATE sla_clock_step SET counted_ms = counted_ms - 60000 WHERE appeal_id = $1 AND action = 'paused'`,
      [appeal.id],
    );
    const [first] = (await dealerLedger(appeal.id)).clocks;
    expect(first?.stretches[0]).toMatchObject({ countedMs: HOUR - MINUTE, days: null });
  });
});

describe('a dispute', () => {
  it('of the dealer stands in the thread of both; had he answered, the wait counts after all', async () => {
    const appealId = await waiting();
    later(20);
    const raised = await raise(dealer, appealId, { comment: 'Я ответил письмом' });
    const { id } = disputeOf(raised);
    later(10);
    await settle(appealId, id);
    const { clocks } = await staffLedger(appealId);
    const first = clocks.find(({ kind }) => kind === 'first_response');
    // Half an hour before the wait and half an hour of it.
    expect(first).toMatchObject({ state: 'running', countedMs: HOUR, dueAt: iso(120) });
    expect(first?.steps.at(-1)).toMatchObject({
      action: 'resumed',
      reason: 'wait_disproved',
      countedMs: HOUR / 2,
    });
    const sum = first?.steps.reduce((ms, step) => ms + step.countedMs, 0);
    expect((sum ?? 0) + (first?.steps.at(-1)?.remainingMs ?? 0)).toBe(first?.targetMs);
    const seen = await dealer.call(appealsApi.card, { appealId });
    expect(seen.appeal).toMatchObject({ status: 'in_work', answerOwedBy: 'staff' });
    const { entries } = await dealer.call(appealsApi.entries, { appealId });
    const events = entries.flatMap(({ event, author }) =>
      event && /disput/.test(event.type) ? [{ ...event, by: author?.name }] : [],
    );
    expect(events).toMatchObject([
      { type: 'clock_disputed', facts: { claim: 'had_answered', comment: 'Я ответил письмом' } },
      {
        type: 'dispute_settled',
        facts: { outcome: 'accepted', reason: 'Верно, ответ пришёл по почте' },
        by: undefined,
      },
    ]);
    expect(disputeOf(await dealerLedger(appealId))).toMatchObject({ outcome: 'accepted' });
    expect(JSON.stringify(await dealerLedger(appealId))).not.toContain(company.supervisor.name);
  });

  it('“I do not owe anything”: the clock goes on from now', async () => {
    const appealId = await waiting();
    later(20);
    const raised = await raise(dealer, appealId, { claim: 'owes_nothing' });
    await settle(appealId, disputeOf(raised).id);
    const [first] = (await dealerLedger(appealId)).clocks;
    expect(first).toMatchObject({ state: 'running', countedMs: HOUR / 2, dueAt: iso(140) });
  });

  it('rejected changes nothing, and may be raised anew', async () => {
    const appealId = await waiting();
    const raised = await raise(dealer, appealId);
    await settle(appealId, disputeOf(raised).id, { outcome: 'rejected', reason: 'Письма нет' });
    const after = await dealerLedger(appealId);
    expect(after.clocks[0]).toMatchObject({ state: 'paused', canDispute: true });
    expect(disputeOf(after)).toMatchObject({ outcome: 'rejected', reason: 'Письма нет' });
    expect((await raise(dealer, appealId)).disputes).toHaveLength(2);
  });

  it('of the staff about an open answer: accepted, it was given elsewhere', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    later(30);
    const raised = await raise(manager, appeal.id, { comment: 'Ответил по телефону' });
    await settle(appeal.id, disputeOf(raised).id);
    const [first] = (await staffLedger(appeal.id)).clocks;
    expect(first).toMatchObject({ state: 'met', countedMs: HOUR / 2 });
    expect(first?.steps.at(-1)).toMatchObject({ action: 'met', reason: 'answer_credited' });
  });

  it('of the staff is not felt by the dealer, not even by his own', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const look = async () => ({
      ledger: await dealerLedger(appeal.id),
      thread: await dealer.call(appealsApi.entries, { appealId: appeal.id }),
      card: await dealer.call(appealsApi.card, { appealId: appeal.id }),
    });
    const before = await look();
    await raise(manager, appeal.id, { comment: 'Секрет' });
    expect(await look()).toEqual(before);
    const raised = await raise(dealer, appeal.id);
    expect(raised.disputes).toHaveLength(1);
    const hidden = disputeOf(await staffLedger(appeal.id)).id;
    const refused = await refusal(settle(appeal.id, hidden, {}, dealer));
    const unknown = await refusal(settle(appeal.id, randomUUID(), {}, dealer));
    expect([refused.status, unknown.status]).toEqual([403, 403]);
  });

  it('is raised once, however often it is sent; only one of a side is open', async () => {
    const appealId = await waiting();
    const clientId = randomUUID();
    const same = await Promise.all([1, 2, 3].map(() => raise(dealer, appealId, { clientId })));
    expect(same.map(({ disputes }) => disputes.length)).toEqual([1, 1, 1]);
    const other = await refusal(raise(dealer, appealId, { clientId, claim: 'owes_nothing' }));
    expect(other.problem.code).toBe('same_id_other_content');
    const second = await refusal(raise(secondDealer, appealId));
    expect([second.status, second.problem.facts]).toEqual([409, { what: 'dispute' }]);
    await expect(
      server.database.db.query(
        `INSERT INTO clock_dispute (id, appeal_id, kind, cycle, side, claim, raised_by, raised_by_name, raised_at)
         SELECT gen_random_uuid(), appeal_id, kind, cycle, side, claim, raised_by, raised_by_name, raised_at FROM clock_dispute WHERE appeal_id = $1`,
        [appealId],
      ),
    ).rejects.toThrow('clock_dispute_one_open');
  });

  it('is settled once when two settle at once, and the same press again is answered', async () => {
    const appealId = await waiting();
    const { id } = disputeOf(await raise(dealer, appealId));
    const clientId = randomUUID();
    const outcomes = await Promise.allSettled([
      settle(appealId, id, { clientId }),
      settle(appealId, id, { outcome: 'rejected', reason: 'Нет' }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const rows = await server.database.db.query(
      `SELECT 1 FROM entry WHERE appeal_id = $1 AND event_type = 'dispute_settled'`,
      [appealId],
    );
    expect(rows).toHaveLength(1);
    if (outcomes[0]?.status === 'fulfilled') {
      const again = await settle(appealId, id, { clientId });
      expect(disputeOf(again).outcome).toBe('accepted');
    }
  });

  it('is settled by supervisors only, of a clock that exists only', async () => {
    const appealId = await waiting();
    const { id } = disputeOf(await raise(dealer, appealId));
    expect((await refusal(settle(appealId, id, {}, manager))).status).toBe(403);
    expect((await refusal(settle(appealId, id, {}, outsider))).status).toBe(404);
    expect((await refusal(settle(appealId, randomUUID()))).problem.facts).toEqual({
      what: 'dispute',
    });
    expect((await refusal(raise(outsider, appealId))).status).toBe(404);
    const none = await refusal(raise(dealer, appealId, { kind: 'next_response', cycle: 9 }));
    expect([none.status, none.problem.facts]).toEqual([404, { what: 'clock' }]);
    const empty = await refusal(settle(appealId, id, { reason: '  ' }));
    expect(empty.problem.facts).toMatchObject({ fields: [{ path: 'reason' }] });
  });

  it('stands in the list of supervisors until it is settled, the longest open first', async () => {
    const appealId = await waiting();
    const { id } = disputeOf(await raise(dealer, appealId));
    const listed = await supervisor.call(ledgerApi.openDisputes, {});
    expect(listed.items.find((one) => one.id === id)).toMatchObject({
      appealId,
      dealerName: company.dealer.name,
      side: 'dealer',
    });
    const times = listed.items.map(({ raisedAt }) => raisedAt);
    expect(times).toEqual([...times].sort());
    expect(listed.count).toBe(listed.items.length);
    await settle(appealId, id);
    const after = await supervisor.call(ledgerApi.openDisputes, {});
    expect(after.items.some((one) => one.id === id)).toBe(false);
    expect((await refusal(manager.call(ledgerApi.openDisputes, {}))).status).toBe(403);
    expect((await refusal(dealer.call(ledgerApi.openDisputes, {}))).status).toBe(403);
  });
});

describe('clocks and the status', () => {
  const state = async (appealId: string) => {
    const { clocks } = await staffLedger(appealId);
    return clocks.map(({ kind, cycle, state: is }) => `${kind}#${cycle} ${is}`).sort();
  };

  it('straight from solved to waiting a new resolution begins, and waits', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    await aMessage(manager, appeal.id, { thenStatus: 'resolved' });
    later(10);
    await manager.call(appealsApi.changeStatus, { appealId: appeal.id, status: 'waiting' });
    expect(await state(appeal.id)).toEqual([
      'first_response#1 met',
      'resolution#1 met',
      'resolution#2 paused',
    ]);
  });

  it('an answer that was owed before the wait is owed again after it, and can be said not to be needed', async () => {
    const appealId = await waiting();
    const back = await manager.call(appealsApi.changeStatus, { appealId, status: 'in_work' });
    expect(back.answerOwedBy).toBe('staff');
    await manager.call(appealsApi.noAnswerNeeded, { appealId });
    expect(await state(appealId)).toEqual(['first_response#1 cancelled', 'resolution#1 running']);
  });

  it('closing settles every clock in the one transaction; a message after it begins the next cycle', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    later(10);
    await manager.call(appealsApi.changeStatus, { appealId: appeal.id, status: 'closed' });
    expect(await state(appeal.id)).toEqual(['first_response#1 cancelled', 'resolution#1 met']);
    later(10);
    await aMessage(dealer, appeal.id);
    expect(await state(appeal.id)).toEqual([
      'first_response#1 cancelled',
      'next_response#1 running',
      'resolution#1 met',
      'resolution#2 running',
    ]);
  });
});
