import { randomUUID } from 'node:crypto';
import type { Appeal, Entry, Posted, SyncAnswer } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { dealersApi } from '@otklik/shared/dealers.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  refusal,
  testApp,
  type TestApp,
  type TestSession,
  type TestSocket,
} from '../../test/test-app';
import { createStaffService } from '../people';
import { aManager } from '../people/people.factory';
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

/** Follows the pages of one sync to its end. */
async function syncAll(session: TestSession, cursor?: string) {
  const items = new Map<string, Appeal>();
  let answer: SyncAnswer = await session.call(
    appealsApi.sync,
    cursor === undefined ? {} : { cursor },
  );
  const { reset } = answer;
  let pages = 1;
  for (;;) {
    for (const item of answer.items) items.set(item.id, item);
    if (!answer.more) return { items, cursor: answer.cursor, reset, pages, marks: answer.marks };
    answer = await session.call(appealsApi.sync, { cursor: answer.cursor });
    expect(answer.reset).toBe(false);
    pages += 1;
  }
}

describe('sync', () => {
  it('gives what changed since the cursor, and again nothing but that', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const start = await syncAll(manager);
    expect(start.reset).toBe(true);
    expect(start.items.get(appeal.id)).toMatchObject({ no: appeal.no });
    const quiet = await syncAll(manager, start.cursor);
    expect(quiet.reset).toBe(false);
    await aMessage(dealer, appeal.id, { body: 'Новое' });
    const news = await syncAll(manager, quiet.cursor);
    expect([...news.items.keys()]).toEqual([appeal.id]);
    expect(news.items.get(appeal.id)).toMatchObject({ last: { text: 'Новое' } });
  });

  it('delivers a change whose transaction was still open when the cursor was made', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let begun: (() => void) | undefined;
    const inside = new Promise<void>((resolve) => (begun = resolve));
    // An early transaction takes its number and changes the row, and commits late.
    const late = server.database.db.transaction(async (tx) => {
      await tx.query(
        `UPDATE appeal SET subject = 'поздний', rev = rev + 1, public_rev = public_rev + 1,
        changed_xid = pg_current_xact_id(), public_changed_xid = pg_current_xact_id() WHERE id = $1`,
        [appeal.id],
      );
      begun?.();
      await held;
    });
    await inside;
    // Meanwhile another appeal changes and commits, and a cursor is taken.
    await anAppeal(dealer, company.topic);
    const { cursor } = await syncAll(manager);
    release?.();
    await late;
    const after = await syncAll(manager, cursor);
    expect(after.items.get(appeal.id)).toMatchObject({ subject: 'поздний' });
  });

  it.each([
    ['garbage', () => 'x'.repeat(40)],
    ['nothing we sealed', () => Buffer.from('{"since":"0"}').toString('base64url')],
    [
      'another person’s cursor',
      async () => (await syncAll(await server.signIn(company.supervisor))).cursor,
    ],
  ])('starts afresh for %s', async (_name, make) => {
    const answer = await syncAll(manager, await make());
    expect(answer.reset).toBe(true);
  });

  it('starts afresh after a restored backup, and after a change of rights', async () => {
    const { cursor } = await syncAll(manager);
    expect((await syncAll(manager, cursor)).reset).toBe(false);
    await server.database.db.query(
      `UPDATE person SET rights_version = rights_version + 1 WHERE id = $1`,
      [company.manager.id],
    );
    expect((await syncAll(manager, cursor)).reset).toBe(true);
  });

  it('pages through any number of changes of one transaction without losing one', async () => {
    const { cursor } = await syncAll(manager);
    await server.database.db.query(
      `INSERT INTO appeal (client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, subject, team_id, last_at, public_last_at,
         changed_xid, public_changed_xid, created_at, rev, public_rev)
       SELECT gen_random_uuid(), '', $1, $2, 'x', 'question', $3, 'много ' || n, $4, now(), now(), pg_current_xact_id(), pg_current_xact_id(), now(), 1, 1
       FROM generate_series(1, 450) n`,
      [company.dealer.id, company.visitor.id, company.topic.id, company.team.id],
    );
    const all = await syncAll(manager, cursor);
    expect(all.pages).toBeGreaterThan(2);
    expect(
      [...all.items.values()].filter((item) => item.subject.startsWith('много ')),
    ).toHaveLength(450);
  });

  it('moves a read mark of one session to the others', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const other = await server.signIn(company.manager);
    const line = await other.socket();
    const { cursor } = await syncAll(other);
    await manager.call(appealsApi.markRead, { appealId: appeal.id, seq: 2 });
    expect(await line.next('appeal:mark', (mark) => mark.appealId === appeal.id)).toEqual({
      appealId: appeal.id,
      seq: 2,
      messages: 1,
      rev: 1,
    });
    const synced = await syncAll(other, cursor);
    expect(synced.marks).toContainEqual({
      appealId: appeal.id,
      seq: 2,
      messages: 1,
      rev: 1,
    });
  });
});

describe('news', () => {
  it('equals a fresh fetch after every kind of change, for both sides', async () => {
    const supervisor = await server.signIn(company.supervisor);
    const staffLine = await manager.socket();
    const dealerLine = await dealer.socket();
    const { appeal } = await anAppeal(dealer, company.topic);
    const said: Posted[] = [];
    const say = async (saying: Promise<Posted>) => said.push(await saying);
    const change = (index: number) => ({
      appealId: appeal.id,
      entryId: said[index]?.entry.id ?? '',
      clientId: randomUUID(),
    });
    const steps: (() => Promise<unknown>)[] = [
      () => say(aMessage(manager, appeal.id, { body: 'ответ' })),
      () =>
        say(
          aMessage(manager, appeal.id, {
            body: 'заметка',
            kind: 'note',
            mentions: [company.colleague.id],
          }),
        ),
      () => manager.call(appealsApi.edit, { ...change(1), body: 'другая заметка' }),
      () => manager.call(appealsApi.edit, { ...change(0), body: 'другой ответ' }),
      () => say(aMessage(dealer, appeal.id, { replyTo: change(0).entryId })),
      () => dealer.call(appealsApi.edit, { ...change(2), body: 'исправлено' }),
      () => dealer.call(appealsApi.delete, change(2)),
      () => manager.call(appealsApi.delete, change(1)),
      () =>
        manager.call(appealsApi.assign, { appealId: appeal.id, assigneeId: company.colleague.id }),
      () =>
        manager.call(appealsApi.changeFields, {
          appealId: appeal.id,
          priority: 'high',
          subject: 'Другая тема',
        }),
      () =>
        manager.call(appealsApi.changeStatus, {
          appealId: appeal.id,
          status: 'waiting',
          clientId: randomUUID(),
        }),
      () => aMessage(dealer, appeal.id, { body: 'ещё' }),
      () =>
        manager.call(appealsApi.pullIn, {
          appealId: appeal.id,
          clientId: randomUUID(),
          personIds: [company.stranger.id],
        }),
      () =>
        supervisor.call(appealsApi.leave, { appealId: appeal.id, personId: company.stranger.id }),
      () => dealer.call(appealsApi.markRead, { appealId: appeal.id, seq: 3 }),
      () =>
        manager.call(appealsApi.changeStatus, {
          appealId: appeal.id,
          status: 'resolved',
          solved: true,
        }),
    ];
    for (const step of steps) {
      await step();
      const staffNow = (await manager.call(appealsApi.card, { appealId: appeal.id })).appeal;
      const heardByStaff = await staffLine.next(
        'appeal:news',
        (news) => news.appeal.id === appeal.id && news.appeal.rev === staffNow.rev,
      );
      expect(heardByStaff.appeal).toEqual(staffNow);
      const dealerNow = (await dealer.call(appealsApi.card, { appealId: appeal.id })).appeal;
      const heardByDealer = await dealerLine.next(
        'appeal:news',
        (news) => news.appeal.id === appeal.id && news.appeal.rev === dealerNow.rev,
      );
      expect(heardByDealer.appeal).toEqual(dealerNow);
    }
    for (const [line, session] of [
      [staffLine, manager],
      [dealerLine, dealer],
    ] as const) {
      // One entry lies at its number; the later version takes the place of the earlier one.
      const told = new Map<string, Entry>();
      for (const { event, news } of line.heard) {
        if (event !== 'appeal:news') continue;
        for (const entry of (news as { entries: Entry[] }).entries)
          if (entry.appealId === appeal.id) told.set(entry.id, entry);
      }
      const { entries } = await session.call(appealsApi.entries, {
        appealId: appeal.id,
        limit: 100,
      });
      expect([...told.values()]).toEqual(entries);
    }
  });

  it('of an appeal reaches nobody of another dealer, of another team, or without the right scope', async () => {
    const lines = await Promise.all(
      [company.outsider, company.stranger, company.ownOnly].map(async (person) =>
        (await server.signIn(person)).socket(),
      ),
    );
    const { appeal } = await anAppeal(dealer, company.topic);
    await aMessage(manager, appeal.id);
    const own = await anAppeal(await server.signIn(company.ownOnly), company.topic, {
      body: 'моё',
    });
    // The own-only visitor hears of his own appeal: his line works.
    await lines[2]?.next('appeal:news', (news) => news.appeal.id === own.appeal.id);
    for (const line of lines) expect(JSON.stringify(line.heard)).not.toContain(appeal.id);
  });
});

describe('a lost right', () => {
  /** How long it takes until the server closes this line. */
  async function untilClosed(line: TestSocket, act: () => Promise<unknown>): Promise<number> {
    const gone = new Promise<void>((resolve) => line.socket.once('disconnect', () => resolve()));
    const began = Date.now();
    await act();
    await gone;
    return Date.now() - began;
  }

  it('access switched off ends sockets and sessions within a second, with the reason', async () => {
    const admin = await aManager(server.database.db, { role: 'admin' });
    const office = await server.signIn(admin);
    const victim = await server.signIn(company.secondVisitor);
    const line = await victim.socket();
    const took = await untilClosed(line, () =>
      office.call(dealersApi.changeVisitor, {
        visitorId: company.secondVisitor.id,
        accessAllowed: false,
      }),
    );
    expect(took).toBeLessThan(1_000);
    expect(await line.next('session:ended')).toEqual({ reason: 'access_closed' });
    const no = await refusal(victim.call(appealsApi.counts, {}));
    expect(no.problem).toMatchObject({
      code: 'session_ended',
      facts: { reason: 'access_closed' },
    });
  });

  it('a changed role closes sockets within a second, and they come back with the new rooms', async () => {
    const person = await aManager(server.database.db, { teamIds: [company.otherTeam.id] });
    const session = await server.signIn(person);
    const line = await session.socket();
    const staff = createStaffService({ db: server.database.db, now: () => new Date() });
    const took = await untilClosed(line, () =>
      staff.changeStaff(null, person.id, { role: 'supervisor' }),
    );
    expect(took).toBeLessThan(1_000);
    const again = await session.socket();
    const { appeal } = await anAppeal(dealer, company.topic);
    expect(
      (await again.next('appeal:news', (news) => news.appeal.id === appeal.id)).appeal.id,
    ).toBe(appeal.id);
  });
});
