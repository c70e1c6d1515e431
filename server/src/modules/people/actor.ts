import type { Role, Side, VisitorScope } from '@otklik/shared/people';
import type { RightName } from '@otklik/shared/rights';

/** Who acts: made from the session at the edge, never from the input. */
export interface Actor {
  personId: string;
  sessionId: string;
  role: Role;
  /** What a role made of named rights names; null: the role as it is built in. */
  customRights: readonly RightName[] | null;
  side: Side;
  /** The name messages show: of the session when the login is shared, else of the person. */
  name: string;
  jobTitle: string;
  /** A shared login whose session has not named its person: may read, not write. */
  nameNeeded: boolean;
  /** The company requires a second step of this role, and he has none: he sets it up before anything else. */
  enrolmentNeeded: boolean;
  /** When the password was last typed in this session. */
  provenAt: Date;
  /** Of a visitor; null for staff. */
  dealerId: string | null;
  scope: VisitorScope;
  /** Of a visitor: brings colleagues of his dealer into threads. */
  chief: boolean;
  /** Of staff; empty for visitors. */
  teamIds: readonly string[];
  /** Grows when what this person may see changes. */
  rightsVersion: number;
  /** The admin who sees the portal as this person: he alone acts, and only reads. `sessionId` is of his session. */
  viewedBy?: { personId: string; name: string };
  /** Where his request comes from; a socket's is told by its session. */
  address?: string | null;
}

export const isStaff = (actor: Pick<Actor, 'side'>) => actor.side === 'staff';
/** Supervisors and admins see everything; managers see their teams and what they take part in. */
export const seesAllAppeals = (actor: Pick<Actor, 'role'>) =>
  actor.role === 'supervisor' || actor.role === 'admin';

/** The rooms of the socket server, by rights. */
export const rooms = {
  session: (id: string) => `session:${id}`,
  person: (id: string) => `person:${id}`,
  /** Visitors who see all appeals of their dealer. */
  dealer: (id: string) => `dealer:${id}`,
  team: (id: string) => `team:${id}`,
  /** Every visitor of a dealer, for what concerns the company (orders). */
  company: (dealerId: string) => `company:${dealerId}`,
  /** Supervisors and admins. */
  overseers: 'overseers',
  /** All staff. */
  staff: 'staff',
};

/** Which rooms an actor's sockets are in. */
export function roomsOf(actor: Actor): string[] {
  const own = [rooms.session(actor.sessionId), rooms.person(actor.personId)];
  if (actor.enrolmentNeeded) return own;
  if (actor.dealerId !== null) {
    const company = [...own, rooms.company(actor.dealerId)];
    return actor.scope === 'all' ? [...company, rooms.dealer(actor.dealerId)] : company;
  }
  const staff = [...own, rooms.staff];
  return seesAllAppeals(actor)
    ? [...staff, rooms.overseers]
    : [...staff, ...actor.teamIds.map(rooms.team)];
}
