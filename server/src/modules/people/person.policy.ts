import type { Rights, Role, SessionRule } from '@otklik/shared/people';
import { isStaff, seesAllAppeals, type Actor } from './actor';

/** Staff work on a desk machine, a phone and whatever else is near; more than this is a leaked password. */
export const STAFF_SESSIONS = 10;

/** What decides how many sessions a person may hold at once. */
export interface SessionLaw {
  role: Role;
  sessionRule: SessionRule;
  /** The visitor's own number; null takes the dealer's. */
  maxSessions: number | null;
  /** The rule of the dealer's card; null for staff. */
  dealer: { severalSessions: boolean; maxSessions: number } | null;
}

/** How many sessions the rule comes to: "one", "several up to N", or what the dealer's card says. */
export function sessionLimit({ sessionRule, maxSessions, dealer }: SessionLaw): number {
  if (dealer === null) return STAFF_SESSIONS;
  switch (sessionRule) {
    case 'one':
      return 1;
    case 'several':
      return maxSessions ?? dealer.maxSessions;
    case 'dealer':
      return dealer.severalSessions ? dealer.maxSessions : 1;
  }
}

/** Several people use this login; then each session must name its person. Only where several sessions are allowed. */
export const isSharedLogin = (law: SessionLaw & { shared: boolean }) =>
  law.shared && sessionLimit(law) > 1;

/**
 * Which sessions must end so that at most `limit` are left: those least recently seen.
 * @param limit how many may stay, 0 or more
 */
export function sessionsBeyond<Session extends { lastSeenAt: Date; createdAt: Date }>(
  sessions: readonly Session[],
  limit: number,
): Session[] {
  const newestFirst = [...sessions].sort(
    (a, b) =>
      b.lastSeenAt.getTime() - a.lastSeenAt.getTime() ||
      b.createdAt.getTime() - a.createdAt.getTime(),
  );
  return newestFirst.slice(limit).reverse();
}

/** What a signed-in person may do, as the client is told. */
export function rightsOf(actor: Pick<Actor, 'role' | 'side'>): Rights {
  const staff = isStaff(actor);
  const overseer = seesAllAppeals(actor);
  return {
    writeNotes: staff,
    assign: staff,
    changeFields: staff,
    seeBoard: overseer,
    seeReports: overseer,
    seeDealers: staff,
    manageDealers: actor.role === 'admin',
    manageSla: actor.role === 'admin',
    manageCompany: actor.role === 'admin',
    manageStaff: managesStaff(actor),
    manageTokens: managesTokens(actor),
    seeOrders: true,
  };
}

/** Adds colleagues and changes their roles, teams and access. */
export const managesStaff = (actor: Pick<Actor, 'role'>) => actor.role === 'admin';

/** Makes and closes tokens of other systems. */
export const managesTokens = (actor: Pick<Actor, 'role'>) => actor.role === 'admin';

/** May anybody of the supplier's staff be looked up? Only by colleagues. */
export const seesColleagues = (actor: Pick<Actor, 'side'>) => isStaff(actor);
