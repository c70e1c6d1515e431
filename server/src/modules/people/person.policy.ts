import type { Rights, Role, SessionRule } from '@otklik/shared/people';
import { holds, type Who } from './rights';

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
export function rightsOf(actor: Who): Rights {
  return {
    writeNotes: holds(actor, 'note.write'),
    assign: holds(actor, 'appeal.assign'),
    changeFields: holds(actor, 'appeal.change_fields'),
    seeBoard: holds(actor, 'board.see'),
    seeReports: holds(actor, 'report.see'),
    seeDealers: holds(actor, 'dealer.read'),
    manageDealers: holds(actor, 'dealer.create'),
    manageSla: holds(actor, 'sla.manage'),
    manageCompany: holds(actor, 'company.manage'),
    manageStaff: holds(actor, 'staff.manage'),
    manageTokens: holds(actor, 'token.manage'),
    manageDirectories: holds(actor, 'topic.manage'),
    seeOrders: holds(actor, 'order.list'),
    seeRights: holds(actor, 'rights.see'),
    viewAs: viewsAs(actor),
    seeAudit: holds(actor, 'audit.read'),
    seeSeats: holds(actor, 'seats.see'),
  };
}

/** Adds colleagues and changes their roles, teams and access. */
export const managesStaff = (actor: Who) => holds(actor, 'staff.manage');

/** Sees the portal as somebody else does. */
export const viewsAs = (actor: Who) => holds(actor, 'person.view_as');

/** Sees who may do what: the table, and the roles made of it. */
export const seesRights = (actor: Who) => holds(actor, 'rights.see');

/** Makes and closes tokens of other systems. */
export const managesTokens = (actor: Who) => holds(actor, 'token.manage');

/** May anybody of the supplier's staff be looked up? Only by colleagues. */
export const seesColleagues = (actor: Who) => holds(actor, 'colleague.see');
