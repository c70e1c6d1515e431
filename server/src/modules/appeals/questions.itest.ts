import { randomUUID } from 'node:crypto';
import type { PullIn, StaffAppeal } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { ledgerApi } from '@otklik/shared/ledger.api';
import { noticesApi } from '@otklik/shared/notices.api';
import { questionsApi } from '@otklik/shared/questions.api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aManager } from '../people/people.factory';
import { aCompany, aMessage, anAppeal } from './appeal.factory';

/** Monday, 11:00 in Moscow; a colleague has an hour to answer. */
const OPENED = new Date('2026-03-02T08:00:00Z');
const MINUTE = 60_000;
let now = OPENED;
const atMinute = (minute: number) => (now = new Date(OPENED.getTime() + minute * MINUTE));

/** Two nodes on one database. */
let server: TestApp;
let other: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;
let colleague: TestSession;
/** The colleague at the other node. */
let elsewhere: TestSession;
let stranger: TestSession;
let appealId: string;

beforeAll(async () => {
  server = await testApp({ now: () => now });
  other = await testApp({ now: () => now, database: server.database });
  company = await aCompany(server.database.db);
  dealer = await server.signIn(company.visitor);
  manager = await server.signIn(company.manager);
  colleague = await server.signIn(company.colleague);
  elsewhere = await other.signIn(company.colleague);
  stranger = await server.signIn(company.stranger);
});
afterAll(async () => {
  await other.close();
  await server.close();
});
beforeEach(async () => {
  now = OPENED;
  await targets(60);
  appealId = (await anAppeal(dealer, company.topic)).appeal.id;
  await manager.call(appealsApi.assign, { appealId, assigneeId: company.manager.id });
});

async function targets(minutes: number | null): Promise<void> {
  await server.database.db.query(`UPDATE sla_policy SET question_minutes = $1`, [minutes]);
  for (const { app } of [server, other]) app.services.sla.forgetRules();
}
const ask = (session: TestSession, personIds: string[], input: Partial<PullIn> = {}) =>
  session.call(appealsApi.pullIn, {
    ...{ appealId, clientId: randomUUID(), personIds, question: 'Что на складе?' },
    ...input,
  });
async function known(session = manager): Promise<StaffAppeal> {
  const { appeal } = await session.call(appealsApi.card, { appealId });
  if (appeal.audience !== 'staff') throw new Error('staff ask');
  return appeal;
}
const questions = async () => (await known()).questions;
const events = async (type: string) =>
  (await manager.call(appealsApi.entries, { appealId, limit: 100 })).entries.filter(
    ({ event }) => event?.type === type,
  );
async function poll(): Promise<void> {
  await Promise.all([server, other, server].map(({ app }) => app.services.questions.poll()));
  await Promise.all([server, other].map(({ app }) => app.services.notices.deliver()));
}
const told = async (session: TestSession) =>
  (await session.call(noticesApi.list, { limit: 100 })).items
    .filter((notice) => 'appeal' in notice && notice.appeal.id === appealId)
    .map(({ kind }) => kind);
const withdraw = (session: TestSession, questionId: string) =>
  session.call(questionsApi.withdraw, { appealId, questionId });
const outcomes = () =>
  server.database.db.query<{ outcome: string | null; missed: boolean }>(
    `SELECT outcome, missed FROM colleague_question WHERE appeal_id = $1 ORDER BY asked_at, id`,
    [appealId],
  );

describe('a question to a colleague', () => {
  it('brings him in, is due by the policy, tells him, and stops no clock of the dealer', async () => {
    const before = await known();
    const clientId = randomUUID();
    await ask(manager, [company.stranger.id], { clientId });
    await ask(manager, [company.stranger.id], { clientId });
    const after = await known();
    expect(after.questions).toMatchObject([
      {
        by: { id: company.manager.id },
        to: { id: company.stranger.id },
        askedAt: OPENED.toISOString(),
        dueAt: atMinute(60).toISOString(),
        missed: false,
      },
    ]);
    expect([after.clock, after.resolution]).toEqual([before.clock, before.resolution]);
    expect(after.memberIds).toContain(company.stranger.id);
    const asked = await events('question_asked');
    expect(asked).toMatchObject([{ publicSeq: null, author: { id: company.manager.id } }]);
    expect(asked[0]?.event?.facts.entryId).toBe(after.questions[0]?.entryId);
    await poll();
    expect(await told(stranger)).toEqual(['question_asked']);
  });

  it('is asked of who takes part already, twice too; his first word answers both, from memory', async () => {
    await ask(manager, [company.colleague.id]);
    await ask(manager, [company.colleague.id], { question: 'И когда?' });
    expect(await questions()).toHaveLength(2);
    const decided = async () =>
      Number(
        /^otklik_send_batches_total\{from="memory"\} (\d+)/m.exec(
          await (await fetch(`${server.url}/metrics`)).text(),
        )?.[1] ?? 0,
      );
    // Others' words change nothing of it.
    await aMessage(manager, appealId);
    expect(await questions()).toHaveLength(2);
    const memory = await decided();
    await aMessage(colleague, appealId, { kind: 'note', body: 'Пусто' });
    expect(await decided()).toBe(memory + 1);
    expect(await questions()).toEqual([]);
    expect(await events('question_ended')).toMatchObject([
      {
        publicSeq: null,
        author: { id: company.colleague.id },
        event: { facts: { outcome: 'answered' } },
      },
    ]);
    await aMessage(colleague, appealId, { kind: 'note', body: 'Совсем пусто' });
    expect(await events('question_ended')).toHaveLength(1);
  });

  it('is answered once by two words at once, and each by its own of two colleagues', async () => {
    await ask(manager, [company.colleague.id, company.stranger.id]);
    await Promise.all([
      aMessage(colleague, appealId, { kind: 'note' }),
      aMessage(elsewhere, appealId),
      aMessage(stranger, appealId, { kind: 'note' }),
      aMessage(dealer, appealId),
    ]);
    expect(await questions()).toEqual([]);
    expect((await events('question_ended')).map(({ author }) => author?.id).sort()).toEqual(
      [company.colleague.id, company.stranger.id].sort(),
    );
    expect(await outcomes()).toEqual([
      { outcome: 'answered', missed: false },
      { outcome: 'answered', missed: false },
    ]);
  });

  it('ends in the transaction that closes the appeal; of closing, answer and withdrawal at once one ends it', async () => {
    await ask(manager, [company.colleague.id]);
    const [one] = await questions();
    await Promise.all([
      manager.call(appealsApi.changeStatus, { appealId, status: 'closed' }),
      aMessage(elsewhere, appealId, { kind: 'note' }),
      withdraw(manager, one?.id ?? ''),
    ]);
    expect(await questions()).toEqual([]);
    expect(await events('question_ended')).toHaveLength(1);
    await ask(manager, [company.stranger.id]);
    await manager.call(appealsApi.changeStatus, { appealId, status: 'in_work' });
    await manager.call(appealsApi.changeStatus, { appealId, status: 'resolved' });
    expect((await outcomes()).at(-1)).toEqual({ outcome: 'closed', missed: false });
    const [ended] = (await events('question_ended')).slice(-1);
    expect(ended?.at).toBe((await events('status')).at(-1)?.at);
  });

  it('is missed after its moment, once on two nodes, and both are told', async () => {
    await ask(manager, [company.colleague.id]);
    atMinute(60);
    await poll();
    expect(await events('question_missed')).toEqual([]);
    atMinute(61);
    await poll();
    await poll();
    expect(await events('question_missed')).toMatchObject([
      { publicSeq: null, author: null, event: { facts: { to: { id: company.colleague.id } } } },
    ]);
    expect(await questions()).toMatchObject([{ missed: true }]);
    expect(await told(colleague)).toEqual(['question_missed', 'question_asked']);
    expect(await told(manager)).toEqual(['question_missed']);
    await aMessage(colleague, appealId, { kind: 'note' });
    await poll();
    expect(await events('question_missed')).toHaveLength(1);
    expect(await outcomes()).toEqual([{ outcome: 'answered', missed: true }]);
  });

  it('is missed before the answer that comes too late, though nobody looked, and then nobody is told', async () => {
    await ask(manager, [company.colleague.id]);
    atMinute(90);
    await aMessage(colleague, appealId, { kind: 'note' });
    const [missed] = await events('question_missed');
    const [ended] = await events('question_ended');
    expect(missed?.audience === 'staff' && ended?.audience === 'staff').toBe(true);
    expect(Number(ended && 'seq' in ended && ended.seq)).toBeGreaterThan(
      Number(missed && 'seq' in missed && missed.seq),
    );
    await poll();
    expect(await told(manager)).toEqual([]);
  });

  it('has no deadline without a target, and follows the rules without a word', async () => {
    await targets(null);
    await ask(manager, [company.colleague.id]);
    expect(await questions()).toMatchObject([{ dueAt: null }]);
    const { lastSeq } = await known();
    const follow = async () => {
      await server.database.db.query(
        `UPDATE sla_recompute SET run = run + 1, after_id = NULL, finished_at = NULL`,
      );
      await server.app.services.retarget.all(() => false);
    };
    await targets(120);
    await follow();
    expect(await questions()).toMatchObject([{ dueAt: atMinute(120).toISOString() }]);
    expect((await known()).lastSeq).toBe(lastSeq);
    // What was missed stays so, whatever is promised later.
    atMinute(121);
    await poll();
    await targets(600);
    await follow();
    expect(await questions()).toMatchObject([{ dueAt: atMinute(120).toISOString(), missed: true }]);
  });

  it('is withdrawn by who asked or by the assignee, by nobody else, and once', async () => {
    await ask(colleague, [company.stranger.id]);
    const [one] = await questions();
    const id = one?.id ?? '';
    expect((await refusal(withdraw(stranger, id))).status).toBe(403);
    await withdraw(manager, id);
    await withdraw(colleague, id);
    expect(await events('question_ended')).toMatchObject([
      { event: { facts: { outcome: 'withdrawn' } } },
    ]);
    // Of another appeal it is not there.
    const { appeal } = await anAppeal(dealer, company.topic);
    const wrong = { appealId: appeal.id, questionId: id };
    expect((await refusal(manager.call(questionsApi.withdraw, wrong))).status).toBe(404);
    // It goes with the note that asks, and with who was asked.
    await ask(manager, [company.stranger.id], { question: 'Ошибся' });
    const [two] = await questions();
    const gone = { appealId, entryId: two?.entryId ?? '', clientId: randomUUID() };
    await manager.call(appealsApi.delete, gone);
    await ask(manager, [company.stranger.id]);
    await manager.call(appealsApi.leave, { appealId, personId: company.stranger.id });
    expect(await questions()).toEqual([]);
    expect((await outcomes()).map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 3 }, () => 'withdrawn'),
    );
    const self = await refusal(ask(manager, [company.manager.id]));
    expect([self.status, self.problem.facts]).toMatchObject([
      400,
      { fields: [{ path: 'personIds' }] },
    ]);
  });

  it('is nothing that the dealer can read, count, compare or withdraw', async () => {
    const admin = await server.signIn(await aManager(server.database.db, { role: 'admin' }));
    await aMessage(manager, appealId);
    const look = async () => ({
      card: await dealer.call(appealsApi.card, { appealId }),
      thread: await dealer.call(appealsApi.entries, { appealId, limit: 100 }),
      list: await dealer.call(appealsApi.list, { view: 'open' }),
      ledger: await dealer.call(ledgerApi.ledger, { appealId }),
      notices: await dealer.call(noticesApi.list, {}),
    });
    const line = await dealer.socket();
    const before = await look();
    await ask(manager, [company.colleague.id, company.stranger.id], { question: 'Секрет' });
    const [one, two] = await questions();
    expect(await look()).toEqual(before);
    const no = await refusal(withdraw(dealer, one?.id ?? ''));
    const none = await refusal(withdraw(dealer, randomUUID()));
    expect([no.status, no.problem.code, no.problem.facts]).toEqual([
      none.status,
      none.problem.code,
      none.problem.facts,
    ]);
    expect(no.status).toBe(404);
    atMinute(61);
    await poll();
    await withdraw(manager, one?.id ?? '');
    await aMessage(stranger, appealId, { kind: 'note', body: 'Секрет и это' });
    expect(await admin.call(appealsApi.card, { appealId })).toMatchObject({
      appeal: { questions: [] },
    });
    expect(await look()).toEqual(before);
    // News that comes later proves that news of it would have been here already.
    await aMessage(manager, appealId, { body: 'Публично' });
    await line.next('appeal:news', (news) => news.entries.some((item) => item.body === 'Публично'));
    const all = JSON.stringify([line.heard, await look()]);
    for (const secret of ['екрет', 'question_', one?.id ?? '-', two?.id ?? '-'])
      expect(all).not.toContain(secret);
  });
});
