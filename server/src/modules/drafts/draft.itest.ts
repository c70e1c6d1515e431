import { randomUUID } from 'node:crypto';
import type { DraftView, SaveDraft } from '@otklik/shared/drafts';
import { draftsApi } from '@otklik/shared/drafts.api';
import { peopleApi } from '@otklik/shared/people.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aCompany, aMessage, anAppeal } from '../appeals/appeal.factory';
import { aVisitor } from '../people/people.factory';

let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;
let appealId: string;

beforeAll(async () => {
  server = await testApp();
  company = await aCompany(server.database.db);
  dealer = await server.signIn(company.visitor);
  manager = await server.signIn(company.manager);
  appealId = (await anAppeal(dealer, company.topic)).appeal.id;
});
afterAll(() => server.close());

const save = (session: TestSession, draft: Partial<SaveDraft>) =>
  session.call(draftsApi.save, { appealId, mode: 'reply', content: { body: 'слова' }, ...draft });
const list = async (session: TestSession) => (await session.call(draftsApi.list, {})).items;
const bodies = (drafts: DraftView[]) => drafts.map(({ content }) => content?.body ?? null);
const rowsOf = (personId: string) =>
  server.database.db.query<{ content: unknown }>(`SELECT content FROM draft WHERE person_id = $1`, [
    personId,
  ]);

describe('a draft', () => {
  it('reaches the other sessions of its author at once, and equals what they fetch', async () => {
    const phone = await server.signIn(company.visitor);
    const line = await phone.socket();
    const saved = await save(dealer, { content: { body: ' пишу ', orderNumbers: ['40231'] } });
    expect(saved.content).toEqual({ body: ' пишу ', orderNumbers: ['40231'] });
    expect(await line.next('draft:news', (news) => news.rev === saved.rev)).toEqual(saved);
    expect(await list(phone)).toEqual([saved]);
  });

  it('is kept per appeal and mode, and for a new appeal', async () => {
    const session = await server.signIn(company.colleague);
    await save(session, { content: { body: 'ответ' } });
    await save(session, { mode: 'note', content: { body: 'заметка' } });
    await save(session, { appealId: null, content: { body: '', typeCode: 'error' } });
    const drafts = await list(session);
    expect(drafts.map((one) => [one.appealId, one.mode, one.content])).toEqual([
      [null, 'reply', { body: '', typeCode: 'error' }],
      [appealId, 'note', { body: 'заметка' }],
      [appealId, 'reply', { body: 'ответ' }],
    ]);
  });

  it('taken away or emptied stays taken away with a higher revision, also after it was swept', async () => {
    const visitor = await aVisitor(server.database.db, company.dealer);
    const session = await server.signIn(visitor);
    expect(await save(session, { content: null })).toMatchObject({ content: null, rev: 0 });
    expect(await rowsOf(visitor.id)).toEqual([]);
    const first = await save(session, {});
    const emptied = await save(session, { content: { body: '  ', orderNumbers: [] } });
    expect(emptied).toMatchObject({ content: null });
    expect(emptied.rev).toBeGreaterThan(first.rev);
    expect(await list(session)).toEqual([emptied]);
    // As if all of it had been a month ago.
    const days = 31;
    await server.database.db.query(
      `UPDATE draft SET changed_at = now() - $2::int * interval '1 day', rev = rev - $2::int * 86400 WHERE person_id = $1`,
      [visitor.id, days],
    );
    await server.app.services.drafts.sweep();
    expect(await rowsOf(visitor.id)).toEqual([]);
    expect((await save(session, {})).rev).toBeGreaterThan(emptied.rev - days * 86_400);
  });

  it('written by two sessions at once is one draft, the revisions rise, and all news agree with the last', async () => {
    const visitor = await aVisitor(server.database.db, company.dealer);
    const [one, two, third] = await Promise.all([1, 2, 3].map(() => server.signIn(visitor)));
    const line = await third!.socket();
    const saved = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        save(n % 2 ? one! : two!, { content: { body: `слово ${n}` } }),
      ),
    );
    expect(new Set(saved.map(({ rev }) => rev)).size).toBe(20);
    const last = saved.reduce((a, b) => (a.rev > b.rev ? a : b));
    expect(await list(third!)).toEqual([last]);
    expect(await line.next('draft:news', ({ rev }) => rev === last.rev)).toEqual(last);
    expect(await rowsOf(visitor.id)).toHaveLength(1);
  });

  it('over the socket is the same draft', async () => {
    const line = await manager.socket();
    const answer = await line.ask('draft:save', {
      appealId,
      mode: 'note',
      content: { body: 'секрет' },
    });
    expect(answer).toMatchObject({
      ok: true,
      value: { mode: 'note', sessionId: manager.sessionId },
    });
  });
});

describe('a draft is nobody else’s', () => {
  it('neither of the same dealer, nor of the other side, nor of a supervisor', async () => {
    const others = await Promise.all(
      [company.secondVisitor, company.manager, company.supervisor, company.outsider].map((person) =>
        server.signIn(person),
      ),
    );
    const lines = await Promise.all(others.map((one) => one.socket()));
    const own = await (await server.signIn(company.visitor)).socket();
    const secret = `тайна ${randomUUID()}`;
    const saved = await save(dealer, { content: { body: secret } });
    await own.next('draft:news', ({ rev }) => rev === saved.rev);
    for (const other of others) expect(bodies(await list(other))).not.toContain(secret);
    // A later word reaches everybody, so nothing can still be on its way.
    const { entry } = await aMessage(dealer, appealId, { body: 'после' });
    for (const line of lines.slice(0, 3))
      await line.next('appeal:news', ({ entries }) => entries.some(({ id }) => id === entry.id));
    for (const line of lines) expect(JSON.stringify(line.heard)).not.toContain(secret);
  });

  it('and with a shared login belongs to the name of the session', async () => {
    const visitor = await aVisitor(server.database.db, company.dealer, { shared: true });
    const named = async (name: string) => {
      const session = await server.signIn(visitor);
      await session.call(peopleApi.nameSession, { name });
      return session;
    };
    const [anna, annaPhone, boris] = [
      await named('Анна'),
      await named('Анна'),
      await named('Борис'),
    ];
    const unnamed = await server.signIn(visitor);
    const [annaLine, borisLine] = [await annaPhone.socket(), await boris.socket()];
    const annas = await save(anna, { content: { body: 'от Анны' } });
    const boriss = await save(boris, { content: { body: 'от Бориса' } });
    await annaLine.next('draft:news', ({ rev, content }) => rev === annas.rev && content !== null);
    await borisLine.next('draft:news', ({ content }) => content?.body === boriss.content?.body);
    expect(bodies(await list(annaPhone))).toEqual(['от Анны']);
    expect(bodies(await list(boris))).toEqual(['от Бориса']);
    expect(await list(unnamed)).toEqual([]);
    expect((await refusal(save(unnamed, {}))).problem.code).toBe('name_needed');
    expect(JSON.stringify(annaLine.heard)).not.toContain('Бориса');
    expect(JSON.stringify(borisLine.heard)).not.toContain('Анны');
  });
});

describe('rights', () => {
  it('an appeal one may not see, or that is none, is not there', async () => {
    const outsider = await server.signIn(company.outsider);
    for (const [session, place] of [
      [outsider, appealId],
      [dealer, randomUUID()],
    ] as const) {
      const refused = await refusal(save(session, { appealId: place }));
      expect(refused.problem).toMatchObject({ code: 'not_found', facts: { what: 'appeal' } });
    }
    expect(await rowsOf(company.outsider.id)).toEqual([]);
  });

  it('a dealer writes no note', async () => {
    expect((await refusal(save(dealer, { mode: 'note' }))).status).toBe(403);
  });

  it('a lost right hides the draft and keeps it', async () => {
    const visitor = await aVisitor(server.database.db, company.dealer);
    const session = await server.signIn(visitor);
    await save(session, { content: { body: 'ещё вернусь' } });
    const scope = (to: string) =>
      server.database.db.query(`UPDATE person SET scope = $2 WHERE id = $1`, [visitor.id, to]);
    await scope('own');
    expect(await list(session)).toEqual([]);
    expect((await refusal(save(session, {}))).status).toBe(404);
    await scope('all');
    expect(bodies(await list(session))).toEqual(['ещё вернусь']);
  });

  it('an ended session saves nothing more, not even over a socket that is still open', async () => {
    const visitor = await aVisitor(server.database.db, company.dealer);
    const session = await server.signIn(visitor);
    const line = await session.socket();
    await server.database.db.query(
      `UPDATE session SET ended_at = now(), ended_reason = 'expired' WHERE id = $1`,
      [session.sessionId],
    );
    const asked = line.ask('draft:save', { appealId, mode: 'reply', content: { body: 'x' } });
    // The server looks once more at every session whose socket has just come: it may have cut this one first.
    const answer = await asked.catch(() => 'cut');
    if (answer !== 'cut')
      expect(answer).toMatchObject({ ok: false, problem: { code: 'session_ended' } });
    expect(await rowsOf(visitor.id)).toEqual([]);
  });
});

describe('a pending message', () => {
  it('is listed until it has arrived, then never again', async () => {
    const visitor = await aVisitor(server.database.db, company.dealer);
    const session = await server.signIn(visitor);
    const phone = await (await server.signIn(visitor)).socket();
    const pendingId = randomUUID();
    const pending = await save(session, { pendingId, content: { body: 'в пути' } });
    expect(await phone.next('draft:news', (news) => news.pendingId === pendingId)).toEqual(pending);
    expect(await list(session)).toEqual([pending]);
    await aMessage(session, appealId, { clientId: pendingId, body: 'в пути' });
    expect(await list(session)).toEqual([]);
    // A late word of it changes nothing.
    expect(await save(session, { pendingId, content: { body: 'в пути' } })).toMatchObject({
      content: null,
      rev: 0,
    });
    expect(await list(session)).toEqual([]);
    await server.app.services.drafts.sweep();
    expect(await rowsOf(visitor.id)).toEqual([]);
  });

  it('of a new appeal goes with the appeal, and one taken back goes with that', async () => {
    const visitor = await aVisitor(server.database.db, company.dealer);
    const session = await server.signIn(visitor);
    const [opened, taken] = [randomUUID(), randomUUID()];
    for (const pendingId of [opened, taken]) await save(session, { appealId: null, pendingId });
    await anAppeal(session, company.topic, { clientId: opened });
    expect((await list(session)).map((one) => one.pendingId)).toEqual([taken]);
    const gone = await save(session, { appealId: null, pendingId: taken, content: null });
    expect(gone).toMatchObject({ content: null });
    expect(gone.rev).toBeGreaterThan(0);
    expect(await list(session)).toEqual([]);
  });
});

describe('bounds', () => {
  it('as many drafts as anybody can have in mind, and as many pending; what is there may still change', async () => {
    const visitor = await aVisitor(server.database.db, company.dealer);
    const session = await server.signIn(visitor);
    await server.database.db.query(
      `INSERT INTO draft (person_id, writer, appeal_id, mode, pending_id, content, rev, session_id, changed_at)
       SELECT $1, '', $2, 'reply', CASE WHEN n > 1 AND n <= 51 THEN gen_random_uuid() END, '{"body": "x"}', 1, $3, now()
       FROM generate_series(1, 51) n`,
      [visitor.id, appealId, session.sessionId],
    );
    const refused = await refusal(save(session, { pendingId: randomUUID() }));
    expect(refused.problem).toMatchObject({ code: 'conflict', facts: { what: 'drafts' } });
    expect((await save(session, { content: { body: 'ещё' } })).content).toEqual({ body: 'ещё' });
  });

  it('refuses what is too long, and what is no draft', async () => {
    for (const content of [
      { body: 'я'.repeat(10_001) },
      { body: 'x', mentions: ['nobody'] },
      { body: 'x', surprise: 1 },
      { body: 'a\0b' },
      7,
    ]) {
      const answer = await dealer.raw('PUT', '/drafts', {
        body: JSON.stringify({ appealId, mode: 'reply', content }),
      });
      expect([answer.status, content]).toEqual([400, content]);
    }
  });

  it('keeps the longest text a schema lets through', async () => {
    const body = '\u0001'.repeat(10_000);
    expect((await save(dealer, { content: { body } })).content).toEqual({ body });
  });
});
