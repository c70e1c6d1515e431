import { randomBytes } from 'node:crypto';
import { CreateDealer, InviteVisitor } from '@otklik/shared/dealers';
import type { Db } from '../../platform/db';
import { createDealerService } from '../dealers';
import {
  createStaffService,
  hashPassword,
  personRepository,
  sessionRepository,
  type Actor,
} from '../people';
import { chiefs, dealers, staff, teams, topics, visitors } from './demo.content';
import type { DealerKey, PersonKey, StaffKey, TeamKey, TopicKey } from './demo.content';
import { keysOf } from './demo.keys';
import { demoRepository, LOADER_DEVICE } from './demo.repository';

export type Cast = Record<PersonKey, Actor>;

/** Everybody who acts in the demo, and the directories they choose from. */
export interface DemoWorld {
  actors: Cast;
  teamIds: Record<TeamKey, string>;
  topicIds: Record<TopicKey, string>;
  /** Switches off the access of those who only acted, and ends the loader's sessions. */
  finish(): Promise<void>;
}

const DAY_MS = 86_400_000;
/** The company had used the portal for a while before the first appeal that is shown. */
const STAFF_SINCE_DAYS = 400;
const DEALERS_SINCE_DAYS = 390;

export const demoLogins = [...Object.values(staff), ...Object.values(visitors)].map(
  ({ login }) => login,
);

/**
 * Adds departments, topics, staff, dealers and their people, all with one password, and gives each a session to act from.
 * @param now the moment of loading
 */
export async function addPeople(db: Db, password: string, now: Date): Promise<DemoWorld> {
  const daysAgo = (days: number) => new Date(now.getTime() - days * DAY_MS);
  const { teamIds, topicIds } = await addDirectories(db);
  const sessions: string[] = [];

  /** The person signs in, as everybody who writes must. */
  async function signIn(
    person: Omit<
      Actor,
      'sessionId' | 'customRights' | 'nameNeeded' | 'enrolmentNeeded' | 'provenAt' | 'rightsVersion'
    >,
  ) {
    const sessionId = await db.transaction(async (tx) => {
      await personRepository.signedIn(tx, person.personId, now);
      return sessionRepository.insert(tx, {
        tokenHash: randomBytes(32),
        personId: person.personId,
        device: { name: LOADER_DEVICE, kind: 'computer' },
        deviceId: null,
        signedOn: false,
        address: null,
        network: null,
        remembered: false,
        at: now,
        expiresAt: new Date(now.getTime() + DAY_MS),
      });
    });
    sessions.push(sessionId);
    const fresh = { nameNeeded: false, enrolmentNeeded: false, provenAt: now, rightsVersion: 1 };
    return { ...person, sessionId, customRights: null, ...fresh };
  }

  async function addStaff(key: StaffKey): Promise<Actor> {
    const { addStaff } = createStaffService({ db, now: () => daysAgo(STAFF_SINCE_DAYS) });
    const { login, name, title: jobTitle, role, teams: own } = staff[key];
    const members = own.map((team) => teamIds[team]);
    const personId = await addStaff(null, {
      login,
      password,
      name,
      jobTitle,
      role,
      teamIds: members,
    });
    return signIn({
      ...{ personId, role, side: 'staff', name, jobTitle },
      ...{ dealerId: null, scope: 'all', chief: false, teamIds: members },
    });
  }

  const staffActors = await mapKeys(staff, addStaff);
  const admin = staffActors.kostrov;
  const then = createDealerService({
    db,
    now: () => daysAgo(DEALERS_SINCE_DAYS),
    isOnline: () => false,
  });

  const dealerIds = await mapKeys(dealers, async (key: DealerKey) => {
    const { code, name, taxId, zone, contract, phone, email, city, manager, sessionsPerVisitor } =
      dealers[key];
    const card = await then.create(
      admin,
      CreateDealer.parse({
        ...{ code, name, taxId, zone, contract, phone, email, address: city },
        managerId: staffActors[manager].personId,
      }),
    );
    const severalSessions = sessionsPerVisitor > 1;
    const maxSessions = severalSessions ? sessionsPerVisitor : undefined;
    await then.change(admin, { dealerId: card.id, severalSessions, maxSessions });
    return card.id;
  });

  // Who is invited sets his password himself; demo visitors all get the same, hashed once.
  const passwordHash = await hashPassword(password);
  const visitorActors = await mapKeys(visitors, async (key) => {
    const { login, name, title: jobTitle, dealer, sessions: count, seesAllAppeals } = visitors[key];
    const dealerId = dealerIds[dealer];
    const scope = seesAllAppeals ? 'all' : 'own';
    const chief = chiefs.has(key);
    const invitation = InviteVisitor.parse({ dealerId, name, jobTitle, login, scope, chief });
    const { visitor } = await then.inviteVisitor(admin, invitation);
    const personId = visitor.id;
    if (count !== null) {
      const rule = count === 1 ? 'one' : 'several';
      const maxSessions = count === 1 ? null : count;
      await then.changeVisitor(admin, { visitorId: personId, sessionRule: rule, maxSessions });
    }
    await db.transaction((tx) => personRepository.setPassword(tx, personId, passwordHash));
    return signIn({
      ...{ personId, role: 'dealer', side: 'dealer', name, jobTitle },
      ...{ dealerId, scope, chief, teamIds: [] },
    });
  });

  const actors: Cast = { ...staffActors, ...visitorActors };
  async function finish(): Promise<void> {
    const today = createDealerService({ db, now: () => now, isOnline: () => false });
    for (const key of keysOf(visitors)) {
      if (visitors[key].accessAllowed) continue;
      const visitorId = actors[key].personId;
      await today.changeVisitor(admin, { visitorId, accessAllowed: false });
    }
    await db.transaction((tx) =>
      sessionRepository.end(tx, sessions, { reason: 'signed_out', by: null, at: now }),
    );
  }
  return { actors, teamIds, topicIds, finish };
}

async function addDirectories(db: Db) {
  const teamIds: Record<TeamKey, string> = await mapKeys(teams, (code) =>
    demoRepository.addTeam(db, { code, ru: teams[code].name, en: teams[code].nameEn }),
  );
  const order = keysOf(topics);
  const topicIds = await mapKeys(topics, (code) => {
    const { name: ru, nameEn: en, team } = topics[code];
    const position = order.indexOf(code) + 1;
    return demoRepository.addTopic(db, { code, ru, en, teamId: teamIds[team], position });
  });
  return { teamIds, topicIds };
}

/** The same record with other values, made at the same time. */
async function mapKeys<Key extends string, Value>(
  record: Record<Key, unknown>,
  make: (key: Key) => Promise<Value>,
): Promise<Record<Key, Value>> {
  const pairs = await Promise.all(
    keysOf(record).map(async (key) => [key, await make(key)] as const),
  );
  // The library forgets the names of keys.
  return Object.fromEntries(pairs) as Record<Key, Value>;
}
