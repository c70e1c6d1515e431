import { randomUUID } from 'node:crypto';
import type {
  AddStaff,
  ChangeStaff,
  InvitedStaff,
  PasswordLink,
  StaffView,
} from '@otklik/shared/accounts';
import type { StaffRole } from '@otklik/shared/people';
import type * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import { isStaff, type Actor } from './actor';
import { changedFields, recordChange } from './change-log.repository';
import { hashPassword, makeOneTimePassword } from './password';
import { makePasswordLink } from './password-link.service';
import { Person } from './person.entity';
import { managesStaff } from './person.policy';
import { personRepository, type Standing } from './person.repository';
import { refuseUnproven } from './reauthentication';
import { covers } from './rights';
import { knownRights, roleRepository, type RoleRow } from './role.repository';
import { sessionRepository } from './session.repository';
import { staffRepository, type StaffRow } from './staff.repository';
import { staffView } from './staff.view';

export interface NewStaff {
  login: string;
  password: string;
  name: string;
  jobTitle: string;
  role: StaffRole;
  customRoleId?: string | null;
  teamIds: readonly string[];
}

export type StaffChange = Omit<z.output<typeof ChangeStaff>, 'personId'>;

/** Who changes; null when a tool does, before there is anybody. */
type By = Pick<
  Actor,
  'personId' | 'sessionId' | 'role' | 'customRights' | 'side' | 'provenAt'
> | null;

export type StaffService = ReturnType<typeof createStaffService>;

/** The supplier's own people. */
export function createStaffService({ db, now }: { db: Db; now: () => Date }) {
  /**
   * Everybody of the staff, those without access last.
   * @throws not_found – for dealers
   * @throws forbidden – only admins manage staff
   */
  async function list(by: Actor): Promise<StaffView[]> {
    allow(by);
    return (await staffRepository.list(db, now())).map(staffView);
  }

  /**
   * Adds a colleague with a password that is known beforehand, for tools.
   * @throws forbidden – only admins add staff
   * @throws invalid_input – the login is taken, a team is unknown
   */
  async function addStaff(by: By, staff: NewStaff): Promise<string> {
    allow(by);
    const passwordHash = await hashPassword(staff.password);
    return db.transaction((tx) => insert(tx, by, { ...staff, passwordHash }));
  }

  /**
   * Adds a colleague, and makes the link by which he sets his password.
   * @throws not_found, forbidden – as {@link list}; @throws invalid_input – as {@link addStaff}
   * @throws reauthentication_needed
   */
  async function invite(by: Actor, staff: z.output<typeof AddStaff>): Promise<InvitedStaff> {
    allow(by);
    refuseUnproven(by, now());
    // Nobody ever knows this one.
    const passwordHash = await hashPassword(makeOneTimePassword());
    return db.transaction(async (tx) => {
      await lockRoles(tx, by);
      const personId = await insert(tx, by, { ...staff, passwordHash });
      const link = await makePasswordLink(tx, { personId, lastSignInAt: null }, now());
      return { person: staffView(await get(tx, personId)), link };
    });
  }

  async function insert(
    tx: Tx,
    by: By,
    staff: Omit<NewStaff, 'password'> & { passwordHash: string },
  ): Promise<string> {
    const id = randomUUID();
    const { login, name, jobTitle, role, customRoleId = null, passwordHash, teamIds } = staff;
    const custom = await roleToGive(tx, by, { role, customRoleId });
    await refuseUnknownTeams(tx, teamIds, null);
    const isNew = await personRepository.insert(tx, {
      ...{ id, login, name, jobTitle, role, customRoleId, passwordHash, createdAt: now() },
      ...{ dealerId: null, email: '', phone: '', accessAllowed: true },
      ...{ shared: false, scope: 'all', chief: false },
    });
    if (!isNew) throw loginTaken();
    await staffRepository.setTeams(tx, id, [...new Set(teamIds)]);
    const after = { login, jobTitle, role, customRole: custom?.name ?? null };
    await recordChange(tx, { ...mark(by, id, name), action: 'staff.added', before: null, after });
    return id;
  }

  /**
   * Changes a colleague. His sockets come back with new rooms; access off ends his sessions.
   * @throws not_found – no such colleague, or a dealer asks
   * @throws forbidden – only admins change staff
   * @throws reauthentication_needed
   * @throws conflict – one's own role and access are changed by another admin, so that one is always left
   * @throws forbidden – he has, or would have, rights that whoever changes him has not
   * @throws invalid_input – a team or a custom role is unknown, or its base is another one
   */
  async function changeStaff(by: By, personId: string, change: StaffChange): Promise<StaffView> {
    return db.transaction(async (tx) => {
      const before = await lockToManage(tx, by, personId);
      const isOwn = by?.personId === personId;
      const { teamIds, role: wantedRole, customRoleId: wantedCustom, ...rest } = change;
      const custom = await roleToGive(tx, by, { role: wantedRole, customRoleId: wantedCustom });
      const role = custom?.base ?? wantedRole ?? before.role;
      const isRoleSaid = wantedRole !== undefined || wantedCustom !== undefined;
      const customRoleId = isRoleSaid ? (custom?.id ?? null) : before.customRoleId;
      const isOtherRole = role !== before.role || customRoleId !== before.customRoleId;
      if (isOwn && (isOtherRole || change.accessAllowed === false))
        throw fail('conflict', { what: 'own_rights' });
      const changed = changedFields(
        { ...before, teams: before.teamIds.join(' ') },
        {
          ...{
            ...rest,
            role,
            customRole: isOtherRole ? (custom?.name ?? null) : before.customRole,
          },
          teams: teamIds && [...new Set(teamIds)].sort().join(' '),
        },
      );
      if (changed === null) return staffView(before);
      if (teamIds) {
        await refuseUnknownTeams(tx, teamIds, personId);
        await staffRepository.setTeams(tx, personId, [...new Set(teamIds)]);
      }
      const fields = isOtherRole ? { ...rest, role, customRoleId } : rest;
      if (Object.keys(fields).length > 0) await tx.repository(Person).update(personId, fields);
      const names = Object.keys(changed.after);
      if (names.some((name) => name !== 'name' && name !== 'jobTitle'))
        await personRepository.changeRights(tx, personId);
      else await personRepository.reconnect(tx, personId);
      if (change.accessAllowed === false) await endAll(tx, by, personId, 'access_closed');
      await recordChange(tx, {
        ...mark(by, personId, before.name),
        action: 'staff.changed',
        ...changed,
      });
      return staffView(await get(tx, personId));
    });
  }

  /**
   * A link for who forgot his password or never had one. Nothing of his ends before it is used.
   * @throws not_found, forbidden – as {@link changeStaff}
   */
  async function makeLink(by: Actor, personId: string): Promise<InvitedStaff> {
    return db.transaction(async (tx) => {
      const person = await lockToManage(tx, by, personId);
      const { lastSignInAt } = person;
      const link: PasswordLink = await makePasswordLink(tx, { personId, lastSignInAt }, now());
      await recordChange(tx, {
        ...mark(by, personId, person.name),
        ...{ action: 'staff.link_made', before: null, after: null },
      });
      return { person: staffView(person), link };
    });
  }

  /**
   * Ends all sessions of a colleague. @returns how many
   * @throws not_found, forbidden – as {@link changeStaff}
   */
  async function endSessions(by: Actor, personId: string): Promise<number> {
    return db.transaction(async (tx) => {
      const person = await lockToManage(tx, by, personId);
      const ended = await endAll(tx, by, personId, 'ended_by_staff');
      if (ended > 0)
        await recordChange(tx, {
          ...mark(by, personId, person.name),
          ...{ action: 'staff.sessions_ended', before: { sessions: ended }, after: null },
        });
      return ended;
    });
  }

  /**
   * Sets a password that is known beforehand and ends the person's sessions, for tools.
   * @throws forbidden – only admins do
   * @throws not_found – no such person
   */
  async function setPassword(by: By, personId: string, password: string): Promise<void> {
    allow(by);
    const passwordHash = await hashPassword(password);
    await db.transaction(async (tx) => {
      await personRepository.lock(tx, [personId]);
      const person = await tx.repository(Person).findOneBy({ id: personId });
      if (person === null) throw fail('not_found', { what: 'person' });
      await personRepository.setPassword(tx, personId, passwordHash);
      await recordChange(tx, {
        ...mark(by, personId, person.name),
        ...{ dealerId: person.dealerId, action: 'person.password_set', before: null, after: null },
      });
      await endAll(tx, by, personId, 'ended_by_staff');
    });
  }

  /** Holds both, so that of two admins who take each other's role away one comes too late. */
  async function lockToManage(tx: Tx, by: By, personId: string): Promise<StaffRow> {
    allow(by);
    if (by !== null) refuseUnproven(by, now());
    const mine = await lockRoles(tx, by);
    await personRepository.lock(tx, by === null ? [personId] : [personId, by.personId]);
    const person = await staffRepository.find(tx, personId, now());
    if (person === null) throw fail('not_found', { what: 'person' });
    if (mine !== null && !covers(mine, person)) throw beyond();
    return person;
  }

  /** Nobody else changes roles or staff from here on; what the one who does it holds now. Null: a tool. */
  async function lockRoles(tx: Tx, by: By): Promise<Standing | null> {
    await roleRepository.lock(tx);
    if (by === null) return null;
    const mine = await personRepository.standingOf(tx, by.personId);
    if (mine === null || !managesStaff(mine)) throw forbidden();
    return mine;
  }

  /**
   * The custom role that is to be given; null: one that is built in, or none.
   * @throws invalid_input – it is unknown, or its base is not the role that is said with it
   * @throws forbidden – it has rights that the giver has not
   */
  async function roleToGive(
    tx: Tx,
    by: By,
    {
      role,
      customRoleId,
    }: { role?: StaffRole | undefined; customRoleId?: string | null | undefined },
  ): Promise<RoleRow | null> {
    const custom = customRoleId ? await roleRepository.find(tx, customRoleId) : null;
    if (customRoleId && custom === null) throw refusedRole('unknown', 'names no role there is');
    if (custom && role !== undefined && role !== custom.base)
      throw refusedRole('base', 'has another base');
    const mine = by && (await personRepository.standingOf(tx, by.personId));
    const given = custom
      ? { role: custom.base, customRights: knownRights(custom) }
      : role && { role, customRights: null };
    if (mine && given && !covers(mine, given)) throw beyond();
    return custom;
  }

  async function get(tx: Tx, personId: string): Promise<StaffRow> {
    const person = await staffRepository.find(tx, personId, now());
    if (person === null)
      throw new Error(`person ${personId} is gone, though people are never deleted`);
    return person;
  }

  async function endAll(
    tx: Tx,
    by: By,
    personId: string,
    reason: 'access_closed' | 'ended_by_staff',
  ): Promise<number> {
    const live = await sessionRepository.listLive(tx, [personId], now());
    const ids = live.map(({ id }) => id).filter((id) => id !== by?.sessionId);
    return sessionRepository.end(tx, ids, {
      ...{ reason, by: by?.personId ?? null, bySession: by?.sessionId, at: now() },
    });
  }

  const mark = (by: By, subjectId: string, subject: string) =>
    ({ by, at: now(), dealerId: null, subjectId, subject }) as const;

  return { list, addStaff, invite, changeStaff, makeLink, endSessions, setPassword };
}

const forbidden = () => fail('forbidden', { right: 'manageStaff' });
const beyond = () => fail('forbidden', { right: 'giveRights' });
const refusedRole = (rule: string, message: string) =>
  fail('invalid_input', { fields: [{ path: 'customRoleId', rule, message }] });

function allow(by: By): void {
  if (by === null) return;
  if (!isStaff(by)) throw fail('not_found', { what: 'person' });
  if (!managesStaff(by)) throw forbidden();
}

async function refuseUnknownTeams(
  tx: Tx,
  teamIds: readonly string[],
  personId: string | null,
): Promise<void> {
  const known = await staffRepository.countTeams(tx, teamIds, personId);
  if (known !== new Set(teamIds).size)
    throw fail('invalid_input', {
      fields: [{ path: 'teamIds', rule: 'unknown', message: 'names a team that does not exist' }],
    });
}

/** Somebody signs in with it already, in whatever case. */
export const loginTaken = () =>
  fail('invalid_input', { fields: [{ path: 'login', rule: 'taken', message: 'is taken' }] });
