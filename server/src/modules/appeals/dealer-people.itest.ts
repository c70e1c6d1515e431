import { randomUUID } from 'node:crypto';
import { appealsApi } from '@otklik/shared/appeals.api';
import { peopleApi } from '@otklik/shared/people.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aVisitor, type TestPerson } from '../people/people.factory';
import { aCompany, aMessage, anAppeal } from './appeal.factory';

let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let chiefPerson: TestPerson;
let chief: TestSession;
let visitor: TestSession;
let manager: TestSession;

beforeAll(async () => {
  server = await testApp();
  const { db } = server.database;
  company = await aCompany(db);
  chiefPerson = await aVisitor(db, company.dealer, { chief: true, name: 'Главная Анна' });
  chief = await server.signIn(chiefPerson);
  visitor = await server.signIn(company.visitor);
  manager = await server.signIn(company.manager);
});
afterAll(() => server.close());

/** A visitor who sees only what he is on. */
const aNewcomer = (name: string) =>
  aVisitor(server.database.db, company.dealer, { scope: 'own', name });
const pull = (session: TestSession, appealId: string, personIds: string[], question = '') =>
  session.call(appealsApi.pullIn, { appealId, clientId: randomUUID(), personIds, question });
const take = (session: TestSession, appealId: string, personId: string) =>
  session.call(appealsApi.leave, { appealId, personId });
const lastOf = async (session: TestSession, appealId: string) =>
  (await session.call(appealsApi.entries, { appealId, limit: 1 })).entries[0];
const peopleOf = async (session: TestSession, appealId: string) =>
  (await session.call(appealsApi.card, { appealId })).participants;

describe('a chief visitor', () => {
  it('brings a colleague in: both sides see it, and his thread appears at once', async () => {
    const { appeal } = await anAppeal(visitor, company.topic);
    await aMessage(manager, appeal.id, { body: 'Ответ' });
    const newcomer = await aNewcomer('Борис');
    const session = await server.signIn(newcomer);
    const line = await session.socket();
    const empty = await session.call(appealsApi.sync, {});
    expect(empty.items).toEqual([]);
    expect((await refusal(session.call(appealsApi.card, { appealId: appeal.id }))).status).toBe(
      404,
    );

    expect((await chief.call(appealsApi.card, { appealId: appeal.id })).can.pullIn).toBe(true);
    await pull(chief, appeal.id, [newcomer.id]);

    const news = await line.next('appeal:news', (one) => one.appeal.id === appeal.id);
    expect(news.entries).toMatchObject([
      { event: { type: 'joined', facts: { persons: [{ id: newcomer.id, name: 'Борис' }] } } },
    ]);
    const synced = await session.call(appealsApi.sync, { cursor: empty.cursor });
    expect(synced).toMatchObject({ reset: false, items: [{ id: appeal.id }] });
    const forDealer = await lastOf(session, appeal.id);
    const forStaff = await lastOf(manager, appeal.id);
    expect(forDealer).toMatchObject({
      audience: 'dealer',
      author: { name: 'Главная Анна' },
      event: { type: 'joined' },
    });
    expect(forStaff).toMatchObject({ id: forDealer?.id, author: { name: 'Главная Анна' } });
    expect(forStaff?.audience === 'staff' && forStaff.publicSeq).toBe(
      forDealer?.audience === 'dealer' ? forDealer.publicSeq : null,
    );
    await aMessage(session, appeal.id, { body: 'Я здесь' });
    expect(await lastOf(manager, appeal.id)).toMatchObject({ author: { name: 'Борис' } });

    // Once more changes nothing.
    const before = await lastOf(manager, appeal.id);
    await pull(chief, appeal.id, [newcomer.id]);
    expect(await lastOf(manager, appeal.id)).toEqual(before);
  });

  it('takes him off again: he neither sees nor hears anything more', async () => {
    const { appeal } = await anAppeal(visitor, company.topic);
    const newcomer = await aNewcomer('Вера');
    await pull(chief, appeal.id, [newcomer.id]);
    const session = await server.signIn(newcomer);
    const line = await session.socket();
    const synced = await session.call(appealsApi.sync, {});
    expect(synced.items.map(({ id }) => id)).toEqual([appeal.id]);
    const cut = new Promise((resolve) => line.socket.once('disconnect', resolve));

    expect(
      (await peopleOf(chief, appeal.id)).filter(({ canRemove }) => canRemove).map(({ id }) => id),
    ).toEqual([newcomer.id]);
    await take(chief, appeal.id, newcomer.id);
    await cut;
    const again = await session.socket();
    // What he held is to be forgotten.
    expect(await session.call(appealsApi.sync, { cursor: synced.cursor })).toMatchObject({
      reset: true,
      items: [],
    });
    const refused = [
      session.call(appealsApi.card, { appealId: appeal.id }),
      session.call(appealsApi.entries, { appealId: appeal.id }),
      aMessage(session, appeal.id),
    ].map((ask) => refusal(ask));
    for (const { problem } of await Promise.all(refused)) expect(problem.code).toBe('not_found');
    await aMessage(manager, appeal.id, { body: 'Уже без Веры' });
    // Something he does hear marks the end of the wait.
    const own = await anAppeal(session, company.topic);
    await again.next('appeal:news', (news) => news.appeal.id === own.appeal.id);
    const heard = JSON.stringify([...line.heard, ...again.heard]);
    expect(heard).not.toContain('Уже без Веры');
    expect(heard).not.toContain('"left"');
    expect(await session.call(appealsApi.counts, {})).toMatchObject({ open: 1 });

    const events = (await visitor.call(appealsApi.entries, { appealId: appeal.id })).entries;
    expect(events.flatMap(({ event }) => event?.type ?? [])).toEqual(
      expect.arrayContaining(['joined', 'left']),
    );
    // And back in: with all of the thread.
    await pull(chief, appeal.id, [newcomer.id]);
    expect((await session.call(appealsApi.entries, { appealId: appeal.id })).entries).toHaveLength(
      events.length + 1,
    );
  });

  it('brings in nobody but people of his own dealer who have access, and asks no question', async () => {
    const { appeal } = await anAppeal(visitor, company.topic);
    const closed = await aVisitor(server.database.db, company.dealer, { accessAllowed: false });
    const before = await lastOf(manager, appeal.id);
    for (const id of [company.outsider.id, company.colleague.id, closed.id, randomUUID()])
      expect(
        (await refusal(pull(chief, appeal.id, [company.ownOnly.id, id]))).problem,
      ).toMatchObject({
        code: 'not_found',
        facts: { what: 'person' },
      });
    expect(
      (await refusal(pull(chief, appeal.id, [company.ownOnly.id], 'Посмотри'))).problem,
    ).toMatchObject({ code: 'invalid_input', facts: { fields: [{ path: 'question' }] } });
    expect(await lastOf(manager, appeal.id)).toEqual(before);
  });

  it('does not touch staff, and leaves the opener where he is', async () => {
    const { appeal } = await anAppeal(visitor, company.topic);
    await pull(manager, appeal.id, [company.colleague.id]);
    const before = await lastOf(manager, appeal.id);
    await take(chief, appeal.id, company.colleague.id);
    expect(await lastOf(manager, appeal.id)).toEqual(before);
    expect((await peopleOf(manager, appeal.id)).map(({ id }) => id)).toContain(
      company.colleague.id,
    );
    expect((await refusal(take(chief, appeal.id, company.visitor.id))).problem.code).toBe(
      'forbidden',
    );
    expect((await refusal(take(visitor, appeal.id, company.visitor.id))).problem.code).toBe(
      'forbidden',
    );
  });

  it('of another dealer finds nothing here', async () => {
    const { appeal } = await anAppeal(visitor, company.topic);
    const person = await aVisitor(server.database.db, company.otherDealer, { chief: true });
    const other = await server.signIn(person);
    expect((await refusal(pull(other, appeal.id, [person.id]))).problem).toMatchObject({
      code: 'not_found',
      facts: { what: 'appeal' },
    });
  });
});

describe('other people of the dealer', () => {
  it('bring nobody in and take nobody off, but may leave', async () => {
    const { appeal } = await anAppeal(visitor, company.topic);
    const newcomer = await aNewcomer('Глеб');
    const other = await aNewcomer('Дина');
    await pull(chief, appeal.id, [newcomer.id, other.id]);
    const session = await server.signIn(newcomer);
    const card = await session.call(appealsApi.card, { appealId: appeal.id });
    expect(card.can.pullIn).toBe(false);
    expect(card.participants.filter(({ canRemove }) => canRemove).map(({ id }) => id)).toEqual([
      newcomer.id,
    ]);
    expect((await refusal(pull(session, appeal.id, [company.ownOnly.id]))).problem).toMatchObject({
      code: 'forbidden',
      facts: { right: 'pullIn' },
    });
    expect((await refusal(take(session, appeal.id, other.id))).problem).toMatchObject({
      code: 'forbidden',
      facts: { right: 'removeMember' },
    });
    await take(session, appeal.id, newcomer.id);
    expect((await peopleOf(visitor, appeal.id)).map(({ id }) => id)).not.toContain(newcomer.id);
    expect(await lastOf(visitor, appeal.id)).toMatchObject({
      event: { type: 'left', facts: { persons: [{ name: 'Глеб' }] } },
    });
  });

  it('are listed for each other, never for staff and never with those of another dealer', async () => {
    const { items } = await visitor.call(peopleApi.dealerColleagues, {});
    const ids = items.map(({ id }) => id);
    expect(ids).toEqual(
      expect.arrayContaining([company.visitor.id, company.ownOnly.id, chiefPerson.id]),
    );
    expect(ids).not.toContain(company.outsider.id);
    expect(ids).not.toContain(company.manager.id);
    expect(Object.keys(items[0] ?? {}).sort()).toEqual(['id', 'jobTitle', 'name']);
    expect((await refusal(manager.call(peopleApi.dealerColleagues, {}))).status).toBe(404);
  });

  it('hear staff come and go in no way', async () => {
    const { appeal } = await anAppeal(visitor, company.topic);
    const before = await lastOf(visitor, appeal.id);
    await pull(manager, appeal.id, [company.colleague.id]);
    await take(await server.signIn(company.supervisor), appeal.id, company.colleague.id);
    expect(await lastOf(visitor, appeal.id)).toEqual(before);
  });
});

describe('a login that several people share', () => {
  it('names in each message who wrote it', async () => {
    const { appeal } = await anAppeal(visitor, company.topic);
    const shared = await aVisitor(server.database.db, company.dealer, { shared: true });
    const sessions = [await server.signIn(shared), await server.signIn(shared)];
    const names = ['Утренняя смена', 'Вечерняя смена'];
    for (const [index, session] of sessions.entries())
      await session.call(peopleApi.nameSession, { name: names[index] ?? '' });
    for (const [index, session] of sessions.entries())
      await aMessage(session, appeal.id, { body: `Слово ${index}` });
    for (const reader of [visitor, manager, ...sessions]) {
      const { entries } = await reader.call(appealsApi.entries, { appealId: appeal.id });
      const said = entries.filter(({ body }) => body.startsWith('Слово'));
      expect(said.map(({ author }) => author?.name)).toEqual(names);
      expect(new Set(said.map(({ author }) => author?.id))).toEqual(new Set([shared.id]));
    }
  });
});
