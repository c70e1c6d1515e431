import { appealsApi } from '@otklik/shared/appeals.api';
import { companyApi } from '@otklik/shared/company.api';
import { noticesApi } from '@otklik/shared/notices.api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aManager } from '../people/people.factory';
import { aCompany, aMessage, anAppeal } from './appeal.factory';

/** Monday, 10:00 in Moscow, 17:00 in Vladivostok. */
const OPENED = new Date('2026-03-02T07:00:00Z');
let now = OPENED;
let server: TestApp;
let other: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;
let admin: TestSession;

beforeAll(async () => {
  server = await testApp({ now: () => now });
  other = await testApp({ now: () => now, database: server.database });
  const { db } = server.database;
  company = await aCompany(db);
  // No hours of his own: the company's, 9–18, in his zone.
  await db.query(`UPDATE dealer SET zone = 'Asia/Vladivostok' WHERE id = $1`, [company.dealer.id]);
  dealer = await server.signIn(company.visitor);
  manager = await server.signIn(company.manager);
  admin = await server.signIn(await aManager(db, { role: 'admin' }));
});
afterAll(async () => {
  await other.close();
  await server.close();
});
beforeEach(async () => {
  now = new Date(OPENED.getTime() - 3_600_000);
  await rules({ remindDealerMinutes: null, closeSilentMinutes: null });
  await rules({ remindDealerMinutes: 480, closeSilentMinutes: 960 });
  now = OPENED;
});

const rules = (change: {
  remindDealerMinutes?: number | null;
  closeSilentMinutes?: number | null;
}) => admin.call(companyApi.changeSettings, change);
async function waiting(): Promise<string> {
  const { appeal } = await anAppeal(dealer, company.topic);
  await aMessage(manager, appeal.id, { thenStatus: 'waiting' });
  return appeal.id;
}
async function look(at: string, appealId: string): Promise<void> {
  now = new Date(at);
  await Promise.all([server, other, server].map(({ app }) => app.services.waits.tick(appealId)));
  await server.app.services.notices.deliver();
}
const reminders = async (appealId: string, session = dealer) =>
  (await session.call(noticesApi.list, { limit: 100 })).items.filter(
    (notice) => 'appeal' in notice && notice.appeal.id === appealId,
  );
const statusOf = async (appealId: string) =>
  (await dealer.call(appealsApi.card, { appealId })).appeal.status;

describe('an appeal that waits for its dealer', () => {
  it('reminds him once and is closed, in his hours; his answer opens it again', async () => {
    const id = await waiting();
    // 15:59 and 16:00 of Tuesday there: an hour of Monday and seven of Tuesday.
    await look('2026-03-03T05:59:59Z', id);
    expect(await reminders(id)).toEqual([]);
    await look('2026-03-03T06:00:00Z', id);
    await look('2026-03-03T07:00:00Z', id);
    expect(await reminders(id)).toMatchObject([
      {
        audience: 'dealer',
        kind: 'answer_awaited',
        closesAt: '2026-03-04T05:00:00.000Z',
        at: '2026-03-03T06:00:00.000Z',
      },
    ]);
    expect(await reminders(id, manager)).toEqual([]);
    await look('2026-03-04T04:59:59Z', id);
    expect(await statusOf(id)).toBe('waiting');
    await look('2026-03-04T05:00:00Z', id);
    expect(await statusOf(id)).toBe('closed');
    const { entries } = await dealer.call(appealsApi.entries, { appealId: id, limit: 100 });
    expect(entries.filter(({ event }) => event?.facts.to === 'closed')).toMatchObject([
      { author: null, event: { type: 'status', facts: { from: 'waiting', silentMinutes: 960 } } },
    ]);
    await aMessage(dealer, id, { body: 'Простите, были на монтаже' });
    expect(await statusOf(id)).toBe('in_work');
    await look('2026-04-01T05:00:00Z', id);
    expect(await statusOf(id)).toBe('in_work');
  });

  it('is not closed in his night, though no server ran before', async () => {
    const id = await waiting();
    await look('2026-03-04T15:00:00Z', id);
    expect(await statusOf(id)).toBe('waiting');
    await look('2026-03-04T23:00:00Z', id);
    expect(await statusOf(id)).toBe('closed');
  });

  it('counts anew when the company speaks again, and ends with an answer', async () => {
    const id = await waiting();
    await look('2026-03-03T06:00:00Z', id);
    await aMessage(manager, id, { body: 'Ещё ждём' });
    await look('2026-03-04T05:00:00Z', id);
    expect(await statusOf(id)).toBe('waiting');
    await look('2026-03-04T06:00:00Z', id);
    expect(await reminders(id)).toHaveLength(2);
    await aMessage(dealer, id);
    await look('2026-03-06T06:00:00Z', id);
    expect(await statusOf(id)).toBe('in_work');
  });

  it('is left alone without the rules, and by them for what went before', async () => {
    await rules({ remindDealerMinutes: null, closeSilentMinutes: null });
    const id = await waiting();
    await look('2026-03-11T00:00:00Z', id);
    expect([await statusOf(id), await reminders(id)]).toEqual(['waiting', []]);
    await rules({ closeSilentMinutes: 60 });
    await server.app.services.waits.lookAtAll();
    await look('2026-03-11T00:59:00Z', id);
    expect(await statusOf(id)).toBe('waiting');
    await look('2026-03-11T01:00:00Z', id);
    expect(await statusOf(id)).toBe('closed');
  });

  it('is looked at by the poller when it is time, and by no scan', async () => {
    const id = await waiting();
    now = new Date('2026-03-03T06:00:00Z');
    await server.app.services.waits.poll();
    const [row] = await server.database.db.query<{ next: Date }>(
      `SELECT next_at AS next FROM dealer_wait WHERE appeal_id = $1`,
      [id],
    );
    expect(row?.next).toEqual(new Date('2026-03-04T05:00:00Z'));
  });
});
