import { hash } from '@node-rs/argon2';
import type { Me } from '@otklik/shared/people';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppError } from '../../platform/errors';
import { createLog } from '../../platform/log';
import { createSecrets } from '../../platform/secrets';
import { testDb, type TestDb } from '../../test/test-db';
import type { Actor } from './actor';
import { aDealer, aManager, anActor, aSession, aTeam, aVisitor, PASSWORD } from './people.factory';
import { createSessionService } from './session.service';
import { channels } from './session.repository';
import { createStaffService } from './staff.service';

let base: TestDb;
let at: Date;
const config = {
  sessionMs: 12 * 3_600_000,
  sessionRememberMs: 30 * 86_400_000,
  sessionAbsoluteMs: 14 * 86_400_000,
};
const limits: Me['limits'] = {
  filesPerMessage: 10,
  fileBytes: 1,
  fileExtensions: ['pdf'],
  messageCharacters: 10_000,
  editMinutes: 15,
};
const company: Me['company'] = { zone: 'Europe/Moscow', hours: [] };
const online = new Set<string>();

const service = () =>
  createSessionService({
    db: base.db,
    config,
    now: () => at,
    secrets: createSecrets({ given: 'k'.repeat(32), dataDir: '' }),
    log: createLog('silent', false),
    company: async () => company,
    isOnline: (room) => online.has(room),
    tellSettings: () => undefined,
    limits: async () => limits,
  });
let sessions: ReturnType<typeof service>;

const heard: { sessionId: string; reason: string }[] = [];
const reconnected: string[] = [];
const named: string[] = [];
const ears: (() => Promise<void>)[] = [];

beforeAll(async () => {
  base = await testDb();
  sessions = service();
  ears.push(
    await base.db.listen(channels.sessionEnded, (payload) => heard.push(JSON.parse(payload))),
    await base.db.listen(channels.rightsChanged, (payload) => reconnected.push(payload)),
    await base.db.listen(channels.sessionNamed, (payload) => named.push(payload)),
  );
});
beforeEach(async () => {
  at = new Date('2026-03-02T09:00:00Z');
  heard.length = 0;
  reconnected.length = 0;
  named.length = 0;
  await base.db.query('TRUNCATE sign_in_failure');
});
afterAll(async () => {
  for (const stop of ears) await stop();
  await base.close();
});

/** Code and facts of the refusal. */
async function refusal(work: Promise<unknown>): Promise<{ code: string; facts: object }> {
  return work.then(
    () => ({ code: 'none', facts: {} }),
    ({ code, facts }: AppError) => ({ code, facts }),
  );
}
const from = (address = '203.0.113.1', userAgent = 'test/1') => ({ address, userAgent });
const signIn = (
  login: string,
  more: { password?: string; endOthers?: boolean; remember?: boolean } = {},
  origin: Parameters<typeof sessions.signIn>[1] = from(),
) => sessions.signIn({ login, password: PASSWORD, ...more }, origin);
const cookie = ({ token }: { token: string }) => `otklik_session=${token}`;
const liveOf = (personId: string) =>
  base.db.query<{ id: string }>(
    'SELECT id FROM session WHERE person_id = $1 AND ended_at IS NULL ORDER BY last_seen_at',
    [personId],
  );
const later = (ms: number) => (at = new Date(at.getTime() + ms));
/** News of the database arrives a moment after the commit. */
async function eventually(check: () => void): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return check();
    } catch (error) {
      if (tries > 100) throw error;
      await sleep(10);
    }
  }
}

describe('signing in', () => {
  it('an unknown login and a wrong password answer alike, and one network’s failures are counted for both', async () => {
    const dealer = await aDealer(base.db);
    const { login } = await aVisitor(base.db, dealer);
    const unknown = await refusal(signIn('nobody@example.test'));
    const wrong = await refusal(signIn(login, { password: 'wrong' }));
    expect(unknown).toEqual({ code: 'wrong_credentials', facts: {} });
    expect(wrong).toEqual(unknown);
    for (let tries = 1; tries < 8; tries += 1) {
      expect((await refusal(signIn('nobody@example.test'))).code).toBe('wrong_credentials');
      expect((await refusal(signIn(login, { password: 'wrong' }))).code).toBe('wrong_credentials');
    }
    const ninth = await refusal(signIn('nobody@example.test'));
    expect(ninth).toEqual({ code: 'rate_limited', facts: { retryAfterSeconds: 900 } });
    expect(await refusal(signIn(login, { password: 'wrong' }))).toEqual(ninth);
  });

  it('the login is the same in any case', async () => {
    const { id, login } = await aManager(base.db);
    const { actor } = await signIn(login.toUpperCase());
    expect(actor.personId).toBe(id);
    await expect(aManager(base.db, { login: login.toUpperCase() })).rejects.toThrow(/person_login/);
  });

  it('the right pair with access closed is told so, a wrong one is not', async () => {
    const { login } = await aVisitor(base.db, await aDealer(base.db), { accessAllowed: false });
    expect((await refusal(signIn(login))).code).toBe('access_closed');
    expect((await refusal(signIn(login, { password: 'wrong' }))).code).toBe('wrong_credentials');
  });

  it('makes a session that the cookie opens again, and keeps no token', async () => {
    const dealer = await aDealer(base.db);
    const visitor = await aVisitor(base.db, dealer, { scope: 'own', jobTitle: 'buyer' });
    const signed = await signIn(
      visitor.login,
      {},
      from('::ffff:203.0.113.9', 'Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36'),
    );
    const expected: Actor = {
      personId: visitor.id,
      sessionId: signed.actor.sessionId,
      role: 'dealer',
      customRights: null,
      side: 'dealer',
      name: visitor.name,
      jobTitle: 'buyer',
      nameNeeded: false,
      enrolmentNeeded: false,
      provenAt: at,
      dealerId: dealer.id,
      scope: 'own',
      chief: false,
      teamIds: [],
      rightsVersion: 1,
    };
    expect(signed.actor).toEqual(expected);
    expect(await sessions.authenticate(cookie(signed))).toEqual(expected);
    expect(signed.token).toMatch(/^[\w-]{43}$/);
    const [row] = await base.db.query<Record<string, unknown>>(
      'SELECT * FROM session WHERE id = $1',
      [signed.actor.sessionId],
    );
    expect(JSON.stringify(row)).not.toContain(signed.token);
    expect(row).toMatchObject({
      device: 'Chrome, Windows',
      device_kind: 'computer',
      address: '203.0.113.9',
      network: '203.0.113.9',
    });
    const [person] = await base.db.query<{ last_sign_in_at: Date }>(
      'SELECT last_sign_in_at FROM person WHERE id = $1',
      [visitor.id],
    );
    expect(person?.last_sign_in_at).toEqual(at);
  });

  it('a member of staff carries teams', async () => {
    const team = await aTeam(base.db);
    const manager = await aManager(base.db, { teamIds: [team.id] });
    const { actor } = await signIn(manager.login);
    expect(actor).toMatchObject({ side: 'staff', dealerId: null, teamIds: [team.id] });
  });

  it('the session this browser had gives way, whoever it was of', async () => {
    const dealer = await aDealer(base.db, { severalSessions: false });
    const visitor = await aVisitor(base.db, dealer);
    const first = await signIn(visitor.login);
    const second = await signIn(visitor.login, {}, { ...from(), previousToken: first.token });
    expect((await liveOf(visitor.id)).map(({ id }) => id)).toEqual([second.actor.sessionId]);
    expect(await refusal(sessions.authenticate(cookie(first)))).toEqual({
      code: 'session_ended',
      facts: { reason: 'signed_out' },
    });
  });
});

describe('the rule of sessions', () => {
  it('one: the second is refused with the facts, and replaces the first only when asked', async () => {
    const dealer = await aDealer(base.db, { severalSessions: false });
    const visitor = await aVisitor(base.db, dealer);
    const first = await signIn(visitor.login, {}, from('203.0.113.1', 'first/1'));
    const seen = at.toISOString();
    later(60_000);
    expect(await refusal(signIn(visitor.login))).toEqual({
      code: 'session_limit',
      facts: {
        limit: 1,
        sessions: [{ id: first.actor.sessionId, device: 'first', lastSeenAt: seen }],
      },
    });
    expect(await liveOf(visitor.id)).toHaveLength(1);
    await sessions.authenticate(cookie(first));
    const second = await signIn(visitor.login, { endOthers: true });
    expect((await liveOf(visitor.id)).map(({ id }) => id)).toEqual([second.actor.sessionId]);
    expect(await refusal(sessions.authenticate(cookie(first)))).toEqual({
      code: 'session_ended',
      facts: { reason: 'replaced' },
    });
    await eventually(() =>
      expect(heard).toContainEqual({ sessionId: first.actor.sessionId, reason: 'replaced' }),
    );
  });

  it('several up to N: ends just as many as needed, least recently seen first', async () => {
    const dealer = await aDealer(base.db, { maxSessions: 3 });
    const visitor = await aVisitor(base.db, dealer);
    const ids: string[] = [];
    for (let no = 0; no < 3; no += 1) {
      ids.push((await signIn(visitor.login)).actor.sessionId);
      later(60_000);
    }
    const fourth = await refusal(signIn(visitor.login));
    expect(fourth).toMatchObject({
      code: 'session_limit',
      facts: { limit: 3, sessions: [{ id: ids[0] }] },
    });
    const { actor } = await signIn(visitor.login, { endOthers: true });
    expect((await liveOf(visitor.id)).map(({ id }) => id)).toEqual([
      ids[1],
      ids[2],
      actor.sessionId,
    ]);
  });

  it('the rule was tightened while more sessions live: all of them are named', async () => {
    const dealer = await aDealer(base.db);
    const visitor = await aVisitor(base.db, dealer, { sessionRule: 'one' });
    const old = await aSession(base.db, visitor, { lastSeenAt: new Date('2026-03-01T08:00:00Z') });
    const older = await aSession(base.db, visitor, {
      lastSeenAt: new Date('2026-03-01T07:00:00Z'),
    });
    expect(await refusal(signIn(visitor.login))).toMatchObject({
      facts: { limit: 1, sessions: [{ id: older.id }, { id: old.id }] },
    });
  });

  it('an own number counts before the dealer’s', async () => {
    const dealer = await aDealer(base.db, { maxSessions: 5 });
    const visitor = await aVisitor(base.db, dealer, { sessionRule: 'several', maxSessions: 2 });
    await signIn(visitor.login);
    await signIn(visitor.login);
    expect(await refusal(signIn(visitor.login))).toMatchObject({ facts: { limit: 2 } });
  });

  it('staff have up to ten', async () => {
    const manager = await aManager(base.db);
    for (let no = 0; no < 10; no += 1) await signIn(manager.login);
    expect(await refusal(signIn(manager.login))).toMatchObject({ facts: { limit: 10 } });
  });

  it('expired sessions stand in nobody’s way', async () => {
    const visitor = await aVisitor(base.db, await aDealer(base.db, { severalSessions: false }));
    await signIn(visitor.login);
    later(config.sessionMs);
    await expect(signIn(visitor.login)).resolves.toBeDefined();
  });

  it('sign-ins at the same moment do not exceed the limit', async () => {
    const visitor = await aVisitor(base.db, await aDealer(base.db, { severalSessions: false }));
    const results = await Promise.all(
      Array.from({ length: 6 }, () => refusal(signIn(visitor.login))),
    );
    expect(results.map(({ code }) => code).sort()).toEqual([
      'none',
      ...Array.from({ length: 5 }, () => 'session_limit'),
    ]);
    expect(await liveOf(visitor.id)).toHaveLength(1);
    await Promise.all(Array.from({ length: 4 }, () => signIn(visitor.login, { endOthers: true })));
    expect(await liveOf(visitor.id)).toHaveLength(1);
  });

  it('a sign-in that waits for the dealer’s card obeys the card as it became', async () => {
    const dealer = await aDealer(base.db);
    const visitor = await aVisitor(base.db, dealer);
    await signIn(visitor.login);
    let waiting: Promise<{ code: string }> | undefined;
    await base.db.transaction(async (tx) => {
      await tx.query('SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE', [visitor.id]);
      waiting = refusal(signIn(visitor.login));
      await sleep(300);
      await tx.query('UPDATE dealer SET several_sessions = false WHERE id = $1', [dealer.id]);
    });
    expect((await waiting)?.code).toBe('session_limit');
  });
});

it('a password that is replaced while it is being checked opens nothing', async () => {
  const { id, login } = await aManager(base.db);
  let old: Promise<{ code: string }> | undefined;
  await base.db.transaction(async (tx) => {
    await tx.query('SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE', [id]);
    old = refusal(signIn(login));
    await sleep(300);
    await tx.query(`UPDATE person SET password_hash = 'another' WHERE id = $1`, [id]);
  });
  expect((await old)?.code).toBe('wrong_credentials');
  expect(await liveOf(id)).toEqual([]);
});

describe('guessing', () => {
  const stranger = from('198.51.100.1');
  async function exhaust(login: string, tries = 8, origin = stranger) {
    for (let no = 0; no < tries; no += 1)
      await refusal(signIn(login, { password: 'wrong' }, origin));
  }

  it('is stopped by login, from whatever network', async () => {
    const { login } = await aManager(base.db);
    for (let no = 0; no < 8; no += 1) {
      await refusal(signIn(login, { password: 'wrong' }, from(`198.51.100.${no}`)));
    }
    expect(await refusal(signIn(login, {}, from('198.51.100.200')))).toEqual({
      code: 'rate_limited',
      facts: { retryAfterSeconds: 900 },
    });
  });

  it('does not lock the owner out where he signed in before', async () => {
    const { login } = await aManager(base.db);
    const home = from('2001:db8:1:2::10');
    await signIn(login, {}, home);
    await exhaust(login, 12);
    expect((await refusal(signIn(login, {}, stranger))).code).toBe('rate_limited');
    await expect(signIn(login, {}, from('2001:db8:1:2::ffff'))).resolves.toBeDefined();
    expect((await refusal(signIn(login, { password: 'wrong' }, home))).code).toBe(
      'wrong_credentials',
    );
  });

  it('a success clears the counter of the login', async () => {
    const { login } = await aManager(base.db);
    await exhaust(login, 7);
    await signIn(login, {}, stranger);
    await exhaust(login, 7);
    await expect(signIn(login, {}, stranger)).resolves.toBeDefined();
  });

  it('is over after a quarter of an hour', async () => {
    const { login } = await aManager(base.db);
    await exhaust(login);
    later(14 * 60_000);
    expect(await refusal(signIn(login, {}, stranger))).toMatchObject({
      code: 'rate_limited',
      facts: { retryAfterSeconds: 60 },
    });
    later(60_000);
    await expect(signIn(login, {}, stranger)).resolves.toBeDefined();
  });

  it('is stopped by network over many logins, for everybody there and nobody elsewhere', async () => {
    for (let no = 0; no < 40; no += 1) {
      await refusal(signIn(`guess${no}@example.test`, {}, stranger));
    }
    const { login } = await aManager(base.db);
    expect((await refusal(signIn(login, {}, stranger))).code).toBe('rate_limited');
    await expect(signIn(login, {}, from('198.51.100.2'))).resolves.toBeDefined();
  });

  it('many at once gain nothing: the right one is looked at again after the wrong ones are counted', async () => {
    const { id, login } = await aManager(base.db);
    const slow = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 100 });
    await base.db.query('UPDATE person SET password_hash = $2 WHERE id = $1', [id, slow]);
    const right = refusal(signIn(login, {}, stranger));
    await sleep(60);
    await base.db.query(`INSERT INTO sign_in_failure VALUES ($1, 8, $2)`, [`login:${id}`, at]);
    expect((await right).code).toBe('rate_limited');
    expect(await liveOf(id)).toEqual([]);
  });
});

describe('a session in use', () => {
  it('no cookie, or one that never was, is not signed in', async () => {
    for (const header of [
      undefined,
      '',
      'a=b',
      'otklik_session=',
      'otklik_session=%00',
      `otklik_session=${'x'.repeat(43)}`,
    ]) {
      expect((await refusal(sessions.authenticate(header))).code).toBe('not_signed_in');
    }
  });

  it('lives on while it is used, and ends when idle', async () => {
    const visitor = await aVisitor(base.db, await aDealer(base.db));
    const signed = await signIn(visitor.login);
    for (let no = 0; no < 3; no += 1) {
      later(config.sessionMs - 60_000);
      await sessions.authenticate(cookie(signed));
      const seen = at;
      await expect
        .poll(() =>
          base.db.query('SELECT last_seen_at FROM session WHERE id = $1', [signed.actor.sessionId]),
        )
        .toEqual([{ last_seen_at: seen }]);
    }
    later(config.sessionMs);
    const ended = { code: 'session_ended', facts: { reason: 'expired' } };
    expect(await refusal(sessions.authenticate(cookie(signed)))).toEqual(ended);
    expect(await refusal(sessions.authenticate(cookie(signed)))).toEqual(ended);
    await eventually(() =>
      expect(heard).toEqual([{ sessionId: signed.actor.sessionId, reason: 'expired' }]),
    );
  });

  it('one in constant use ends a fortnight after the sign-in', async () => {
    const visitor = await aVisitor(base.db, await aDealer(base.db));
    const signed = await signIn(visitor.login);
    const end = at.getTime() + config.sessionAbsoluteMs;
    const use = async () => {
      await sessions.authenticate(cookie(signed));
      await expect
        .poll(() =>
          base.db.query('SELECT last_seen_at FROM session WHERE id = $1', [signed.actor.sessionId]),
        )
        .toEqual([{ last_seen_at: at }]);
    };
    while (at.getTime() + config.sessionMs - 60_000 < end) {
      later(config.sessionMs - 60_000);
      await use();
    }
    at = new Date(end - 1000);
    await sessions.authenticate(cookie(signed));
    at = new Date(end);
    expect(await refusal(sessions.authenticate(cookie(signed)))).toEqual({
      code: 'session_ended',
      facts: { reason: 'expired' },
    });
  });

  it('a remembered one lasts thirty days, used or not', async () => {
    const visitor = await aVisitor(base.db, await aDealer(base.db));
    const signed = await signIn(visitor.login, { remember: true });
    const end = at.getTime() + config.sessionRememberMs;
    for (const time of [end - 86_400_000, end - 1000]) {
      at = new Date(time);
      await sessions.authenticate(cookie(signed));
      await expect
        .poll(() =>
          base.db.query('SELECT last_seen_at FROM session WHERE id = $1', [signed.actor.sessionId]),
        )
        .toEqual([{ last_seen_at: at }]);
    }
    at = new Date(end);
    expect((await refusal(sessions.authenticate(cookie(signed)))).code).toBe('session_ended');
  });

  it('a sign of life is written at most once a minute', async () => {
    const visitor = await aVisitor(base.db, await aDealer(base.db));
    const signed = await signIn(visitor.login);
    const began = at;
    later(59_000);
    await sessions.authenticate(cookie(signed));
    await sleep(100);
    expect(
      await base.db.query('SELECT last_seen_at FROM session WHERE id = $1', [
        signed.actor.sessionId,
      ]),
    ).toEqual([{ last_seen_at: began }]);
  });

  it('the sweep ends what expired and tells the sockets', async () => {
    const visitor = await aVisitor(base.db, await aDealer(base.db));
    const dead = await aSession(base.db, visitor, { expiresAt: new Date('2026-03-02T08:59:59Z') });
    const live = await aSession(base.db, visitor);
    await sessions.sweep();
    expect((await liveOf(visitor.id)).map(({ id }) => id)).toEqual([live.id]);
    await eventually(() => expect(heard).toEqual([{ sessionId: dead.id, reason: 'expired' }]));
  });
});

describe('one’s own account', () => {
  it('tells who, rights and session', async () => {
    const dealer = await aDealer(base.db, { zone: 'Asia/Yekaterinburg' });
    const visitor = await aVisitor(base.db, dealer);
    const { actor } = await signIn(visitor.login);
    expect(await sessions.me(actor)).toEqual({
      person: {
        id: visitor.id,
        login: visitor.login,
        name: visitor.name,
        jobTitle: '',
        role: 'dealer',
        side: 'dealer',
      },
      dealer: { id: dealer.id, name: dealer.name, zone: 'Asia/Yekaterinburg' },
      session: {
        ...{ id: actor.sessionId, nameNeeded: false, shared: false, severalAllowed: true },
        ...{ remembered: false, expiresAt: expect.any(String), signedOn: false },
        enrolmentNeeded: false,
      },
      newDevices: [],
      can: expect.objectContaining({ writeNotes: false, seeOrders: true }),
      settings: {},
      limits,
      company,
      viewing: null,
      serverTime: at.toISOString(),
    });
  });

  it('settings are merged', async () => {
    const actor = await anActor(base.db, await aManager(base.db));
    await sessions.changeSettings(actor, { theme: 'dark', folded: ['mine:1'] });
    expect(await sessions.changeSettings(actor, { language: 'en', folded: [] })).toEqual({
      theme: 'dark',
      language: 'en',
      folded: [],
    });
    expect((await sessions.me(actor)).settings).toMatchObject({ theme: 'dark', language: 'en' });
  });

  it('a shared login says who works in each session', async () => {
    const dealer = await aDealer(base.db);
    const visitor = await aVisitor(base.db, dealer, { shared: true, name: 'Sales desk' });
    const signed = await signIn(visitor.login);
    const other = await signIn(visitor.login);
    expect(signed.actor).toMatchObject({ nameNeeded: true, name: 'Sales desk' });
    const me = await sessions.nameSession(signed.actor, { name: 'Marina' });
    expect(me).toMatchObject({
      person: { name: 'Marina' },
      session: { nameNeeded: false, shared: true },
    });
    await sessions.nameSession(signed.actor, { name: 'Marina S.' });
    expect(await sessions.authenticate(cookie(signed))).toMatchObject({
      name: 'Marina S.',
      nameNeeded: false,
    });
    expect(await sessions.authenticate(cookie(other))).toMatchObject({
      name: 'Sales desk',
      nameNeeded: true,
    });
    await eventually(() => expect(named).toEqual([signed.actor.sessionId, signed.actor.sessionId]));
  });

  it.each([
    ['its own login', { shared: false }],
    ['a shared login with one session', { shared: true, sessionRule: 'one' as const }],
  ])('a session of %s has no name of its own', async (_name, fields) => {
    const visitor = await aVisitor(base.db, await aDealer(base.db), fields);
    const actor = await anActor(base.db, visitor, { personName: 'Left over' });
    expect(actor).toMatchObject({ name: visitor.name, nameNeeded: false });
    expect((await refusal(sessions.nameSession(actor, { name: 'Marina' }))).code).toBe('forbidden');
  });

  it('lists live sessions, this one first', async () => {
    const visitor = await aVisitor(base.db, await aDealer(base.db));
    const stranger = await aVisitor(base.db, await aDealer(base.db));
    await aSession(base.db, stranger);
    await aSession(base.db, visitor, { expiresAt: new Date('2026-03-02T08:00:00Z') });
    const actor = await anActor(base.db, visitor, { lastSeenAt: new Date('2026-03-02T07:00:00Z') });
    const other = await aSession(base.db, visitor, {
      lastSeenAt: new Date('2026-03-02T08:00:00Z'),
    });
    online.add(`session:${other.id}`);
    expect(await sessions.mySessions(actor)).toMatchObject([
      { id: actor.sessionId, current: true, online: false },
      { id: other.id, current: false, online: true, lastSeenAt: '2026-03-02T08:00:00.000Z' },
    ]);
  });

  it('ends one, all others, and itself, each with its reason', async () => {
    const visitor = await aVisitor(base.db, await aDealer(base.db));
    const actor = await anActor(base.db, visitor);
    const [a, b, c] = [
      await aSession(base.db, visitor),
      await aSession(base.db, visitor),
      await aSession(base.db, visitor),
    ];
    await sessions.endMine(actor, a.id);
    expect(await refusal(sessions.endMine(actor, a.id))).toEqual({
      code: 'not_found',
      facts: { what: 'session' },
    });
    expect(await sessions.endMyOthers(actor)).toBe(2);
    expect(await sessions.endMyOthers(actor)).toBe(0);
    await sessions.signOut(actor);
    for (const { cookie } of [a, b, c]) {
      expect(await refusal(sessions.authenticate(cookie))).toMatchObject({
        facts: { reason: 'ended_by_self' },
      });
    }
    await eventually(() =>
      expect(heard.at(-1)).toEqual({ sessionId: actor.sessionId, reason: 'signed_out' }),
    );
    expect(heard).toHaveLength(4);
  });

  it('ending all others catches one that is just beginning', async () => {
    const visitor = await aVisitor(base.db, await aDealer(base.db));
    const actor = await anActor(base.db, visitor);
    let ending: Promise<number> | undefined;
    await base.db.transaction(async (tx) => {
      await tx.query('SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE', [visitor.id]);
      ending = sessions.endMyOthers(actor);
      await sleep(200);
      await tx.query(
        `INSERT INTO session (token_hash, person_id, device, device_kind, expires_at) VALUES ('x', $1, '', 'computer', '2099-01-01')`,
        [visitor.id],
      );
    });
    expect(await ending).toBe(1);
  });

  it('a stranger’s session does not exist', async () => {
    const dealer = await aDealer(base.db);
    const actor = await anActor(base.db, await aVisitor(base.db, dealer));
    const colleague = await aVisitor(base.db, dealer);
    const session = await aSession(base.db, colleague);
    expect((await refusal(sessions.endMine(actor, session.id))).code).toBe('not_found');
    expect(await liveOf(colleague.id)).toHaveLength(1);
  });

  it('a new password needs the old one and ends the other sessions', async () => {
    const visitor = await aVisitor(base.db, await aDealer(base.db));
    const signed = await signIn(visitor.login);
    const other = await aSession(base.db, visitor);
    const next = 'a much better password';
    expect(
      await refusal(sessions.changePassword(signed.actor, { current: 'wrong', next })),
    ).toMatchObject({
      code: 'invalid_input',
      facts: { fields: [{ path: 'current', rule: 'wrong' }] },
    });
    await sessions.changePassword(signed.actor, { current: PASSWORD, next });
    expect((await refusal(sessions.authenticate(other.cookie))).code).toBe('session_ended');
    await expect(sessions.authenticate(cookie(signed))).resolves.toBeDefined();
    expect((await refusal(signIn(visitor.login))).code).toBe('wrong_credentials');
    await expect(signIn(visitor.login, { password: next })).resolves.toBeDefined();
  });

  it('a stolen session cannot guess the password for ever', async () => {
    const actor = await anActor(base.db, await aManager(base.db));
    const attempt = (current: string) =>
      refusal(sessions.changePassword(actor, { current, next: 'a much better password' }));
    for (let no = 0; no < 8; no += 1) expect((await attempt('wrong')).code).toBe('invalid_input');
    expect((await attempt(PASSWORD)).code).toBe('rate_limited');
  });
});

describe('staff', () => {
  it('only admins add and change staff; a taken login is named', async () => {
    const staff = createStaffService({ db: base.db, now: () => at });
    const admin = await anActor(base.db, await aManager(base.db, { role: 'admin' }));
    const manager = await anActor(base.db, await aManager(base.db));
    const newcomer = {
      login: 'new@example.test',
      password: PASSWORD,
      name: 'New',
      jobTitle: '',
      role: 'manager' as const,
      teamIds: [],
    };
    expect((await refusal(staff.addStaff(manager, newcomer))).code).toBe('forbidden');
    const id = await staff.addStaff(admin, newcomer);
    expect((await signIn('new@example.test')).actor.personId).toBe(id);
    expect(
      await refusal(staff.addStaff(null, { ...newcomer, login: 'NEW@example.test' })),
    ).toMatchObject({
      code: 'invalid_input',
      facts: { fields: [{ path: 'login', rule: 'taken' }] },
    });
    expect((await refusal(staff.changeStaff(manager, id, { role: 'admin' }))).code).toBe(
      'forbidden',
    );
  });

  it('another role or team moves the sockets and keeps the session', async () => {
    const staff = createStaffService({ db: base.db, now: () => at });
    const team = await aTeam(base.db);
    const manager = await aManager(base.db);
    const signed = await signIn(manager.login);
    await staff.changeStaff(null, manager.id, { role: 'supervisor', teamIds: [team.id] });
    expect(await sessions.authenticate(cookie(signed))).toMatchObject({
      role: 'supervisor',
      teamIds: [team.id],
      rightsVersion: 2,
    });
    await staff.changeStaff(null, manager.id, { role: 'supervisor', teamIds: [team.id] });
    expect((await sessions.authenticate(cookie(signed))).rightsVersion).toBe(2);
    await eventually(() => expect(reconnected).toEqual([manager.id]));
    await staff.changeStaff(null, manager.id, { accessAllowed: false });
    expect(await refusal(sessions.authenticate(cookie(signed)))).toMatchObject({
      facts: { reason: 'access_closed' },
    });
    expect((await refusal(signIn(manager.login))).code).toBe('access_closed');
  });

  it('colleagues show what lies on their desks; dealers see none', async () => {
    const dealer = await aDealer(base.db);
    const visitor = await aVisitor(base.db, dealer);
    const manager = await aManager(base.db, { name: 'Busy' });
    await aManager(base.db, { name: 'Gone', accessAllowed: false });
    const appeal = async (
      status: string,
      clock?: { state: string; warnAt: string; dueAt: string; ended?: boolean },
    ) => {
      const [row] = await base.db.query<{ id: string }>(
        `INSERT INTO appeal (client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, subject, status, assignee_id,
           last_at, public_last_at, changed_xid, public_changed_xid, created_at)
         SELECT gen_random_uuid(), '', $1, $2, '', 'question', t.id, 's', $3, $4, $5, $5, pg_current_xact_id(), pg_current_xact_id(), $5
         FROM topic t WHERE t.code = 'other' RETURNING id`,
        [dealer.id, visitor.id, status, manager.id, at],
      );
      if (!clock) return;
      await base.db.query(
        `INSERT INTO sla_clock (appeal_id, kind, cycle, state, started_at, target_ms, warn_at, due_at, last_counted_at, counted_ms, policy_id, calendar_id, ended_at)
         SELECT $1, 'first_response', 1, $2, $3, 1, $4, $5, $3, 0, p.id, c.id, $6 FROM sla_policy p, calendar c LIMIT 1`,
        [row!.id, clock.state, at, clock.warnAt, clock.dueAt, clock.ended ? at : null],
      );
    };
    const early = '2026-03-02T08:00:00Z';
    const late = '2026-03-02T10:00:00Z';
    await appeal('in_work');
    await appeal('in_work', { state: 'running', warnAt: late, dueAt: late });
    await appeal('in_work', { state: 'running', warnAt: early, dueAt: late });
    await appeal('waiting', { state: 'breached', warnAt: early, dueAt: early });
    await appeal('new', { state: 'breached', warnAt: early, dueAt: early, ended: true });
    await appeal('closed', { state: 'breached', warnAt: early, dueAt: early });
    online.add(`person:${manager.id}`);
    const actor = await anActor(base.db, manager);
    const list = await sessions.colleagues(actor);
    expect(list.find(({ id }) => id === manager.id)).toEqual({
      ...{ id: manager.id, name: 'Busy', jobTitle: '', role: 'manager', teamIds: [] },
      ...{ openAppeals: 5, atRisk: 2, online: true },
    });
    expect(list.some(({ name }) => name === 'Gone')).toBe(false);
    expect(list.some(({ id }) => id === visitor.id)).toBe(false);
    expect((await refusal(sessions.colleagues(await anActor(base.db, visitor)))).code).toBe(
      'not_found',
    );
  });
});
