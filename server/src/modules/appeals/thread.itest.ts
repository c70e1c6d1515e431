import { randomUUID } from 'node:crypto';
import type { Status } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { ledgerApi } from '@otklik/shared/ledger.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aCompany, aMessage, anAppeal } from './appeal.factory';

let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;

beforeAll(async () => {
  server = await testApp();
  company = await aCompany(server.database.db);
  dealer = await server.signIn(company.visitor);
  manager = await server.signIn(company.manager);
});
afterAll(() => server.close());

const staffThread = (appealId: string) =>
  manager.call(appealsApi.entries, { appealId, limit: 100 });
const dealerThread = (appealId: string) =>
  dealer.call(appealsApi.entries, { appealId, limit: 100 });

describe('a message', () => {
  it('sent twice with the same id is stored once and answered alike', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const clientId = randomUUID();
    const first = await aMessage(dealer, appeal.id, { clientId, body: 'Одно нажатие' });
    const again = await aMessage(dealer, appeal.id, { clientId, body: 'Одно нажатие' });
    expect(again.entry).toEqual(first.entry);
    const { entries } = await dealerThread(appeal.id);
    expect(entries.filter((entry) => entry.body === 'Одно нажатие')).toHaveLength(1);
  });

  it('sent twenty times at once with the same id is stored once', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const clientId = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => aMessage(dealer, appeal.id, { clientId })),
    );
    expect(new Set(answers.map((answer) => answer.entry.id)).size).toBe(1);
  });

  it('with the id of another message is refused', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const clientId = randomUUID();
    await aMessage(dealer, appeal.id, { clientId, body: 'Первое' });
    const no = await refusal(aMessage(dealer, appeal.id, { clientId, body: 'Другое' }));
    expect(no.problem.code).toBe('same_id_other_content');
    expect(no.status).toBe(409);
  });

  it('gets dense numbers when many people write at once', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const writers = [
      dealer,
      manager,
      await server.signIn(company.secondVisitor),
      await server.signIn(company.colleague),
    ];
    await Promise.all(
      Array.from({ length: 120 }, (_, index) => {
        const writer = writers[index % writers.length] ?? dealer;
        return aMessage(writer, appeal.id, {
          body: `Сообщение ${index}`,
          kind: writer === manager && index % 3 === 0 ? 'note' : 'message',
        });
      }),
    );
    const rows = await server.database.db.query<{ seq: number; public_seq: number | null }>(
      `SELECT seq, public_seq FROM entry WHERE appeal_id = $1 ORDER BY seq`,
      [appeal.id],
    );
    expect(rows.map((row) => row.seq)).toEqual(rows.map((_, index) => index + 1));
    const publicNumbers = rows.flatMap((row) => (row.public_seq === null ? [] : [row.public_seq]));
    expect(publicNumbers).toEqual(publicNumbers.map((_, index) => index + 1));
    const [counted] = await server.database.db.query<{
      messages: number;
      public_messages: number;
      real: number;
      real_public: number;
    }>(
      `SELECT a.messages, a.public_messages, (SELECT count(*)::int FROM entry e WHERE e.appeal_id = a.id AND e.kind <> 'event') AS real,
         (SELECT count(*)::int FROM entry e WHERE e.appeal_id = a.id AND e.kind = 'message') AS real_public FROM appeal a WHERE a.id = $1`,
      [appeal.id],
    );
    expect([counted?.messages, counted?.public_messages]).toEqual([
      counted?.real,
      counted?.real_public,
    ]);
  });

  it('from an ended session is refused though its socket is still open', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const doomed = await server.signIn(company.secondVisitor);
    const line = await doomed.socket();
    // It works, and the check that follows the handshake is over.
    expect(await line.ask('appeal:read', { appealId: appeal.id, seq: 1 })).toMatchObject({
      ok: true,
    });
    await server.database.db.query(
      `UPDATE session SET ended_at = now(), ended_reason = 'access_closed' WHERE id = $1`,
      [doomed.sessionId],
    );
    const ack = await line.ask('entry:post', {
      appealId: appeal.id,
      clientId: randomUUID(),
      body: 'Ещё одно',
    });
    expect(ack).toMatchObject({ ok: false, problem: { code: 'session_ended' } });
  });

  it('of a stranger answers exactly as for an appeal that does not exist', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const outsider = await server.signIn(company.outsider);
    const foreign = await refusal(aMessage(outsider, appeal.id));
    const absent = await refusal(aMessage(outsider, randomUUID()));
    expect({ ...foreign.problem, requestId: '' }).toEqual({ ...absent.problem, requestId: '' });
    expect(foreign.status).toBe(404);
  });

  it.each([
    ['no words and no files', { body: '   ' }, 'invalid_input', 'body'],
    ['a NUL byte', { body: 'a\0b' }, 'invalid_input', 'body'],
    ['half a surrogate pair', { body: 'a\ud800b' }, 'invalid_input', 'body'],
    ['too long', { body: 'я'.repeat(10_001) }, 'invalid_input', 'body'],
    ['an unknown field', { body: 'a', seq: 7 }, 'invalid_input', 'seq'],
    ['a wrong type', { body: 7 }, 'invalid_input', 'body'],
    ['an id that is none', { body: 'a', clientId: 'x' }, 'invalid_input', 'clientId'],
    [
      'mentions in a public message',
      { body: 'a', mentions: [randomUUID()] },
      'invalid_input',
      'mentions',
    ],
  ])('with %s is refused, naming the field', async (_name, wrong, code, path) => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const answer = await dealer.raw('POST', `/appeals/${appeal.id}/entries`, {
      body: JSON.stringify({ clientId: randomUUID(), ...wrong }),
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    const problem = await answer.json();
    expect(problem).toMatchObject({ code, facts: { fields: [{ path }] } });
    const line = await dealer.socket();
    expect(
      await line.ask('entry:post', { appealId: appeal.id, clientId: randomUUID(), ...wrong }),
    ).toMatchObject({ ok: false, problem: { code } });
    expect((await dealerThread(appeal.id)).entries).toHaveLength(2);
  });
});

describe('who owes the answer', () => {
  it('goes to the side that did not speak last, assigns the first who replies, and moves the status', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    expect(appeal).toMatchObject({ status: 'new', answerOwedBy: 'staff', assignee: null });
    const replied = await aMessage(manager, appeal.id);
    expect(replied.appeal).toMatchObject({
      status: 'in_work',
      answerOwedBy: 'dealer',
      assignee: { id: company.manager.id },
    });
    const waiting = await aMessage(manager, appeal.id, {
      body: 'Пришлите фото',
      thenStatus: 'waiting',
    });
    expect(waiting.appeal).toMatchObject({
      status: 'waiting',
      answerOwedBy: 'dealer',
      clock: { state: 'paused', kind: 'resolution' },
    });
    const back = await aMessage(dealer, appeal.id, { body: 'Вот' });
    expect(back.appeal).toMatchObject({
      status: 'in_work',
      answerOwedBy: 'staff',
      promise: { kind: 'next_response', state: 'running' },
    });
  });

  it('ends without a fake reply when the side that owes it says so, and that is recorded', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    await aMessage(manager, appeal.id);
    await aMessage(dealer, appeal.id, { body: 'Спасибо' });
    const settled = await manager.call(appealsApi.noAnswerNeeded, { appealId: appeal.id });
    expect(settled).toMatchObject({ answerOwedBy: null });
    const { entries } = await staffThread(appeal.id);
    expect(entries.at(-1)).toMatchObject({ kind: 'event', event: { type: 'no_answer_needed' } });
    const clocks = await manager.call(appealsApi.clocks, { appealId: appeal.id });
    expect(clocks.clocks.find((clock) => clock.kind === 'next_response')).toMatchObject({
      state: 'cancelled',
    });
  });

  it('closing settles every clock at once, and a message of the dealer reopens', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    await manager.call(appealsApi.changeStatus, {
      appealId: appeal.id,
      status: 'closed',
      solved: true,
    });
    const closed = await manager.call(appealsApi.clocks, { appealId: appeal.id });
    expect(closed.clocks.every((clock) => clock.endedAt !== null)).toBe(true);
    const reopened = await aMessage(dealer, appeal.id, { body: 'Снова течёт' });
    expect(reopened.appeal).toMatchObject({ status: 'new', answerOwedBy: 'staff' });
    const { entries } = await dealerThread(appeal.id);
    expect(entries.slice(-2).map((entry) => entry.event?.type ?? entry.kind)).toEqual([
      'reopened',
      'message',
    ]);
  });

  it('a dealer may say that his problem is solved and nothing else', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const no = await refusal(
      dealer.call(appealsApi.changeStatus, { appealId: appeal.id, status: 'waiting' }),
    );
    expect(no.problem.code).toBe('forbidden');
    const done = await dealer.call(appealsApi.changeStatus, {
      appealId: appeal.id,
      status: 'resolved',
    });
    expect(done).toMatchObject({ status: 'resolved', answerOwedBy: null });
  });
});

describe('in approval and in execution', () => {
  it('deadlines run on as in work, and the dealer is told of work alone, and of nothing when it stays work', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    await aMessage(manager, appeal.id);
    const set = (status: Status) =>
      manager.call(appealsApi.changeStatus, { appealId: appeal.id, status });
    const clocks = () => manager.call(appealsApi.clocks, { appealId: appeal.id });
    const look = async () => ({
      card: await dealer.call(appealsApi.card, { appealId: appeal.id }),
      thread: await dealerThread(appeal.id),
    });
    const before = [await look(), await clocks()];
    await set('approval');
    await set('execution');
    expect([await look(), await clocks()]).toEqual(before);
    expect(await manager.call(appealsApi.card, { appealId: appeal.id })).toMatchObject({
      appeal: { status: 'execution', last: { kind: 'message' } },
    });
    await set('waiting');
    await set('approval');
    await aMessage(dealer, appeal.id);
    expect(await manager.call(appealsApi.card, { appealId: appeal.id })).toMatchObject({
      appeal: { status: 'approval', clock: { state: 'running' } },
    });
    const { card, thread } = await look();
    expect(card.appeal.status).toBe('in_work');
    expect(
      thread.entries
        .filter(({ event }) => event?.type === 'status')
        .map(({ event }) => event?.facts)
        .slice(-2),
    ).toEqual([
      { from: 'in_work', to: 'waiting' },
      { from: 'waiting', to: 'in_work' },
    ]);
    expect(JSON.stringify([card, thread])).not.toMatch(/approval|execution/);
    const open = await manager.call(appealsApi.list, { view: 'mine', limit: 100 });
    expect(open.items.map(({ id }) => id)).toContain(appeal.id);
  });
});

describe('a private note', () => {
  it('changes nothing that the dealer can read, count or compare', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    await aMessage(manager, appeal.id);
    const look = async () => ({
      card: await dealer.call(appealsApi.card, { appealId: appeal.id }),
      thread: await dealerThread(appeal.id),
      list: await dealer.call(appealsApi.list, { view: 'open' }),
      counts: await dealer.call(appealsApi.counts, {}),
      ledger: await dealer.call(ledgerApi.ledger, { appealId: appeal.id }),
    });
    const line = await dealer.socket();
    const { cursor } = await dealer.call(appealsApi.sync, {});
    const before = await look();
    const { entry } = await aMessage(manager, appeal.id, {
      kind: 'note',
      body: 'Секрет: цена завода',
      mentions: [company.colleague.id],
    });
    await manager.call(appealsApi.pullIn, {
      appealId: appeal.id,
      clientId: randomUUID(),
      personIds: [company.stranger.id],
      question: 'Секретный вопрос',
    });
    expect(await look()).toEqual(before);
    const synced = await dealer.call(appealsApi.sync, { cursor });
    expect(synced.items).toEqual(
      synced.items.map((item) => before.list.items.find((known) => known.id === item.id)),
    );
    // News that comes after the note proves that news of the note would have been here already.
    await aMessage(manager, appeal.id, { body: 'Публично' });
    await line.next('appeal:news', (news) => news.entries.some((one) => one.body === 'Публично'));
    expect(JSON.stringify(line.heard)).not.toContain('екрет');
    expect(JSON.stringify(line.heard)).not.toContain(entry.id);
  });

  it('is refused to a dealer and never leaves the thread for him', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const no = await refusal(aMessage(dealer, appeal.id, { kind: 'note' }));
    expect(no.problem.code).toBe('forbidden');
  });

  it('pulls in a mentioned colleague of another team, who then sees the whole thread', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const stranger = await server.signIn(company.stranger);
    expect((await refusal(stranger.call(appealsApi.card, { appealId: appeal.id }))).status).toBe(
      404,
    );
    await aMessage(manager, appeal.id, {
      kind: 'note',
      body: 'Проверь накладную',
      mentions: [company.stranger.id],
    });
    const card = await stranger.call(appealsApi.card, { appealId: appeal.id });
    expect(card.participants.map((person) => person.id)).toContain(company.stranger.id);
    expect(
      (await stranger.call(appealsApi.entries, { appealId: appeal.id })).entries.length,
    ).toBeGreaterThan(2);
    expect(
      (await stranger.call(appealsApi.list, { view: 'mentions' })).items.map((item) => item.id),
    ).toContain(appeal.id);
    expect(
      (await dealer.call(appealsApi.card, { appealId: appeal.id })).participants.map(
        (person) => person.id,
      ),
    ).not.toContain(company.stranger.id);
  });
});

describe('read marks', () => {
  it('move forward only, are per person, and tell the other side that its words were seen', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const reply = await aMessage(manager, appeal.id);
    const seq = reply.entry.audience === 'staff' ? (reply.entry.publicSeq ?? 0) : 0;
    const second = await server.signIn(company.secondVisitor);
    expect(await second.call(appealsApi.markRead, { appealId: appeal.id, seq })).toMatchObject({
      seq,
      messages: 2,
    });
    expect(await second.call(appealsApi.markRead, { appealId: appeal.id, seq: 1 })).toMatchObject({
      seq,
      messages: 2,
    });
    const staff = await manager.call(appealsApi.card, { appealId: appeal.id });
    expect(staff.appeal.seenByOther).toBe(seq);
    // The first visitor has read nothing new: his mark stands at his own message.
    expect((await dealer.call(appealsApi.card, { appealId: appeal.id })).mark.seq).toBe(1);
  });

  it('move back by "unread from here" alone, for the reader alone, on all his sessions', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const reply = await aMessage(manager, appeal.id);
    await aMessage(manager, appeal.id, { kind: 'note', body: 'между нами' });
    const read = await manager.call(appealsApi.markRead, { appealId: appeal.id, seq: 99 });
    const line = await (await server.signIn(company.manager)).socket();
    const dealerRead = await dealer.call(appealsApi.markRead, { appealId: appeal.id, seq: 99 });
    const before = await dealer.call(appealsApi.card, { appealId: appeal.id });
    const { seq: replySeq } = reply.entry.audience === 'staff' ? reply.entry : { seq: 0 };

    const unread = await manager.call(appealsApi.markUnread, {
      appealId: appeal.id,
      seq: replySeq,
    });
    expect(unread).toEqual({
      appealId: appeal.id,
      seq: replySeq - 1,
      messages: 1,
      rev: read.rev + 1,
    });
    expect(await line.next('appeal:mark', ({ rev }) => rev === unread.rev)).toEqual(unread);
    const staffCard = await manager.call(appealsApi.card, { appealId: appeal.id });
    expect(staffCard.mark).toEqual(unread);
    // Nobody is told that what was seen is unseen.
    const me = staffCard.participants.find(({ id }) => id === company.manager.id);
    expect(me?.readPublicSeq).toBe(before.appeal.lastPublicSeq);
    expect(await dealer.call(appealsApi.card, { appealId: appeal.id })).toEqual(before);
    expect(before.mark).toEqual(dealerRead);
    // What is unread already stays so.
    expect(await manager.call(appealsApi.markUnread, { appealId: appeal.id, seq: 99 })).toEqual(
      unread,
    );
    const sync = await manager.call(appealsApi.sync, {});
    expect(sync.marks).toContainEqual(unread);
  });

  it('marked unread are not undone by a late retry, only by who knows of it', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    await aMessage(manager, appeal.id);
    const appealId = appeal.id;
    const read = await dealer.call(appealsApi.markRead, { appealId, seq: 99, rev: 1 });
    const unread = await dealer.call(appealsApi.markUnread, { appealId, seq: 1 });
    expect(unread).toMatchObject({ seq: 0, messages: 0 });
    expect(await dealer.call(appealsApi.markRead, { appealId, seq: 99, rev: read.rev })).toEqual(
      unread,
    );
    const again = await dealer.call(appealsApi.markRead, { appealId, seq: 1, rev: unread.rev });
    expect(again).toMatchObject({ seq: 1, rev: unread.rev + 1 });
    // Another session read on meanwhile and knows of it too: an older revision after the unread one is no reason to refuse.
    expect(
      await dealer.call(appealsApi.markRead, { appealId, seq: 99, rev: unread.rev }),
    ).toMatchObject({ rev: again.rev + 1 });
  });

  it('of an appeal one may not see are not there to be moved back', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const outsider = await server.signIn(company.outsider);
    const refused = await refusal(
      outsider.call(appealsApi.markUnread, { appealId: appeal.id, seq: 1 }),
    );
    expect(refused.problem.code).toBe('not_found');
  });

  it('cannot be set beyond the end', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    expect(
      await manager.call(appealsApi.markRead, { appealId: appeal.id, seq: 2_000_000_000 }),
    ).toMatchObject({ seq: 2, messages: 1 });
  });
});
