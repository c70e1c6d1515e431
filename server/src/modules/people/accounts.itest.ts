import { accountsApi } from '@otklik/shared/accounts.api';
import { dealersApi } from '@otklik/shared/dealers.api';
import type { Route } from '@otklik/shared/route';
import type { SignIn } from '@otklik/shared/people';
import { peopleApi } from '@otklik/shared/people.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, Refused, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aDealer, aManager, aTeam, aVisitor, PASSWORD, type TestPerson } from './people.factory';

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
  const body = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, body);
  return body;
}
const signIn = (login: string, password: string, more: Partial<SignIn> = {}) =>
  anybody(peopleApi.signIn, { login, password, ...more });
const look = (token: string) => anybody(accountsApi.lookAtLink, { token });
const use = (token: string, password: string) => anybody(accountsApi.useLink, { token, password });
/** What a refusal says, without what differs between any two. */
const said = async (call: Promise<unknown>) => {
  const { status, problem } = await refusal(call);
  return { status, ...problem, requestId: '' };
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
      ...{ role: 'supervisor', teamIds: [team.id], accessAllowed: true },
      ...{ sessionsNow: 0, lastSignInAt: null },
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
    for (const call of calls(dealer, target.id)) expect((await refusal(call)).status).toBe(404);
    const supervisor = await server.signIn(await aManager(db, { role: 'supervisor' }));
    for (const call of calls(supervisor, target.id))
      expect((await refusal(call)).problem.facts).toEqual({ right: 'manageStaff' });
    for (const call of calls(admin, visitor.id).slice(2))
      expect((await refusal(call)).status).toBe(404);
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
