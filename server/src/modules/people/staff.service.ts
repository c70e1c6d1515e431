import { randomUUID } from 'node:crypto';
import type { StaffRole } from '@otklik/shared/people';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import type { Actor } from './actor';
import { changedFields, recordChange } from './change-log.repository';
import { hashPassword } from './password';
import { Person } from './person.entity';
import { personRepository } from './person.repository';
import { sessionRepository } from './session.repository';

export interface NewStaff {
  login: string;
  password: string;
  name: string;
  jobTitle: string;
  role: StaffRole;
  teamIds: readonly string[];
}

export interface StaffChange {
  role?: StaffRole;
  teamIds?: readonly string[];
  accessAllowed?: boolean;
}

/** Who changes; null when a tool does, before there is anybody. */
type By = Pick<Actor, 'personId' | 'sessionId' | 'role'> | null;

export type StaffService = ReturnType<typeof createStaffService>;

/** The supplier's own people. */
export function createStaffService({ db, now }: { db: Db; now: () => Date }) {
  /**
   * Adds a colleague.
   * @throws forbidden – only admins add staff
   * @throws invalid_input – the login is taken
   */
  async function addStaff(by: By, staff: NewStaff): Promise<string> {
    allow(by);
    const passwordHash = await hashPassword(staff.password);
    return db.transaction(async (tx) => {
      const id = randomUUID();
      const { login, name, jobTitle, role } = staff;
      const isNew = await personRepository.insert(tx, {
        ...{ id, login, name, jobTitle, role, passwordHash, createdAt: now() },
        ...{
          dealerId: null,
          email: '',
          phone: '',
          accessAllowed: true,
          shared: false,
          scope: 'all',
          chief: false,
        },
      });
      if (!isNew) throw loginTaken();
      await setTeams(tx, id, staff.teamIds);
      const after = { login, jobTitle, role };
      await recordChange(tx, { ...mark(by, id, name), action: 'staff.added', before: null, after });
      return id;
    });
  }

  /**
   * Changes a colleague's role, teams or access. His sockets come back with new rooms; access off ends his sessions.
   * @throws forbidden – only admins change staff
   * @throws not_found – no such colleague
   */
  async function changeStaff(by: By, personId: string, change: StaffChange): Promise<void> {
    allow(by);
    await db.transaction(async (tx) => {
      await personRepository.lock(tx, [personId]);
      const person = await tx.repository(Person).findOneBy({ id: personId });
      if (person === null || person.role === 'dealer') throw fail('not_found', { what: 'person' });
      const { teamIds, ...fields } = change;
      const changed = changedFields(
        { ...onlyOf(person), teams: await teamsOf(tx, personId) },
        { ...fields, teams: teamIds === undefined ? undefined : [...teamIds].sort().join(' ') },
      );
      if (changed === null) return;
      if (Object.keys(fields).length > 0) await tx.repository(Person).update(personId, fields);
      if (teamIds !== undefined) await setTeams(tx, personId, teamIds);
      await personRepository.changeRights(tx, personId);
      if (change.accessAllowed === false) await closeAccess(tx, by, personId);
      await recordChange(tx, {
        ...mark(by, personId, person.name),
        action: 'staff.changed',
        ...changed,
      });
    });
  }

  /**
   * Sets a password that is known beforehand and ends the person's sessions; the one-time ones are made by the dealer's card.
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
      const live = await sessionRepository.listLive(tx, [personId], now());
      const ids = live.map(({ id }) => id);
      await sessionRepository.end(tx, ids, {
        reason: 'ended_by_staff',
        by: by?.personId ?? null,
        bySession: by?.sessionId,
        at: now(),
      });
    });
  }

  async function closeAccess(tx: Tx, by: By, personId: string): Promise<void> {
    const live = await sessionRepository.listLive(tx, [personId], now());
    const ids = live.map(({ id }) => id);
    await sessionRepository.end(tx, ids, {
      reason: 'access_closed',
      by: by?.personId ?? null,
      bySession: by?.sessionId,
      at: now(),
    });
  }

  const mark = (by: By, subjectId: string, subject: string) =>
    ({ by, at: now(), dealerId: null, subjectId, subject }) as const;

  return { addStaff, changeStaff, setPassword };
}

function allow(by: By): void {
  if (by !== null && by.role !== 'admin') throw fail('forbidden', { right: 'manageStaff' });
}

const onlyOf = ({ role, accessAllowed }: Person) => ({ role, accessAllowed });

async function teamsOf(tx: Tx, personId: string): Promise<string> {
  const rows = await tx.query<{ id: string }>(
    `SELECT team_id AS id FROM person_team WHERE person_id = $1`,
    [personId],
  );
  return rows
    .map(({ id }) => id)
    .sort()
    .join(' ');
}

async function setTeams(tx: Tx, personId: string, teamIds: readonly string[]): Promise<void> {
  await tx.query(`DELETE FROM person_team WHERE person_id = $1`, [personId]);
  await tx.query(`INSERT INTO person_team (person_id, team_id) SELECT $1, unnest($2::uuid[])`, [
    personId,
    teamIds,
  ]);
}

/** Somebody signs in with it already, in whatever case. */
export const loginTaken = () =>
  fail('invalid_input', { fields: [{ path: 'login', rule: 'taken', message: 'is taken' }] });
