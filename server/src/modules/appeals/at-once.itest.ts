import { randomUUID } from 'node:crypto';
import type { Status } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Refused, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { anOrder } from '../orders/order.factory';
import { aCompany, aMessage, anAppeal } from './appeal.factory';

let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;
let colleague: TestSession;

beforeAll(async () => {
  server = await testApp();
  company = await aCompany(server.database.db);
  dealer = await server.signIn(company.visitor);
  manager = await server.signIn(company.manager);
  colleague = await server.signIn(company.colleague);
});
afterAll(() => server.close());

/** The whole thread as staff see it, after checking what must hold for every thread at any time. */
async function threadOf(appealId: string) {
  const { entries } = await manager.call(appealsApi.entries, { appealId, limit: 100 });
  const staff = entries.flatMap((entry) => (entry.audience === 'staff' ? [entry] : []));
  expect(staff.map(({ seq }) => seq)).toEqual(staff.map((_, index) => index + 1));
  const open = staff.flatMap(({ publicSeq }) => publicSeq ?? []);
  expect(open).toEqual(open.map((_, index) => index + 1));
  const { appeal } = await manager.call(appealsApi.card, { appealId });
  expect(appeal).toMatchObject({ lastSeq: staff.length, lastPublicSeq: open.length });
  // One step after the other: each change begins where the one before it ended.
  let status: unknown = 'new';
  let assignee: unknown = null;
  for (const { event } of staff) {
    if (event?.type === 'status' || event?.type === 'reopened') {
      expect(event.facts.from).toBe(status);
      status = event.facts.to ?? (assignee === null ? 'new' : 'in_work');
    }
    if (event?.type === 'assigned') {
      expect(event.facts.from).toEqual(assignee);
      expect(event.facts.to).not.toEqual(event.facts.from);
      assignee = event.facts.to;
    }
  }
  expect(appeal.status).toBe(status);
  expect(appeal.assignee).toEqual(assignee);
  return { appeal, entries: staff };
}

describe('at the same moment', () => {
  it('two managers take the same appeal: one after the other, and the thread tells both', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { appeal } = await anAppeal(dealer, company.topic);
      await Promise.all(
        [company.manager, company.colleague].flatMap((person) =>
          [manager, colleague].map((session) =>
            session.call(appealsApi.assign, { appealId: appeal.id, assigneeId: person.id }),
          ),
        ),
      );
      const { entries } = await threadOf(appeal.id);
      const taken = entries.filter(({ event }) => event?.type === 'assigned').length;
      expect(taken).toBeGreaterThanOrEqual(2);
      expect(taken).toBeLessThanOrEqual(4);
    }
  });

  it('two managers answer a new appeal: it belongs to the first, and both are on it', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    await Promise.all([aMessage(manager, appeal.id), aMessage(colleague, appeal.id)]);
    const { entries, appeal: after } = await threadOf(appeal.id);
    expect(entries.filter(({ event }) => event?.type === 'assigned')).toHaveLength(1);
    const first = entries.find(
      ({ author, kind }) => kind === 'message' && author?.side === 'staff',
    );
    expect(after.assignee?.id).toBe(first?.author?.id);
    expect(after).toMatchObject({
      memberIds: expect.arrayContaining([company.manager.id, company.colleague.id]),
    });
  });

  it('everybody changes the status: the events form one chain that ends where the appeal is', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const wishes: Status[] = ['in_work', 'waiting', 'resolved', 'closed', 'in_work', 'waiting'];
    await Promise.all(
      wishes.flatMap((status) =>
        [manager, colleague].map((session) =>
          session.call(appealsApi.changeStatus, { appealId: appeal.id, status }),
        ),
      ),
    );
    await threadOf(appeal.id);
    const clocks = await server.database.db.query<{ kind: string; open: number }>(
      `SELECT kind = 'resolution' AS kind, count(*) FILTER (WHERE ended_at IS NULL) AS open FROM sla_clock WHERE appeal_id = $1 GROUP BY 1`,
      [appeal.id],
    );
    expect(clocks.every(({ open }) => open <= 1)).toBe(true);
  });

  it('several link the same order: it is linked once, and said once', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const order = await anOrder(server.database.db, company.dealer);
    await Promise.all([
      ...[dealer, manager, colleague].map((session) =>
        session.call(appealsApi.linkOrder, { appealId: appeal.id, number: order.number }),
      ),
      aMessage(dealer, appeal.id, { orderNumbers: [order.number] }),
      aMessage(manager, appeal.id, { orderNumbers: [order.number] }),
    ]);
    const { entries } = await threadOf(appeal.id);
    expect(entries.filter(({ event }) => event?.type === 'order_linked')).toHaveLength(1);
    const card = await dealer.call(appealsApi.card, { appealId: appeal.id });
    expect(card.orders.map(({ number }) => number)).toEqual([order.number]);
  });

  it('several unlink an order: one does, the others are told that it is gone', async () => {
    const order = await anOrder(server.database.db, company.dealer);
    const { appeal } = await anAppeal(dealer, company.topic, { orderNumbers: [order.number] });
    const outcomes = await Promise.allSettled(
      [dealer, manager, colleague].map((session) =>
        session.call(appealsApi.unlinkOrder, { appealId: appeal.id, number: order.number }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ status: 404, problem: { code: 'not_found' } });
    const { entries } = await threadOf(appeal.id);
    expect(entries.filter(({ event }) => event?.type === 'order_unlinked')).toHaveLength(1);
  });

  it('a dealer writes while a manager closes: closed without an open answer, or open again', async () => {
    const seen = new Set<Status>();
    for (let round = 0; round < 12; round += 1) {
      const { appeal } = await anAppeal(dealer, company.topic);
      const close = () =>
        manager.call(appealsApi.changeStatus, { appealId: appeal.id, status: 'closed' });
      const write = () => aMessage(dealer, appeal.id, { body: 'ещё одно' });
      await Promise.all(round % 2 ? [write(), close()] : [close(), write()]);
      const { appeal: after, entries } = await threadOf(appeal.id);
      seen.add(after.status);
      const message = entries.findLastIndex(({ kind }) => kind === 'message');
      const closing = entries.findIndex(({ event }) => event?.facts.to === 'closed');
      if (message > closing) {
        expect(after).toMatchObject({ status: 'new', answerOwedBy: 'staff' });
        expect(entries.some(({ event }) => event?.type === 'reopened')).toBe(true);
      } else {
        expect(after).toMatchObject({ status: 'closed', answerOwedBy: null });
      }
      const { clocks } = await manager.call(appealsApi.clocks, { appealId: appeal.id });
      const open = clocks.filter(({ endedAt }) => endedAt === null);
      expect(open).toHaveLength(after.status === 'closed' ? 0 : 2);
    }
    expect([...seen].every((status) => status === 'new' || status === 'closed')).toBe(true);
  });

  it('one id is used for two appeals: one gets the message, the other press is refused', async () => {
    const upload = async (session: TestSession) => {
      const form = new FormData();
      form.set('clientId', randomUUID());
      form.set('file', new Blob(['слова']), 'слова.txt');
      const answer = await fetch(`${server.url}/api/attachments`, {
        method: 'POST',
        headers: { cookie: session.cookie },
        body: form,
      });
      return ((await answer.json()) as { id: string }).id;
    };
    for (const withFile of [false, true]) {
      for (let round = 0; round < 4; round += 1) {
        const appeals = await Promise.all([0, 1].map(() => anAppeal(dealer, company.topic)));
        const clientId = randomUUID();
        const files = withFile ? await Promise.all(appeals.map(() => upload(dealer))) : [];
        const outcomes = await Promise.allSettled(
          appeals.map(({ appeal }, index) =>
            aMessage(dealer, appeal.id, {
              clientId,
              attachmentIds: files.slice(index, index + 1),
            }),
          ),
        );
        const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
        expect(refused).toHaveLength(1);
        expect(refused[0]).toBeInstanceOf(Refused);
        expect(refused[0]).toMatchObject({
          status: 409,
          problem: { code: 'same_id_other_content' },
        });
      }
    }
  });

  it('a colleague is pulled in, mentioned and removed: numbers stay dense, and he is there or not', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    await manager.call(appealsApi.assign, { appealId: appeal.id, assigneeId: company.manager.id });
    const who = company.stranger.id;
    await Promise.all([
      manager.call(appealsApi.pullIn, {
        appealId: appeal.id,
        clientId: randomUUID(),
        personIds: [who],
        question: 'взгляни',
      }),
      aMessage(colleague, appeal.id, { kind: 'note', body: 'и ты', mentions: [who] }),
      manager.call(appealsApi.leave, { appealId: appeal.id, personId: who }),
    ]);
    const { entries, appeal: after } = await threadOf(appeal.id);
    const moves = entries.flatMap(({ event }) =>
      event?.type === 'joined' || event?.type === 'left' ? [event.type] : [],
    );
    // In and out take turns.
    expect(moves.every((move, index) => move === (index % 2 ? 'left' : 'joined'))).toBe(true);
    const isIn = after.audience === 'staff' && after.memberIds.includes(who);
    expect(isIn).toBe(moves.length % 2 === 1);
  });
});
