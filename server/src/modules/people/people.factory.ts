import { randomUUID } from 'node:crypto';
import type { Role, SessionRule, StaffRole, VisitorScope } from '@otklik/shared/people';
import type { ChosenRight } from '@otklik/shared/roles';
import type { Db } from '../../platform/db';
import type { Actor } from './actor';
import { makeToken, tokenHash } from './session.cookie';
import { sessionRepository } from './session.repository';
import { actorOf } from './session.view';

/** The password of everybody made here. */
export const PASSWORD = 'correct horse battery';
// Of a very cheap argon2id, so that tests that sign in stay fast.
const PASSWORD_HASH =
  '$argon2id$v=19$m=64,t=1,p=1$L8mJlTICm/GxwKNofOjU/g$T2eaQkYwOqlNiCzbb4fegbZ3ZxBs7pTyHtk/H1pvLgk';

let made = 0;
/** Part of codes and logins, so that two of a kind do not collide. */
const next = () => (made += 1);

interface DealerFields {
  code: string;
  name: string;
  taxId: string;
  zone: string;
  email: string;
  phone: string;
  managerId: string | null;
  severalSessions: boolean;
  maxSessions: number;
  newVisitorAccess: boolean;
}

export interface TestPerson {
  id: string;
  login: string;
  name: string;
  role: Role;
  dealerId: string | null;
}

/** A dealer in Moscow with several sessions allowed, up to 5. */
export async function aDealer(db: Db, overrides: Partial<DealerFields> = {}) {
  const no = next();
  const dealer = {
    id: randomUUID(),
    code: `D-${no}`,
    name: `Dealer ${no}`,
    taxId: '7700000000',
    zone: 'Europe/Moscow',
    email: '',
    phone: '',
    managerId: null,
    severalSessions: true,
    maxSessions: 5,
    newVisitorAccess: true,
    ...overrides,
  };
  await db.query(
    `INSERT INTO dealer (id, code, name, tax_id, zone, email, phone, manager_id, several_sessions, max_sessions, new_visitor_access)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      dealer.id,
      dealer.code,
      dealer.name,
      dealer.taxId,
      dealer.zone,
      dealer.email,
      dealer.phone,
      dealer.managerId,
      dealer.severalSessions,
      dealer.maxSessions,
      dealer.newVisitorAccess,
    ],
  );
  return dealer;
}

interface PersonFields {
  login: string;
  name: string;
  jobTitle: string;
  role: Role;
  customRoleId: string | null;
  dealerId: string | null;
  accessAllowed: boolean;
  sessionRule: SessionRule;
  maxSessions: number | null;
  shared: boolean;
  scope: VisitorScope;
  chief: boolean;
}

async function aPerson(
  db: Db,
  fields: Partial<PersonFields> & { role: Role },
): Promise<TestPerson> {
  const no = next();
  const person = {
    id: randomUUID(),
    login: `person${no}@example.test`,
    name: `Person ${no}`,
    jobTitle: '',
    customRoleId: null,
    dealerId: null,
    accessAllowed: true,
    sessionRule: 'dealer',
    maxSessions: null,
    shared: false,
    scope: 'all',
    chief: false,
    ...fields,
  };
  await db.query(
    `INSERT INTO person (id, login, password_hash, name, job_title, role, dealer_id, access_allowed, session_rule, max_sessions, shared, scope, chief, custom_role_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      person.id,
      person.login,
      PASSWORD_HASH,
      person.name,
      person.jobTitle,
      person.role,
      person.dealerId,
      person.accessAllowed,
      person.sessionRule,
      person.maxSessions,
      person.shared,
      person.scope,
      person.chief,
      person.customRoleId,
    ],
  );
  return person;
}

/** A visitor of this dealer who may sign in and sees all its appeals. */
export const aVisitor = (
  db: Db,
  dealer: { id: string },
  overrides: Partial<Omit<PersonFields, 'role' | 'dealerId'>> = {},
) => aPerson(db, { ...overrides, role: 'dealer', dealerId: dealer.id });

/** A role of named rights, of managers unless said. */
export async function aCustomRole(
  db: Db,
  overrides: { name?: string; base?: StaffRole; rights?: readonly ChosenRight[] } = {},
) {
  const base: StaffRole = 'manager';
  const rights: readonly ChosenRight[] = [];
  const role = { id: randomUUID(), name: `Role ${next()}`, base, rights, rev: 1, ...overrides };
  await db.query(
    `INSERT INTO custom_role (id, name, base, rights, rev) VALUES ($1, $2, $3, $4, $5)`,
    [role.id, role.name, role.base, role.rights, role.rev],
  );
  return role;
}

/** A manager without teams; `role` makes a supervisor or an admin of him. */
export async function aManager(
  db: Db,
  overrides: Partial<Omit<PersonFields, 'dealerId' | 'scope' | 'chief'>> & {
    teamIds?: readonly string[];
  } = {},
): Promise<TestPerson> {
  const { teamIds = [], ...fields } = overrides;
  const person = await aPerson(db, { role: 'manager', ...fields });
  await db.query(`INSERT INTO person_team (person_id, team_id) SELECT $1, unnest($2::uuid[])`, [
    person.id,
    teamIds,
  ]);
  return person;
}

export async function aTeam(db: Db): Promise<{ id: string }> {
  const id = randomUUID();
  const name = `Team ${next()}`;
  await db.query(`INSERT INTO team (id, code, name_ru, name_en) VALUES ($1, $2, $3, $3)`, [
    id,
    id,
    name,
  ]);
  return { id };
}

export async function aTopic(
  db: Db,
  { teamId = null }: { teamId?: string | null } = {},
): Promise<{ id: string }> {
  const id = randomUUID();
  const name = `Topic ${next()}`;
  await db.query(
    `INSERT INTO topic (id, code, name_ru, name_en, team_id) VALUES ($1, $2, $3, $3, $4)`,
    [id, id, name, teamId],
  );
  return { id };
}

interface SessionFields {
  personName: string | null;
  device: string;
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
}

/** A live session row, and the cookie that goes with it. */
export async function aSession(
  db: Db,
  person: { id: string },
  overrides: Partial<SessionFields> = {},
): Promise<{ id: string; cookie: string }> {
  const token = makeToken();
  const session = {
    personName: null,
    device: 'Chrome, Windows',
    createdAt: new Date(),
    lastSeenAt: new Date(),
    expiresAt: new Date('2099-01-01T00:00:00Z'),
    ...overrides,
  };
  const id = randomUUID();
  await db.query(
    `INSERT INTO session (id, token_hash, person_id, person_name, device, device_kind, created_at, last_seen_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, 'computer', $6, $7, $8)`,
    [
      id,
      tokenHash(token),
      person.id,
      session.personName,
      session.device,
      session.createdAt,
      session.lastSeenAt,
      session.expiresAt,
    ],
  );
  return { id, cookie: `otklik_session=${token}` };
}

/** A live session for each of many people in one statement, and their cookies in the same order. */
export async function someSessions(db: Db, personIds: readonly string[]): Promise<string[]> {
  const tokens = personIds.map(() => makeToken());
  await db.query(
    `INSERT INTO session (token_hash, person_id, device, device_kind, expires_at)
     SELECT hash, person, 'Chrome, Windows', 'computer', '2099-01-01T00:00:00Z'
     FROM unnest($1::bytea[], $2::uuid[]) s (hash, person)`,
    [tokens.map(tokenHash), personIds],
  );
  return tokens.map((token) => `otklik_session=${token}`);
}

/** This person, signed in. */
export async function anActor(
  db: Db,
  person: { id: string },
  overrides: Partial<SessionFields> = {},
): Promise<Actor> {
  const session = await aSession(db, person, overrides);
  return actorOf(await sessionRepository.get(db, session.id));
}
