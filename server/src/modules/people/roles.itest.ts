import { accountsApi } from '@otklik/shared/accounts.api';
import { appealsApi } from '@otklik/shared/appeals.api';
import { peopleApi } from '@otklik/shared/people.api';
import { reportsApi } from '@otklik/shared/reports.api';
import type { CustomRole, SaveRole } from '@otklik/shared/roles';
import { rolesApi } from '@otklik/shared/roles.api';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { anAppeal } from '../appeals/appeal.factory';
import {
  aCustomRole,
  aDealer,
  aManager,
  aTeam,
  aTopic,
  aVisitor,
  type TestPerson,
} from './people.factory';

let server: TestApp;
let at: Date;
let adminPerson: TestPerson;
let admin: TestSession;
const START = new Date('2026-03-02T09:00:00Z');

beforeAll(async () => {
  at = START;
  server = await testApp({ now: () => at });
  adminPerson = await aManager(server.database.db, { role: 'admin', name: 'Admin' });
  admin = await server.signIn(adminPerson);
});
afterAll(() => server.close());

let named = 0;
const aRole = (fields: Partial<SaveRole> = {}): SaveRole => ({
  ...{ roleId: randomUUID(), rev: 0, name: `Роль ${(named += 1)}`, base: 'manager' },
  ...{ rights: ['appeal.write', 'note.write', 'appeal.assign'], ...fields },
});
/** Lines of the log are told apart by their moments. */
const step = () => (at = new Date(at.getTime() + 1_000));
const save = (fields: Partial<SaveRole> = {}) => {
  step();
  return admin.call(rolesApi.save, aRole(fields));
};
const inputOf = ({ id, name, base, rights, rev }: CustomRole): SaveRole => ({
  ...{ roleId: id, name, base, rights, rev },
});
const give = (person: { id: string }, customRoleId: string | null) =>
  admin.call(accountsApi.changeStaff, { personId: person.id, customRoleId });
const problemOf = async (call: Promise<unknown>) => {
  const { problem } = await refusal(call);
  return { code: problem.code, ...problem.facts };
};
const lines = (subjectId: string) =>
  server.database.db.query<{ action: string; before: unknown; after: unknown }>(
    `SELECT action, before, after FROM audit_entry WHERE subject_id = $1 AND kind = 'change' ORDER BY at, action`,
    [subjectId],
  );

describe('a role of named rights', () => {
  it('gives what it names: less than its base, more than its base, and it is written down', async () => {
    const role = await save({ rights: ['appeal.write', 'report.see', 'note.write'] });
    expect(role).toMatchObject({ rev: 1, people: 0, base: 'manager' });
    const person = await aManager(server.database.db);
    const session = await server.signIn(person);
    const changed = await give(person, role.id);
    expect([changed.role, changed.customRoleId]).toEqual(['manager', role.id]);

    const { can, person: told } = await session.call(peopleApi.me, {});
    expect(told.role).toBe('manager');
    expect([can.writeNotes, can.seeReports, can.assign, can.seeBoard, can.seeRights]).toEqual([
      ...[true, true, false, false, false],
    ]);
    const days = { from: '2026-03-01', to: '2026-03-02' };
    await session.call(reportsApi.report, { ...days, by: 'topic' });
    const appealId = await anAppealOfNobody();
    expect(
      await problemOf(session.call(appealsApi.assign, { appealId, assigneeId: null })),
    ).toEqual({
      ...{ code: 'forbidden', right: 'assign' },
    });
    const list = await admin.call(rolesApi.list, {});
    expect(list.items.find(({ id }) => id === role.id)).toMatchObject({ people: 1 });
    expect(await lines(person.id)).toEqual([
      {
        action: 'staff.changed',
        before: { customRole: null },
        after: { customRole: role.name },
      },
    ]);
    await give(person, null);
    expect((await session.call(peopleApi.me, {})).can.assign).toBe(true);
  });

  it('that loses a right takes it from open sessions, over HTTP with the next request and over sockets within a second', async () => {
    const role = await save({ rights: ['appeal.write', 'note.write', 'appeal.assign'] });
    const person = await aManager(server.database.db, { customRoleId: role.id });
    const bystander = await aManager(server.database.db);
    const session = await server.signIn(person);
    const line = await session.socket();
    const other = await (await server.signIn(bystander)).socket();
    const appealId = await anAppealOfNobody();
    const note = () => ({ appealId, clientId: randomUUID(), kind: 'note', body: 'x' });
    expect((await line.ask('entry:post', note())).ok).toBe(true);

    const gone = new Promise((resolve) => line.socket.once('disconnect', resolve));
    const began = Date.now();
    const { rev } = await save({ ...inputOf(role), rights: ['appeal.write'] });
    expect(rev).toBe(2);
    // With the next request, not with the next session.
    expect(await problemOf(session.call(appealsApi.post, { ...note(), kind: 'note' }))).toEqual({
      ...{ code: 'forbidden', right: 'writeNotes' },
    });
    await gone;
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(other.socket.connected).toBe(true);
    const again = await session.socket();
    const refused = await again.ask('entry:post', note());
    expect(refused.ok ? '' : refused.problem.code).toBe('forbidden');
    expect((await again.ask('entry:post', { ...note(), kind: 'message' })).ok).toBe(true);
    // A new name changes nothing that anybody may: sockets stay.
    await save({ roleId: role.id, rev: 2, name: 'Иначе', rights: ['appeal.write'] });
    expect((await again.ask('entry:post', { ...note(), kind: 'message' })).ok).toBe(true);
    expect(await lines(role.id)).toEqual([
      expect.objectContaining({ action: 'role.created', before: null }),
      {
        action: 'role.changed',
        before: { rights: 'appeal.assign appeal.write note.write' },
        after: { rights: 'appeal.write' },
      },
      { action: 'role.changed', before: { name: role.name }, after: { name: 'Иначе' } },
    ]);
  });

  it('takes its people with it to another base, and their old cursors are of no use', async () => {
    const role = await save();
    const person = await aManager(server.database.db, { customRoleId: role.id });
    const version = async () => {
      const [row] = await server.database.db.query<{ role: string; version: number }>(
        `SELECT role, rights_version AS version FROM person WHERE id = $1`,
        [person.id],
      );
      return row!;
    };
    const before = await version();
    await save({ ...inputOf(role), base: 'supervisor' });
    expect(await version()).toEqual({ role: 'supervisor', version: before.version + 1 });
    // The database keeps it so, whoever writes.
    await expect(
      server.database.db.query(`UPDATE person SET role = 'admin' WHERE id = $1`, [person.id]),
    ).rejects.toThrow('person_custom_role');
  });

  it('shows of boards, reports and disputes no appeal that its base does not', async () => {
    const db = server.database.db;
    const teams = { own: await aTeam(db), other: await aTeam(db) };
    const dealer = await aDealer(db);
    const visitor = await server.signIn(await aVisitor(db, dealer));
    const openIn = async (teamId: string) =>
      (await anAppeal(visitor, await aTopic(db, { teamId }))).appeal;
    const [own, other] = [await openIn(teams.own.id), await openIn(teams.other.id)];
    const role = await aCustomRole(db, {
      rights: ['board.see', 'report.see', 'dispute.settle'],
    });
    const person = await aManager(db, { customRoleId: role.id, teamIds: [teams.own.id] });
    const session = await server.signIn(person);
    const shown = async (who: TestSession) => {
      const board = await who.call(appealsApi.board, { dealerId: dealer.id });
      const days = { from: '2026-03-01', to: '2026-03-02' };
      const { items } = await who.call(reportsApi.appeals, {
        ...{ ...days, measure: 'opened', dealerId: dealer.id },
      });
      return {
        board: ['breached', 'risk', 'track'].flatMap((name) =>
          board[name as 'track'].items.map(({ id }) => id),
        ),
        report: items.map(({ no }) => no),
      };
    };
    expect(await shown(session)).toEqual({ board: [own.id], report: [own.no] });
    const all = await shown(admin);
    expect([all.board.sort(), all.report.sort()]).toEqual([
      [own.id, other.id].sort(),
      [own.no, other.no].sort(),
    ]);
  });
});

describe('making, changing and deleting roles', () => {
  it('sent twice is done once, made from an old revision it is refused', async () => {
    const input = aRole();
    const [one, two] = await Promise.all([
      admin.call(rolesApi.save, input),
      admin.call(rolesApi.save, input),
    ]);
    expect(one).toEqual(two);
    const change = { ...input, rev: 1, rights: ['appeal.write' as const] };
    step();
    expect((await admin.call(rolesApi.save, change)).rev).toBe(2);
    expect((await admin.call(rolesApi.save, change)).rev).toBe(2);
    expect(
      await problemOf(admin.call(rolesApi.save, { ...input, rev: 1, name: 'Другое' })),
    ).toEqual({ code: 'conflict', what: 'role' });
    expect(await problemOf(admin.call(rolesApi.save, aRole({ rev: 3 })))).toEqual({
      ...{ code: 'not_found', what: 'role' },
    });
    expect((await lines(input.roleId)).map(({ action }) => action)).toEqual([
      ...['role.created', 'role.changed'],
    ]);
  });

  it('refuses a name that is taken, a right that the base cannot have, one without what it needs', async () => {
    const { name } = await save();
    const why = async (fields: Partial<SaveRole>) => {
      const { problem } = await refusal(save(fields));
      const { facts } = problem;
      return 'fields' in facts ? facts.fields.map(({ path, rule }) => `${path} ${rule}`) : [];
    };
    expect(await why({ name: name.toUpperCase() })).toEqual(['name taken']);
    expect(await why({ base: 'supervisor', rights: ['token.manage'] })).toEqual(['rights base']);
    expect(await why({ rights: ['note.write'] })).toEqual(['rights needs']);
    const input = aRole() as object as Record<string, unknown>;
    for (const right of ['appeal.read', 'server.metrics', 'order.exchange', 'nothing']) {
      const answer = await admin.raw('PUT', `/roles/${String(input.roleId)}`, {
        ...{ body: JSON.stringify({ ...input, roleId: undefined, rights: [right] }) },
        headers: { 'content-type': 'application/json' },
      });
      expect([right, answer.status]).toEqual([right, 400]);
    }
    await expect(
      server.database.db.query(
        `INSERT INTO custom_role (id, name, base, rights) VALUES ($1, 'x', 'manager', '{staff.manage}')`,
        [randomUUID()],
      ),
    ).rejects.toThrow('check');
  });

  it('takes no role away that somebody has, and says how many; else it goes, twice is once, and can come back', async () => {
    const role = await save();
    const person = await aManager(server.database.db, { customRoleId: role.id });
    const remove = () => admin.call(rolesApi.remove, { roleId: role.id, rev: role.rev });
    expect(await problemOf(remove())).toEqual({ code: 'role_in_use', people: 1 });
    await give(person, null);
    await remove();
    await remove();
    expect(await problemOf(give(person, role.id))).toMatchObject({ code: 'invalid_input' });
    expect(await save({ ...inputOf(role), rev: 0 })).toEqual(role);
  });

  it('while one gives a role and another deletes it, only one of them succeeds', async () => {
    for (let round = 0; round < 5; round += 1) {
      const role = await save();
      const person = await aManager(server.database.db);
      const [given, removed] = await Promise.allSettled([
        give(person, role.id),
        admin.call(rolesApi.remove, { roleId: role.id, rev: role.rev }),
      ]);
      expect([given.status, removed.status].sort()).toEqual(['fulfilled', 'rejected']);
    }
  });

  it('asks for the password again', async () => {
    const session = await server.signIn(adminPerson);
    await server.database.db.query(`UPDATE session SET proven_at = $2 WHERE id = $1`, [
      session.sessionId,
      new Date(at.getTime() - 11 * 60_000),
    ]);
    const needed = { code: 'reauthentication_needed' };
    expect(await problemOf(session.call(rolesApi.save, aRole()))).toEqual(needed);
    const removed = session.call(rolesApi.remove, { roleId: randomUUID(), rev: 1 });
    expect(await problemOf(removed)).toEqual(needed);
  });
});

describe('nobody raises himself', () => {
  it('who manages staff by a custom role gives only what he has, and touches nobody who has more', async () => {
    const db = server.database.db;
    const own = await aCustomRole(db, {
      base: 'admin',
      rights: ['appeal.write', 'rights.see', 'staff.manage'],
    });
    const person = await aManager(db, { role: 'admin', customRoleId: own.id });
    const session = await server.signIn(person);
    const colleague = await aManager(db);
    const beyond = { code: 'forbidden', right: 'giveRights' };
    const change = (personId: string, fields: object) =>
      session.call(accountsApi.changeStaff, { personId, ...fields });

    expect(await problemOf(change(person.id, { role: 'admin' }))).toEqual(beyond);
    expect(
      await problemOf(
        session.call(rolesApi.save, {
          ...{ roleId: own.id, rev: 1, name: own.name, base: 'admin' },
          rights: ['appeal.write', 'rights.see', 'staff.manage', 'company.manage'],
        }),
      ),
    ).toEqual({ code: 'conflict', what: 'own_rights' });
    expect(await problemOf(session.call(rolesApi.save, aRole({ rights: ['board.see'] })))).toEqual(
      beyond,
    );
    expect(await problemOf(change(person.id, { accessAllowed: false }))).toEqual({
      ...{ code: 'conflict', what: 'own_rights' },
    });
    const less = await session.call(rolesApi.save, aRole({ rights: ['appeal.write'] }));
    // A built-in manager has rights that he has not: neither given nor touched.
    expect(await problemOf(change(colleague.id, { customRoleId: less.id }))).toEqual(beyond);
    const helper = await aManager(db, { customRoleId: less.id });
    expect(await problemOf(change(helper.id, { role: 'manager' }))).toEqual(beyond);
    expect(await problemOf(change(helper.id, { role: 'admin' }))).toEqual(beyond);
    expect((await change(helper.id, { customRoleId: own.id })).customRoleId).toBe(own.id);
    const invited = { login: 'raised@firm.example', name: 'Raised', role: 'admin' } as const;
    expect(await problemOf(session.call(accountsApi.addStaff, invited))).toEqual(beyond);
    // Nor a way in as somebody who is more.
    const full = { personId: adminPerson.id };
    expect(await problemOf(session.call(accountsApi.makeStaffLink, full))).toEqual(beyond);
    expect(await problemOf(session.call(accountsApi.resetSecondStep, full))).toEqual(beyond);
    expect(await problemOf(change(adminPerson.id, { accessAllowed: false }))).toEqual(beyond);
  });

  it('not even with every right there is: a full admin is touched by his like alone, and the last one stays', async () => {
    const db = server.database.db;
    const { builtIn } = await admin.call(rolesApi.list, {});
    const { rights } = builtIn.find(({ role }) => role === 'admin')!;
    const role = await save({ base: 'admin', rights });
    const person = await aManager(db, { role: 'admin', customRoleId: role.id });
    const session = await server.signIn(person);
    const demote = { personId: adminPerson.id, customRoleId: role.id };
    expect(await problemOf(session.call(accountsApi.changeStaff, demote))).toMatchObject({
      code: 'forbidden',
    });
    expect(await problemOf(admin.call(accountsApi.changeStaff, demote))).toEqual({
      ...{ code: 'conflict', what: 'own_rights' },
    });
    // Two who take it from each other: the second comes too late.
    const other = await aManager(db, { role: 'admin' });
    const theirs = await server.signIn(other);
    const both = await Promise.allSettled([
      theirs.call(accountsApi.changeStaff, demote),
      admin.call(accountsApi.changeStaff, { personId: other.id, customRoleId: role.id }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [left] = await db.query<{ full: number }>(
      `SELECT count(*)::int AS full FROM person WHERE role = 'admin' AND custom_role_id IS NULL AND access_allowed`,
    );
    expect(left!.full).toBe(1);
  });
});

/** Of no team: every manager sees it. */
async function anAppealOfNobody(): Promise<string> {
  const { db } = server.database;
  const visitor = await server.signIn(await aVisitor(db, await aDealer(db)));
  return (await anAppeal(visitor, await aTopic(db))).appeal.id;
}
