import type { Presence } from '@otklik/shared/presence';
import { appealsApi } from '@otklik/shared/appeals.api';
import { presenceApi } from '@otklik/shared/presence.api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  refusal,
  testApp,
  type TestApp,
  type TestSession,
  type TestSocket,
} from '../../test/test-app';
import { aCompany, aMessage, anAppeal } from '../appeals/appeal.factory';

let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let at = new Date('2026-11-23T10:00:00Z');
const pass = (seconds: number) => (at = new Date(at.getTime() + seconds * 1_000));

const sessions = new Map<string, TestSession>();
let lines: Record<Who, TestSocket>;
let appealId: string;

const WHO = ['manager', 'colleague', 'supervisor', 'visitor', 'secondVisitor', 'outsider'] as const;
type Who = (typeof WHO)[number];
const session = (who: Who) => sessions.get(who) as TestSession;
const nameOf = async (who: Who) => {
  const [row] = await server.database.db.query<{ name: string }>(
    `SELECT name FROM person WHERE id = $1`,
    [company[who].id],
  );
  return row?.name ?? '';
};

beforeAll(async () => {
  server = await testApp({ now: () => at });
  company = await aCompany(server.database.db);
  for (const who of WHO) sessions.set(who, await server.signIn(company[who]));
});
beforeEach(async () => {
  const opened = await anAppeal(session('visitor'), company.topic);
  appealId = opened.appeal.id;
  lines = Object.fromEntries(
    await Promise.all(WHO.map(async (who) => [who, await session(who).socket()])),
  ) as Record<Who, TestSocket>;
});
afterEach(() => {
  for (const who of WHO) lines[who].socket.disconnect();
});
afterAll(() => server.close());

const look = (who: Who, writes: 'reply' | 'note' | null = null, extra: object = {}) =>
  lines[who].ask('presence:look', { appealId, writes, ...extra });
const leave = (who: Who) => lines[who].ask('presence:look', { appealId: null });

/** What this socket believes now: the last news about the appeal. */
function believes(who: Who): Presence[] {
  const told = lines[who].heard.filter(
    ({ event, news }) =>
      event === 'presence:news' && (news as { appealId: string }).appealId === appealId,
  );
  return (told.at(-1)?.news as { present: Presence[] } | undefined)?.present ?? [];
}
/** Waits until the socket is told of exactly these. */
async function learns(who: Who, present: object[]): Promise<void> {
  await expect.poll(() => believes(who), { timeout: 3_000 }).toEqual(present);
}
const person = async (who: Who) => ({ id: company[who].id, name: await nameOf(who) });
/** Everything a socket ever received, as text. */
const received = (who: Who) => JSON.stringify(lines[who].heard);

describe('who hears what', () => {
  it('staff see colleagues who view and write, and dealers only while they write', async () => {
    await look('manager');
    await look('colleague');
    const colleague = { person: await person('colleague'), side: 'staff', views: true };
    await learns('manager', [{ ...colleague, writes: null }]);
    await look('colleague', 'note');
    await learns('manager', [{ ...colleague, writes: 'note' }]);
    await look('colleague', 'reply');
    await learns('manager', [{ ...colleague, writes: 'reply' }]);
    await leave('colleague');
    await learns('manager', []);
    await look('visitor');
    await look('visitor', 'reply');
    await learns('manager', [
      { person: await person('visitor'), side: 'dealer', views: false, writes: 'reply' },
    ]);
    // Nobody was ever told that the visitor only looked.
    expect(received('manager')).not.toContain('"side":"dealer","views":true');
  });

  it('dealers see their own people, and of staff that somebody writes, by name only when he is known', async () => {
    await look('visitor');
    await look('secondVisitor');
    await learns('visitor', [
      { person: await person('secondVisitor'), side: 'dealer', views: true, writes: null },
    ]);
    await leave('secondVisitor');
    await learns('visitor', []);

    await look('colleague');
    await look('colleague', 'reply');
    await look('supervisor', 'reply');
    // Two of them, and not even that is told.
    const somebody = { person: null, side: 'staff', views: false, writes: 'reply' };
    await learns('visitor', [somebody]);
    await leave('colleague');
    await leave('supervisor');
    await learns('visitor', []);

    await aMessage(session('manager'), appealId);
    await look('manager', 'reply');
    await learns('visitor', [{ ...somebody, person: await person('manager') }]);
  });

  it('a name becomes known at the moment its owner takes charge, with nobody saying anything', async () => {
    await look('visitor');
    await look('colleague', 'reply');
    const somebody = { person: null, side: 'staff', views: false, writes: 'reply' };
    await learns('visitor', [somebody]);
    await session('manager').call(appealsApi.assign, {
      appealId,
      assigneeId: company.colleague.id,
    });
    await learns('visitor', [{ ...somebody, person: await person('colleague') }]);
  });

  it('not a byte of views, of note writing or of hidden names reaches a dealer', async () => {
    await look('visitor');
    await session('manager').call(appealsApi.assign, { appealId, assigneeId: company.manager.id });
    await session('manager').call(appealsApi.pullIn, {
      appealId,
      clientId: crypto.randomUUID(),
      personIds: [company.colleague.id],
      question: 'Проверь накладную',
    });
    await look('manager');
    await look('colleague');
    await look('colleague', 'note');
    await look('manager', 'note');
    await learns('manager', [
      { person: await person('colleague'), side: 'staff', views: true, writes: 'note' },
    ]);
    const before = lines.visitor.heard.filter(({ event }) => event === 'presence:news').length;
    expect(before).toBe(0);
    await look('colleague', 'reply');
    await learns('visitor', [{ person: null, side: 'staff', views: false, writes: 'reply' }]);
    const asked = await session('visitor').call(presenceApi.look, { appealId });
    const bytes = received('visitor') + JSON.stringify(asked);
    expect(bytes).not.toContain(company.colleague.id);
    expect(bytes).not.toContain(await nameOf('colleague'));
    expect(bytes).not.toContain('"writes":"note"');
    expect(bytes).not.toContain('"side":"staff","views":true');
  });

  it('himself is left out, also in his other session', async () => {
    const second = await (await server.signIn(company.manager)).socket();
    await look('manager', 'reply');
    const answer = await second.ask('presence:look', { appealId });
    expect(answer).toMatchObject({ ok: true, value: { present: [] } });
    expect(believes('manager')).toEqual([]);
  });

  it('two people of one shared login are two people', async () => {
    const { db } = server.database;
    await db.query(`UPDATE dealer SET several_sessions = true, max_sessions = 5 WHERE id = $1`, [
      company.dealer.id,
    ]);
    await db.query(`UPDATE person SET shared = true, session_rule = 'several' WHERE id = $1`, [
      company.secondVisitor.id,
    ]);
    const pair = await Promise.all(
      ['Мария', 'Пётр'].map(async (name) => {
        const one = await server.signIn(company.secondVisitor);
        await db.query(`UPDATE session SET person_name = $2 WHERE id = $1`, [one.sessionId, name]);
        return one.socket();
      }),
    );
    await pair[0]?.ask('presence:look', { appealId });
    const seen = await pair[1]?.ask('presence:look', { appealId });
    expect(seen).toMatchObject({
      ok: true,
      value: { present: [{ person: { id: company.secondVisitor.id, name: 'Мария' } }] },
    });
    for (const one of pair) one.socket.disconnect();
    await db.query(`UPDATE person SET shared = false WHERE id = $1`, [company.secondVisitor.id]);
  });
});

describe('rights', () => {
  it('what one may not see looks like what does not exist, over socket and HTTP', async () => {
    const refused = { ok: false, problem: { code: 'not_found', facts: { what: 'appeal' } } };
    expect(await look('outsider')).toMatchObject(refused);
    const nowhere = { appealId: crypto.randomUUID() };
    expect(await lines.outsider.ask('presence:look', nowhere)).toMatchObject(refused);
    const over = await refusal(session('outsider').call(presenceApi.look, { appealId }));
    expect(over.problem).toMatchObject({ code: 'not_found', facts: { what: 'appeal' } });
    await look('visitor', 'reply');
    expect(received('outsider')).not.toContain(appealId);
  });

  it('a dealer writes no notes', async () => {
    expect(await look('visitor', 'note')).toMatchObject({
      ok: false,
      problem: { code: 'forbidden', facts: { right: 'writeNotes' } },
    });
  });

  it('who is taken off an appeal hears nothing more of it, though his socket stays open', async () => {
    // The rights of the stranger hang on his being there; his socket is kept open by hand.
    const stranger = await server.signIn(company.stranger);
    await session('manager').call(appealsApi.pullIn, {
      appealId,
      clientId: crypto.randomUUID(),
      personIds: [company.stranger.id],
      question: '',
    });
    const line = await stranger.socket();
    await line.ask('presence:look', { appealId });
    await look('manager');
    await line.next('presence:news', ({ present }) => present.length === 1);
    await server.database.db.query(
      `UPDATE participant SET left_at = now() WHERE appeal_id = $1 AND person_id = $2`,
      [appealId, company.stranger.id],
    );
    pass(6);
    const heard = () => line.heard.filter(({ event }) => event === 'presence:news').length;
    const before = heard();
    await look('manager', 'reply');
    await look('colleague');
    await learns('manager', [
      { person: await person('colleague'), side: 'staff', views: true, writes: null },
    ]);
    expect(line.socket.connected).toBe(true);
    expect(heard()).toBe(before);
    expect(await line.ask('presence:look', { appealId })).toMatchObject({ ok: false });
  });

  it('a change of team is heard of at once, without a question to the database', async () => {
    const line = await (await server.signIn(company.colleague)).socket();
    await line.ask('presence:look', { appealId });
    await look('supervisor');
    await line.next('presence:news', ({ present }) => present.length === 1);
    const before = line.heard.length;
    await session('supervisor').call(appealsApi.changeFields, {
      appealId,
      teamId: company.otherTeam.id,
    });
    await look('supervisor', 'reply');
    await look('visitor', 'reply');
    await learns('supervisor', [
      { person: await person('visitor'), side: 'dealer', views: false, writes: 'reply' },
    ]);
    const later = line.heard.slice(before).filter(({ event }) => event === 'presence:news');
    expect(later).toEqual([]);
  });
});

describe('time', () => {
  it('writing ends 6 s after the last key, looking 45 s after the last sign of life', async () => {
    await look('manager');
    await look('colleague', 'reply');
    const colleague = { person: await person('colleague'), side: 'staff', views: true };
    await learns('manager', [{ ...colleague, writes: 'reply' }]);
    pass(5);
    await look('colleague', 'reply');
    pass(5);
    server.app.services.presence.sweep();
    await look('manager');
    expect(believes('manager')).toEqual([{ ...colleague, writes: 'reply' }]);
    pass(2);
    server.app.services.presence.sweep();
    await learns('manager', [{ ...colleague, writes: null }]);
    pass(30);
    await look('manager');
    pass(10);
    server.app.services.presence.sweep();
    await learns('manager', []);
  });

  it('a closed socket leaves at once, and takes all its windows along', async () => {
    await look('manager');
    const [one, other] = [crypto.randomUUID(), crypto.randomUUID()];
    await look('colleague', null, { windowId: one });
    await look('colleague', 'reply', { windowId: other });
    const colleague = { person: await person('colleague'), side: 'staff', views: true };
    await learns('manager', [{ ...colleague, writes: 'reply' }]);
    // One window goes elsewhere, the other stays.
    await lines.colleague.ask('presence:look', { appealId: null, windowId: other });
    await learns('manager', [{ ...colleague, writes: null }]);
    lines.colleague.socket.disconnect();
    await learns('manager', []);
  });
});

describe('load', () => {
  it('news never overtakes an answer, however many look at once', async () => {
    for (let round = 0; round < 15; round += 1) {
      const { appeal } = await anAppeal(session('visitor'), company.topic);
      const beliefs: string[] = [];
      const hear = (event: string, news: { present: Presence[] }) =>
        event === 'presence:news' && beliefs.push(JSON.stringify(news.present));
      lines.manager.socket.onAny(hear);
      // Answers and news as they come off the wire: a promise would let what came with them pass.
      const asking = new Promise<void>((resolve) =>
        lines.manager.socket.emit(
          'presence:look',
          { appealId: appeal.id },
          (answer: { value: { present: Presence[] } }) => {
            beliefs.push(JSON.stringify(answer.value.present));
            resolve();
          },
        ),
      );
      await Promise.all([asking, lines.colleague.ask('presence:look', { appealId: appeal.id })]);
      await expect.poll(() => beliefs.at(-1)).toContain(company.colleague.id);
      lines.manager.socket.offAny(hear);
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
  });

  it('a window that talks too much is merged: the last word counts', async () => {
    await look('manager');
    const words = ['reply', null, 'note', null, 'reply', null, 'reply', 'note'] as const;
    const answers = await Promise.all(words.map((writes) => look('colleague', writes)));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(answers.filter((answer) => answer.ok && answer.value === null).length).toBeGreaterThan(
      0,
    );
    await learns('manager', [
      { person: await person('colleague'), side: 'staff', views: true, writes: 'note' },
    ]);
  });

  it('over HTTP it is answered who is there, and nobody is remembered', async () => {
    await look('manager');
    const answer = await session('colleague').call(presenceApi.look, { appealId, writes: 'reply' });
    expect(answer?.present).toEqual([
      { person: await person('manager'), side: 'staff', views: true, writes: null },
    ]);
    await look('manager');
    expect(believes('manager')).toEqual([]);
  });
});

it('participants of the own side are shown online and last seen, the other side never', async () => {
  await aMessage(session('manager'), appealId);
  const card = await session('visitor').call(appealsApi.card, { appealId });
  const shown = (id: string) => card.participants.find((one) => one.id === id);
  expect(shown(company.visitor.id)).toMatchObject({ online: true });
  expect(shown(company.visitor.id)?.lastSeenAt).not.toBeNull();
  expect(shown(company.manager.id)).toMatchObject({ online: null, lastSeenAt: null });
  const theirs = await session('manager').call(appealsApi.card, { appealId });
  const dealers = theirs.participants.filter(({ side }) => side === 'dealer');
  expect(dealers.every(({ online, lastSeenAt }) => online === null && lastSeenAt === null)).toBe(
    true,
  );
  expect(theirs.participants.find(({ id }) => id === company.manager.id)?.online).toBe(true);
  for (const who of WHO) lines[who].socket.disconnect();
  await expect
    .poll(
      async () =>
        (await session('visitor').call(appealsApi.card, { appealId })).participants.find(
          ({ id }) => id === company.visitor.id,
        )?.online,
    )
    .toBe(false);
});
