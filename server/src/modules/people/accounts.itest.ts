import { accountsApi } from '@otklik/shared/accounts.api';
import { companyApi } from '@otklik/shared/company.api';
import { dealersApi } from '@otklik/shared/dealers.api';
import type { Problem } from '@otklik/shared/errors';
import type { Route } from '@otklik/shared/route';
import type { SignIn } from '@otklik/shared/people';
import { peopleApi } from '@otklik/shared/people.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, Refused, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aDealer, aManager, aTeam, aVisitor, PASSWORD, type TestPerson } from './people.factory';
import { codeOf, periodOf } from './totp';

let server: TestApp;
let at: Date;
let admin: TestSession;
let adminPerson: TestPerson;
const START = new Date('2026-03-02T09:00:00Z');
const HOUR_MS = 3_600_000;
const unknownId = '0b2f3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d';

beforeAll(async () => {
  at = START;
  server = await testApp({ now: () => at });
  adminPerson = await aManager(server.database.db, { role: 'admin', name: 'Admin' });
  admin = await server.signIn(adminPerson);
});
afterAll(() => server.close());

/** Somebody who is not signed in. */
async function anybody<In extends object, Out>(
  { method, path }: Route<In, Out>,
  input: In,
): Promise<Out> {
  const answer = await fetch(`${server.url}/api${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  const body: unknown = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, body as Problem);
  return body as Out;
}
const signIn = (login: string, password: string, more: Partial<SignIn> = {}) =>
  anybody(peopleApi.signIn, { login, password, ...more });
const look = (token: string) => anybody(accountsApi.lookAtLink, { token });
const use = (token: string, password: string) => anybody(accountsApi.useLink, { token, password });
/** What a refusal says, without what differs between any two. */
const said = async (call: Promise<unknown>) => {
  const { status, problem } = await refusal(call);
  return { ...problem, status, requestId: '' };
};
const log = () =>
  server.database.db.query<{ action: string; before: unknown; after: unknown }>(
    `SELECT action, before, after FROM audit_entry ORDER BY at, action`,
  );

describe('staff as admins manage them', () => {
  it('an invited colleague sets his password by the link and comes in with role and teams', async () => {
    const team = await aTeam(server.database.db);
    const { person, link } = await admin.call(accountsApi.addStaff, {
      ...{ login: 'Olga@firm.example', name: 'Olga', jobTitle: 'Engineer', role: 'supervisor' },
      teamIds: [team.id, team.id],
    });
    expect(person).toEqual({
      ...{ id: person.id, login: 'Olga@firm.example', name: 'Olga', jobTitle: 'Engineer' },
      ...{ role: 'supervisor', customRoleId: null, teamIds: [team.id], accessAllowed: true },
      ...{ sessionsNow: 0, lastSignInAt: null, secondStepOn: false },
    });
    expect(link.token).toMatch(/^[\w-]{43}$/);
    expect(await look(link.token)).toEqual({
      ...{ login: 'Olga@firm.example', name: 'Olga', kind: 'invitation' },
      expiresAt: new Date(START.getTime() + 72 * HOUR_MS).toISOString(),
    });
    await use(link.token, 'chosen by herself');
    const me = await signIn('olga@firm.example', 'chosen by herself');
    expect([me.person.role, me.can.seeBoard, me.can.manageStaff]).toEqual([
      'supervisor',
      true,
      false,
    ]);
    const { items } = await admin.call(accountsApi.staff, {});
    expect(items.find(({ id }) => id === person.id)).toMatchObject({ sessionsNow: 1 });
    expect(JSON.stringify(await log())).not.toContain(link.token);
    const taken = { login: 'OLGA@firm.example', name: 'x', role: 'manager' } as const;
    expect((await refusal(admin.call(accountsApi.addStaff, taken))).problem.facts).toMatchObject({
      fields: [{ path: 'login', rule: 'taken' }],
    });
    const lost = { ...taken, login: 'other@firm.example', teamIds: [unknownId] };
    expect((await refusal(admin.call(accountsApi.addStaff, lost))).problem.facts).toMatchObject({
      fields: [{ path: 'teamIds', rule: 'unknown' }],
    });
  });

  it('role, teams and access change at once and are written down; access off ends the sessions', async () => {
    const { db } = server.database;
    const team = await aTeam(db);
    const manager = await aManager(db, { name: 'Boris' });
    const session = await server.signIn(manager);
    const change = (fields: object) =>
      admin.call(accountsApi.changeStaff, { personId: manager.id, ...fields });
    await change({ role: 'supervisor', teamIds: [team.id], jobTitle: 'Lead' });
    expect((await session.call(peopleApi.me, {})).person).toMatchObject({
      role: 'supervisor',
      jobTitle: 'Lead',
    });
    await change({ role: 'supervisor' });
    expect(await change({ accessAllowed: false })).toMatchObject({ sessionsNow: 0 });
    expect((await refusal(session.call(peopleApi.me, {}))).problem.facts).toEqual({
      reason: 'access_closed',
    });
    const lines = (await log()).filter(({ action }) => action === 'staff.changed');
    expect(lines).toHaveLength(2);
    expect(lines).toContainEqual({
      action: 'staff.changed',
      before: { role: 'manager', jobTitle: '', teams: '' },
      after: { role: 'supervisor', jobTitle: 'Lead', teams: team.id },
    });
  });

  it('ends all sessions of a colleague', async () => {
    const manager = await aManager(server.database.db);
    const open = [await server.signIn(manager), await server.signIn(manager)];
    const personId = manager.id;
    expect(await admin.call(accountsApi.endStaffSessions, { personId })).toEqual({ ended: 2 });
    for (const one of open)
      expect((await refusal(one.call(peopleApi.me, {}))).problem.facts).toEqual({
        reason: 'ended_by_staff',
      });
    expect(await admin.call(accountsApi.endStaffSessions, { personId })).toEqual({ ended: 0 });
  });

  it('an admin is always left: nobody takes his own rights, and of two who take each other’s one is too late', async () => {
    const own = { personId: adminPerson.id };
    for (const fields of [{ role: 'manager' as const }, { accessAllowed: false }])
      expect(
        (await refusal(admin.call(accountsApi.changeStaff, { ...own, ...fields }))).problem,
      ).toMatchObject({ code: 'conflict', facts: { what: 'own_rights' } });
    const others = [
      await aManager(server.database.db, { role: 'admin' }),
      await aManager(server.database.db, { role: 'admin' }),
    ] as const;
    const [one, two] = [await server.signIn(others[0]), await server.signIn(others[1])];
    const outcomes = await Promise.allSettled([
      one.call(accountsApi.changeStaff, { personId: others[1].id, role: 'manager' }),
      two.call(accountsApi.changeStaff, { personId: others[0].id, role: 'manager' }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('is no business of others: dealers find nothing, staff may not, and a visitor is nobody of the staff', async () => {
    const { db } = server.database;
    const visitor = await aVisitor(db, await aDealer(db));
    const target = await aManager(db);
    const calls = (session: TestSession, personId: string) => [
      session.call(accountsApi.staff, {}),
      session.call(accountsApi.addStaff, { login: 'z@z.example', name: 'z', role: 'admin' }),
      session.call(accountsApi.changeStaff, { personId, role: 'admin' }),
      session.call(accountsApi.makeStaffLink, { personId }),
      session.call(accountsApi.endStaffSessions, { personId }),
    ];
    const dealer = await server.signIn(visitor);
    for (const no of await Promise.all(calls(dealer, target.id).map(refusal)))
      expect(no.status).toBe(404);
    const supervisor = await server.signIn(await aManager(db, { role: 'supervisor' }));
    for (const no of await Promise.all(calls(supervisor, target.id).map(refusal)))
      expect(no.problem.facts).toEqual({ right: 'manageStaff' });
    const onVisitor = [
      admin.call(accountsApi.changeStaff, { personId: visitor.id, role: 'admin' }),
      admin.call(accountsApi.makeStaffLink, { personId: visitor.id }),
      admin.call(accountsApi.endStaffSessions, { personId: visitor.id }),
    ];
    for (const no of await Promise.all(onVisitor.map(refusal))) expect(no.status).toBe(404);
  });
});

describe('a link to a password', () => {
  const aLink = async () => {
    const person = await aManager(server.database.db);
    const { link } = await admin.call(accountsApi.makeStaffLink, { personId: person.id });
    return { person, token: link.token };
  };

  it('works once, ends what was signed in, and answers alike when used, replaced, out of date or made up', async () => {
    const { person, token } = await aLink();
    const open = await server.signIn(person);
    const unknown = { look: await said(look('x'.repeat(43))), use: await said(use('x', PASSWORD)) };
    expect(unknown.look).toMatchObject({ status: 404, facts: { what: 'link' } });
    expect(unknown.use).toEqual(unknown.look);
    const tries = await Promise.allSettled(
      ['first of the two', 'second of the two'].map((password) => use(token, password)),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await refusal(open.call(peopleApi.me, {}))).problem.code).toBe('session_ended');
    expect((await refusal(signIn(person.login, PASSWORD))).problem.code).toBe('wrong_credentials');

    const replaced = await aLink();
    await admin.call(accountsApi.makeStaffLink, { personId: replaced.person.id });
    const late = await aLink();
    at = new Date(START.getTime() + 73 * HOUR_MS);
    for (const link of [token, replaced.token, late.token]) {
      expect(await said(look(link))).toEqual(unknown.look);
      expect(await said(use(link, 'a good new password'))).toEqual(unknown.use);
    }
    at = START;
    // It would open again, had time alone closed it.
    await look(late.token);
    await server.app.services.sessions.changePassword(
      await server.app.services.sessions.authenticate((await server.signIn(late.person)).cookie),
      { current: PASSWORD, next: 'changed by himself' },
    );
    expect(await said(look(late.token))).toEqual(unknown.look);
  });

  it('refuses a password that leaked or is the login, and stays', async () => {
    const { token } = await aLink();
    for (const password of ['qwertyuiop', 'Password123'])
      expect((await refusal(use(token, password))).problem.facts).toMatchObject({
        fields: [{ path: 'password', rule: 'common' }],
      });
    expect((await refusal(use(token, 'short'))).problem.facts).toMatchObject({
      fields: [{ path: 'password', rule: 'too_small' }],
    });
    await use(token, 'nothing like that');
  });

  it('lets in who had been locked out by wrong passwords', async () => {
    const { person, token } = await aLink();
    for (let no = 0; no < 8; no += 1) await refusal(signIn(person.login, 'wrong'));
    expect((await refusal(signIn(person.login, PASSWORD))).problem.code).toBe('rate_limited');
    await use(token, 'a good new password');
    await signIn(person.login, 'a good new password');
    await server.database.db.query('TRUNCATE sign_in_failure');
  });

  it('of a visitor comes from the card of his dealer', async () => {
    const { db } = server.database;
    const manager = await aManager(db);
    const dealer = await aDealer(db, { managerId: manager.id });
    const session = await server.signIn(manager);
    const { visitor, link } = await session.call(dealersApi.inviteVisitor, {
      ...{ dealerId: dealer.id, name: 'Petr', login: 'petr@dealer.example' },
    });
    await use(link.token, 'a good new password');
    const me = await signIn('petr@dealer.example', 'a good new password');
    expect(me.dealer?.id).toBe(dealer.id);
    const again = await session.call(dealersApi.makeLink, { visitorId: visitor.id });
    expect(again.link.kind).toBe('reset');
  });
});

describe('the second step of signing in', () => {
  /** Somebody with an authenticator app: his session, his secret and the recovery codes. */
  async function enrolled(fields: Parameters<typeof aManager>[1] = {}) {
    const person = await aManager(server.database.db, fields);
    const session = await server.signIn(person);
    const { secret } = await session.call(accountsApi.beginSecondStep, {});
    const { codes } = await session.call(accountsApi.confirmSecondStep, { code: code(secret) });
    return { person, session, secret, recovery: codes };
  }
  /** What the app shows, some half minutes from now. */
  const code = (secret: string, periods = 0) => {
    const bits = [...secret]
      .map((sign) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0'))
      .join('');
    const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
    return codeOf(bytes, periodOf(at) + periods);
  };
  const enter = (person: TestPerson, typed?: string) =>
    signIn(person.login, PASSWORD, typed === undefined ? {} : { code: typed });
  const outcome = (call: Promise<unknown>) =>
    call.then(
      () => 'in',
      (error: unknown) => (error instanceof Refused ? error.problem.code : String(error)),
    );

  it('asks for a code after the right password only, and takes each code once', async () => {
    const { person, secret } = await enrolled();
    expect(await outcome(signIn(person.login, 'wrong'))).toBe('wrong_credentials');
    expect(await outcome(enter(person))).toBe('second_step_needed');
    // The code that confirmed the app is spent.
    expect(await outcome(enter(person, code(secret)))).toBe('wrong_code');
    at = new Date(at.getTime() + 60_000);
    const both = [enter(person, code(secret)), enter(person, code(secret))];
    expect((await Promise.all(both.map(outcome))).sort()).toEqual(['in', 'wrong_code']);
    // Neither may an earlier one come late.
    expect(await outcome(enter(person, code(secret, -1)))).toBe('wrong_code');
    expect(
      await outcome(enter(person, `${code(secret, 1).slice(0, 3)} ${code(secret, 1).slice(3)}`)),
    ).toBe('in');
  });

  it('a code that met the limit of sessions is not lost', async () => {
    const { person, secret } = await enrolled();
    for (let no = 0; no < 9; no += 1) await server.signIn(person);
    at = new Date(at.getTime() + 60_000);
    const typed = code(secret);
    expect(await outcome(enter(person, typed))).toBe('session_limit');
    await signIn(person.login, PASSWORD, { code: typed, endOthers: true });
  });

  it('recovery codes open once each, and new ones void the old', async () => {
    const { person, session, recovery } = await enrolled();
    expect(new Set(recovery).size).toBe(10);
    const [first = '', second = '', third = ''] = recovery;
    expect(await outcome(enter(person, first.toUpperCase()))).toBe('in');
    expect(await outcome(enter(person, first))).toBe('wrong_code');
    const both = [enter(person, second), enter(person, second)];
    expect((await Promise.all(both.map(outcome))).sort()).toEqual(['in', 'wrong_code']);
    expect(await session.call(accountsApi.secondStep, {})).toEqual({
      ...{ on: true, recoveryCodesLeft: 8, required: false },
    });
    await session.call(accountsApi.renewRecoveryCodes, {});
    expect(await outcome(enter(person, third))).toBe('wrong_code');
  });

  it('guesses of codes are few, also when they come all at once', async () => {
    const { person, secret } = await enrolled();
    at = new Date(at.getTime() + 60_000);
    const tries = Array.from({ length: 20 }, (_, no) =>
      outcome(enter(person, String(100_000 + no))),
    );
    const outcomes = await Promise.all(tries);
    expect(outcomes.filter((one) => one === 'wrong_code').length).toBeLessThan(8);
    expect(await outcome(enter(person, code(secret)))).toBe('rate_limited');
    at = new Date(at.getTime() + 16 * 60_000);
    expect(await outcome(enter(person, code(secret)))).toBe('in');
  });

  it('the secret and the codes are nowhere in the database', async () => {
    const { secret, recovery } = await enrolled();
    const { db } = server.database;
    const all = JSON.stringify(
      await db.query(
        `SELECT (SELECT json_agg(s) FROM second_step s), (SELECT json_agg(r) FROM recovery_code r), (SELECT json_agg(a) FROM audit_entry a)`,
      ),
    );
    for (const text of [secret, ...recovery, ...recovery.map((one) => one.replaceAll('-', ''))])
      expect(all).not.toContain(text);
  });

  it('an admin takes it away from who lost everything, and his sessions end', async () => {
    const { person, session } = await enrolled();
    const personId = person.id;
    const other = await server.signIn(await aManager(server.database.db));
    expect((await refusal(other.call(accountsApi.resetSecondStep, { personId }))).status).toBe(403);
    admin = await server.signIn(adminPerson);
    await admin.call(accountsApi.resetSecondStep, { personId });
    expect(await outcome(session.call(peopleApi.me, {}))).toBe('session_ended');
    expect(await outcome(enter(person))).toBe('in');
  });

  it('where a role requires it, who has none does nothing else before, over HTTP and socket', async () => {
    const { db } = server.database;
    const chief = await server.signIn(await aManager(db, { role: 'supervisor' }));
    const line = await chief.socket();
    const gone = new Promise((resolve) => line.socket.once('disconnect', resolve));
    await admin.call(companyApi.changeSettings, { secondStepRoles: ['supervisor'] });
    await gone;
    const late = await chief.socket();
    expect(await late.ask('appeal:read', {})).toMatchObject({
      ...{ ok: false, problem: { code: 'enrolment_needed' } },
    });
    const others = [
      chief.call(peopleApi.mySessions, {}),
      chief.call(peopleApi.colleagues, {}),
      chief.call(companyApi.settings, {}),
    ];
    for (const one of await Promise.all(others.map(outcome))) expect(one).toBe('enrolment_needed');
    expect((await chief.call(peopleApi.me, {})).session.enrolmentNeeded).toBe(true);
    const { secret } = await chief.call(accountsApi.beginSecondStep, {});
    await chief.call(accountsApi.confirmSecondStep, { code: code(secret) });
    expect((await chief.call(peopleApi.me, {})).session.enrolmentNeeded).toBe(false);
    await chief.call(peopleApi.colleagues, {});
    expect((await refusal(chief.call(accountsApi.removeSecondStep, {}))).problem.facts).toEqual({
      right: 'removeSecondStep',
    });
    await admin.call(companyApi.changeSettings, { secondStepRoles: [] });
    await chief.call(accountsApi.removeSecondStep, {});
    expect(await chief.call(accountsApi.secondStep, {})).toMatchObject({ on: false });
  });
});

describe('dangerous changes', () => {
  it('need the password of the last ten minutes, and go on once it is typed', async () => {
    const { db } = server.database;
    const person = await aManager(db, { role: 'admin' });
    const session = await server.signIn(person);
    const personId = (await aManager(db)).id;
    const calls = () => [
      session.call(accountsApi.addStaff, { login: 'd@d.example', name: 'd', role: 'manager' }),
      session.call(accountsApi.changeStaff, { personId, role: 'supervisor' }),
      session.call(accountsApi.makeStaffLink, { personId }),
      session.call(accountsApi.endStaffSessions, { personId }),
      session.call(accountsApi.resetSecondStep, { personId }),
      session.call(accountsApi.beginSecondStep, {}),
      session.call(accountsApi.removeSecondStep, {}),
      session.call(accountsApi.makeToken, { name: 'x', scopes: ['orders.write'], days: 1 }),
      session.call(companyApi.changeSettings, { secondStepRoles: ['admin'] }),
    ];
    await db.query(`UPDATE session SET proven_at = $2 WHERE id = $1`, [
      session.sessionId,
      new Date(at.getTime() - 10 * 60_000),
    ]);
    for (const no of await Promise.all(calls().map(refusal)))
      expect(no.problem.code).toBe('reauthentication_needed');
    const wrong = session.call(accountsApi.provePassword, { password: 'wrong' });
    expect((await refusal(wrong)).problem.code).toBe('wrong_credentials');
    const link = () => session.call(accountsApi.makeStaffLink, { personId });
    expect((await refusal(link())).problem.code).toBe('reauthentication_needed');
    await session.call(accountsApi.provePassword, { password: PASSWORD });
    await link();
  });
});

describe('tokens of other systems', () => {
  const exchange = (token: string) =>
    fetch(`${server.url}/api/exchange/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ orders: [] }),
    }).then(({ status }) => status);

  it('are told once, open what their scope says until they are out of date or closed, and show their last use', async () => {
    const { db } = server.database;
    admin = await server.signIn(adminPerson);
    const wish = { name: '1C', scopes: ['orders.write' as const], days: 30 };
    const { token, view } = await admin.call(accountsApi.makeToken, wish);
    expect(view).toMatchObject({ name: '1C', createdBy: 'Admin', lastUsedAt: null });
    const used = await exchange(token);
    expect([200, 400]).toContain(used);
    const { items } = await admin.call(accountsApi.tokens, {});
    expect(items.find(({ id }) => id === view.id)?.lastUsedAt).toBe(at.toISOString());
    const kept = await db.query(`SELECT json_agg(t) FROM integration_token t`);
    expect(JSON.stringify([kept, items, await log()])).not.toContain(token);
    await db.query(`UPDATE integration_token SET scopes = '{}' WHERE id = $1`, [view.id]);
    expect(await exchange(token)).toBe(403);
    await db.query(`UPDATE integration_token SET scopes = '{orders.write}' WHERE id = $1`, [
      view.id,
    ]);
    const then = at;
    at = new Date(at.getTime() + 30 * 24 * HOUR_MS);
    expect(await exchange(token)).toBe(401);
    at = then;
    expect(await exchange(token)).toBe(used);
    await admin.call(accountsApi.revokeToken, { tokenId: view.id });
    expect(await exchange(token)).toBe(401);
    const again = admin.call(accountsApi.revokeToken, { tokenId: view.id });
    expect((await refusal(again)).status).toBe(404);
    // A person's session is no token, and a token no session.
    expect(await exchange(admin.cookie.split('=')[1] ?? '')).toBe(401);
  });

  it('are the business of admins', async () => {
    const { db } = server.database;
    const manager = await server.signIn(await aManager(db));
    const dealer = await server.signIn(await aVisitor(db, await aDealer(db)));
    for (const [session, status] of [
      [manager, 403],
      [dealer, 404],
    ] as const)
      for (const no of await Promise.all(
        [
          session.call(accountsApi.tokens, {}),
          session.call(accountsApi.makeToken, { name: 'x', scopes: ['orders.write'], days: 1 }),
          session.call(accountsApi.revokeToken, { tokenId: unknownId }),
        ].map(refusal),
      ))
        expect(no.status).toBe(status);
  });
});

describe('a browser the person has signed in from', () => {
  const { signIn: enter } = peopleApi;
  interface Body {
    code?: string;
    items: { newDevice: boolean }[];
    newDevices: { deviceId: string; device: string; at: string }[];
  }
  /** Signs in over HTTP as a browser does, with its cookies, and takes along what it gets. */
  async function aBrowser(person: TestPerson, cookies = new Map<string, string>()) {
    const answer = await fetch(`${server.url}/api${enter.path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: header(cookies) },
      body: JSON.stringify({ login: person.login, password: PASSWORD }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
      cookies.set(name, value);
    }
    const body = await answer.json();
    return { cookies, status: answer.status, body, devices: () => meOf(cookies) };
  }
  const header = (cookies: Map<string, string>) =>
    [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const api = async (cookies: Map<string, string>, method: string, path: string, body?: object) => {
    const answer = await fetch(`${server.url}/api${path}`, {
      method,
      headers: { 'content-type': 'application/json', cookie: header(cookies) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Body };
  };
  const meOf = async (cookies: Map<string, string>) =>
    (await api(cookies, 'GET', '/me')).body.newDevices;

  it('is told of on those known before, which alone say whose it is', async () => {
    const person = await aManager(server.database.db);
    const first = await aBrowser(person);
    expect(await first.devices()).toEqual([]);
    const second = await aBrowser(person);
    expect(await second.devices()).toEqual([]);
    const [news] = await first.devices();
    if (news === undefined) throw new Error('nothing was told');
    expect(news).toMatchObject({ device: expect.any(String), at: at.toISOString() });
    // It signs in again, and once more from a third: neither may speak for itself or for the other.
    const again = await aBrowser(person, second.cookies);
    const third = await aBrowser(person);
    const path = `/me/devices/${news.deviceId}`;
    for (const cookies of [again.cookies, third.cookies])
      expect(
        (await api(cookies, 'PUT', path, { deviceId: news.deviceId, isMine: true })).status,
      ).toBe(404);
    const sessions = (await api(first.cookies, 'GET', '/me/sessions')).body.items;
    expect(sessions.filter((one) => one.newDevice)).toHaveLength(2);
    expect((await api(first.cookies, 'PUT', path, { isMine: true })).status).toBe(200);
    expect(await first.devices()).toHaveLength(1);
    const [other] = await first.devices();
    await api(first.cookies, 'PUT', `/me/devices/${other?.deviceId}`, { isMine: false });
    expect(await first.devices()).toEqual([]);
    expect((await api(third.cookies, 'GET', '/me')).body.code).toBe('session_ended');
    expect((await api(again.cookies, 'GET', '/me')).status).toBe(200);
    // What was refused is news again when it comes back.
    await aBrowser(person, third.cookies);
    expect(await first.devices()).toHaveLength(1);
  });

  it('lets its owner in while others guess from everywhere, his own network too', async () => {
    await server.database.db.query('TRUNCATE sign_in_failure');
    const person = await aManager(server.database.db);
    const own = await aBrowser(person);
    // All requests of this test come from one address: the network's counter is spent as well.
    for (let no = 0; no < 60; no += 1) await refusal(signIn(person.login, `guess ${no}`));
    expect((await refusal(signIn(person.login, PASSWORD))).problem.code).toBe('rate_limited');
    expect((await aBrowser(person, own.cookies)).status).toBe(200);
    // A made-up cookie is nobody's browser, and another person's browser is not this one's.
    const stranger = new Map([['otklik_device', 'x'.repeat(43)]]);
    expect((await aBrowser(person, stranger)).status).toBe(429);
    const neighbour = await aManager(server.database.db);
    expect((await aBrowser(neighbour, new Map(own.cookies))).status).toBe(429);
    // The browser has a few tries of its own, no more.
    const wrong = { ...person, login: person.login };
    const guess = (password: string) =>
      fetch(`${server.url}/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie: header(own.cookies) },
        body: JSON.stringify({ login: wrong.login, password }),
      }).then(({ status }) => status);
    for (let no = 0; no < 8; no += 1) expect(await guess('wrong')).toBe(401);
    expect(await guess(PASSWORD)).toBe(429);
    await server.database.db.query('TRUNCATE sign_in_failure');
  });
});
