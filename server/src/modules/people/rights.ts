import type { ServerNews } from '@otklik/shared/news';
import { StaffRole } from '@otklik/shared/people';
import type { ObjectKind, ObjectState, Relation, RightName, RoleName } from '@otklik/shared/rights';
import { ChosenRight } from '@otklik/shared/roles';
import type { Actor } from './actor';

/** `any`: however they stand to each other. */
type Grant = 'any' | readonly Relation[];

export interface RightRule {
  /** What it is about; null: about nothing in particular. */
  object: ObjectKind | null;
  /** Has to be held first; its refusal comes before this one. */
  needs?: RightName;
  /** Whoever lacks it is told that there is no such thing; else that he may not. */
  hides?: true;
  may: Partial<Record<RoleName, Grant>>;
  /** These roles have it only while the object is in one of these states. */
  when?: Partial<Record<RoleName, readonly ObjectState[]>>;
}

const dealers = { dealer_own: 'any', dealer_all: 'any' } as const;
const overseers = { supervisor: 'any', admin: 'any' } as const;
const staff = { manager: 'any', ...overseers } as const;
const people = { ...dealers, ...staff } as const;
const everybody = { ...people, integration: 'any', machine: 'any', nobody: 'any' } as const;
/** Each of the people, in these relations. */
const peopleWith = (relations: readonly Relation[]) => ({
  ...{ dealer_own: relations, dealer_all: relations },
  ...{ manager: relations, supervisor: relations, admin: relations },
});

/**
 * Who may do what: every right, by role, by how the person stands to the object, by the state of the object where it matters. Policies
 * answer from this table; what SQL decides is tested to answer the same. Docs and the page "who may do what" show it.
 */
export const rights: Record<RightName, RightRule> = {
  // One's own account
  'session.open': { object: null, may: everybody },
  // Whoever has the link: it is the proof.
  'link.use': { object: null, may: everybody },
  'account.use': { object: null, may: people },
  'session.end': { object: 'session', hides: true, may: peopleWith(['own']) },
  'session.name': {
    object: null,
    may: people,
    when: {
      ...{ dealer_own: ['shared'], dealer_all: ['shared'] },
      ...{ manager: ['shared'], supervisor: ['shared'], admin: ['shared'] },
    },
  },
  'directory.read': { object: null, may: people },
  'colleague.see': { object: null, hides: true, may: staff },
  'dealer_people.see': { object: null, hides: true, may: dealers },
  // What is the staff's alone is not there for dealers.
  'staff.work': { object: null, hides: true, may: staff },

  // Appeals
  'appeal.list': { object: null, may: people },
  'appeal.staff_views': { object: null, may: staff },
  'appeal.read': {
    object: 'appeal',
    hides: true,
    may: {
      dealer_own: ['own', 'participant'],
      dealer_all: ['own', 'participant', 'same_dealer'],
      manager: ['no_team', 'team', 'assignee', 'in_charge', 'participant'],
      ...overseers,
    },
  },
  'appeal.open': { object: null, may: people },
  'appeal.open_for': { object: null, may: staff },
  'appeal.write': { object: 'appeal', needs: 'appeal.read', may: people },
  'appeal.solve': {
    object: 'appeal',
    needs: 'appeal.read',
    may: people,
    when: { dealer_own: ['open'], dealer_all: ['open'] },
  },
  'appeal.change_status': { object: 'appeal', needs: 'appeal.read', may: staff },
  'appeal.change_fields': { object: 'appeal', needs: 'appeal.read', may: staff },
  'appeal.assign': { object: 'appeal', needs: 'appeal.read', may: staff },
  'appeal.merge': { object: 'appeal', needs: 'appeal.read', may: staff },
  'appeal.see_clocks': { object: 'appeal', needs: 'appeal.read', may: staff },
  'appeal.bring_people': {
    object: 'appeal',
    needs: 'appeal.read',
    may: { chief: 'any', ...staff },
  },
  // Each side removes its own people; who opened the appeal stays.
  'member.remove': {
    object: 'member',
    needs: 'appeal.read',
    may: {
      ...{ dealer_own: ['own'], dealer_all: ['own'], chief: ['own', 'stranger'] },
      ...{ manager: ['own', 'assignee'], ...overseers },
    },
  },
  'order.link': { object: 'appeal', needs: 'appeal.read', may: people },
  'note.read': { object: 'entry', needs: 'appeal.read', hides: true, may: staff },
  'note.write': { object: null, may: staff },
  'entry.change': {
    object: 'entry',
    needs: 'appeal.read',
    may: peopleWith(['own']),
    when: {
      ...{ dealer_own: ['fresh'], dealer_all: ['fresh'] },
      ...{ manager: ['fresh'], supervisor: ['fresh'], admin: ['fresh'] },
    },
  },
  'entry.history': { object: 'entry', needs: 'appeal.read', hides: true, may: staff },
  'question.withdraw': {
    object: 'question',
    needs: 'note.read',
    may: {
      manager: ['own', 'assignee'],
      supervisor: ['own', 'assignee'],
      admin: ['own', 'assignee'],
    },
  },
  'receipt.give': { object: null, may: people },
  'receipt.see': { object: 'entry', needs: 'appeal.read', hides: true, may: staff },
  'notice.read': { object: null, may: people },
  'draft.keep': { object: null, may: people },
  'dispute.raise': { object: 'appeal', needs: 'appeal.read', may: people },
  'dispute.settle': { object: 'appeal', needs: 'appeal.read', may: overseers },
  'dispute.list': { object: null, may: overseers },
  'board.see': { object: null, needs: 'staff.work', may: overseers },
  'board.reassign': { object: null, needs: 'staff.work', may: staff },
  'report.see': { object: null, needs: 'staff.work', may: overseers },

  // Files and orders
  'file.upload': { object: null, may: people },
  'upload.own': { object: 'upload', hides: true, may: peopleWith(['own']) },
  // Until a message takes it, an upload is its sender's alone; afterwards the message decides.
  'file.read': { object: 'file', hides: true, may: peopleWith(['own', 'shown']) },
  'file.discard': { object: 'file', hides: true, may: peopleWith(['own']) },
  'order.list': { object: null, may: people },
  'order.read': {
    object: 'order',
    hides: true,
    may: { dealer_own: ['same_dealer'], dealer_all: ['same_dealer'], ...staff },
  },
  'order.exchange': { object: null, may: { integration: 'any' } },

  // Macros: what is somebody's own, nobody else ever sees.
  'macro.use': { object: null, hides: true, may: staff },
  'macro.share': { object: null, needs: 'macro.use', may: overseers },
  'macro.read': {
    object: 'macro',
    hides: true,
    may: {
      manager: ['own', 'team', 'no_team'],
      supervisor: ['own', 'team', 'other_team', 'no_team'],
      admin: ['own', 'team', 'other_team', 'no_team'],
    },
  },
  'macro.change': {
    object: 'macro',
    needs: 'macro.read',
    may: {
      manager: ['own'],
      supervisor: ['own', 'team', 'other_team', 'no_team'],
      admin: ['own', 'team', 'other_team', 'no_team'],
    },
  },

  // Dealers: to a dealer nothing of it exists, his own card included; of that he sees the contacts alone.
  'dealer.read': { object: null, hides: true, may: staff },
  'dealer.create': { object: null, needs: 'dealer.read', may: { admin: 'any' } },
  'dealer.edit': {
    object: 'dealer',
    needs: 'dealer.read',
    may: { manager: ['in_charge'], admin: 'any' },
  },
  'visitor.read': {
    object: 'dealer',
    needs: 'dealer.read',
    may: { manager: ['in_charge'], ...overseers },
  },
  'visitor.manage': {
    object: 'dealer',
    needs: 'dealer.read',
    may: { manager: ['in_charge'], admin: 'any' },
  },
  // The same for whoever comes with the id of a visitor: it does not say whose he is.
  'visitor.see': { object: 'dealer', hides: true, may: { manager: ['in_charge'], ...overseers } },
  'visitor.change': {
    object: 'dealer',
    needs: 'visitor.see',
    may: { manager: ['in_charge'], admin: 'any' },
  },

  // How a dealer's company is reached, to its own people.
  'contacts.see': { object: null, hides: true, may: dealers },
  'contacts.change': { object: null, needs: 'contacts.see', may: dealers },

  // The company's rules
  'sla.read': { object: null, hides: true, may: staff },
  'sla.manage': { object: null, needs: 'sla.read', may: { admin: 'any' } },
  'company.read': { object: null, hides: true, may: staff },
  'company.manage': { object: null, needs: 'company.read', may: { admin: 'any' } },
  'rights.see': { object: null, needs: 'staff.work', may: { admin: 'any' } },
  'audit.read': { object: null, needs: 'staff.work', may: { admin: 'any' } },
  // What a browser of the staff makes or prints by itself; dealers have no exports.
  'export.record': { object: null, hides: true, may: staff },
  // Topics and teams. Who is in a team is the business of `staff.manage`.
  'topic.manage': { object: null, needs: 'staff.work', may: { admin: 'any' } },
  // Whoever gives roles sees what they are.
  'staff.manage': { object: null, needs: 'rights.see', may: { admin: 'any' } },
  'token.manage': { object: null, needs: 'staff.work', may: { admin: 'any' } },
  // Never another admin; the service looks at whom.
  'person.view_as': { object: null, needs: 'staff.work', may: { admin: 'any' } },
  'seats.see': { object: null, needs: 'staff.work', may: { admin: 'any' } },

  // The server itself
  'server.health': { object: null, may: everybody },
  'server.metrics': { object: null, hides: true, may: { machine: 'any' } },
  'server.api': { object: null, may: everybody },
  'server.client': { object: null, may: everybody },
  'server.work': { object: null, may: { machine: 'any' } },
};

/** What is told over the socket goes to those alone who have this right. */
export const newsRights: Record<keyof ServerNews, RightName> = {
  'appeal:news': 'appeal.read',
  'appeal:mark': 'account.use',
  'draft:news': 'draft.keep',
  'settings:news': 'account.use',
  'presence:news': 'appeal.read',
  'order:news': 'order.read',
  'notice:news': 'notice.read',
  'session:ended': 'account.use',
  'server:stopping': 'account.use',
  'portal:closed': 'account.use',
  'device:news': 'account.use',
  'directory:news': 'directory.read',
  'dealer:news': 'dealer.read',
  'contacts:news': 'contacts.see',
};

/** Every kind of work the server does by itself. */
export const jobRights = {
  sweepUploads: 'server.work',
  expireSessions: 'server.work',
  sweepDrafts: 'server.work',
  followFacts: 'server.work',
  retargetClocks: 'server.work',
  aimLadder: 'server.work',
  lookAtWaits: 'server.work',
  sweepNotices: 'server.work',
  sweepAudit: 'server.work',
} satisfies Record<string, RightName>;

/** These are about the same as a right that custom roles name, and come with it. */
const comesWith: Partial<Record<RightName, ChosenRight>> = {
  'appeal.solve': 'appeal.change_status',
  'board.reassign': 'appeal.assign',
  'dispute.list': 'dispute.settle',
  'visitor.see': 'visitor.read',
  'visitor.change': 'visitor.manage',
};
/** By which of the rights that custom roles name it is held; null: by the base. */
export function chosenFor(name: RightName): ChosenRight | null {
  const chosen = ChosenRight.safeParse(comesWith[name] ?? name);
  return chosen.success ? chosen.data : null;
}

export type Who = Pick<Actor, 'role' | 'customRights'> & Partial<Pick<Actor, 'scope' | 'chief'>>;

/** Everything a person may hold a right by. */
function rolesOf({ role, scope, chief }: Who): RoleName[] {
  if (role !== 'dealer') return [role];
  const visitor = scope === 'all' ? 'dealer_all' : 'dealer_own';
  return chief ? [visitor, 'chief'] : [visitor];
}

/**
 * The role whose grant somebody with a custom role has: the base's, or, when that has none, the next one's above it that has.
 * None: he does not hold the right.
 */
function grantingRole(name: RightName, base: RoleName, listed: readonly RightName[]): RoleName[] {
  const chosen = chosenFor(name);
  if (chosen === null) return [base];
  if (!listed.includes(chosen)) return [];
  const { may } = rights[name];
  const above = StaffRole.options.slice(StaffRole.options.findIndex((role) => role === base));
  return above.filter((role) => may[role] !== undefined).slice(0, 1);
}

const isGranted = (grant: Grant | undefined, relations: readonly Relation[]) =>
  grant === 'any' || (grant?.some((relation) => relations.includes(relation)) ?? false);

/** Does a role have the right in itself? What it `needs` is not asked here: whoever asks has asked for that before. */
function gives(
  name: RightName,
  role: RoleName,
  relations: readonly Relation[],
  state: ObjectState | null,
): boolean {
  const { may, when } = rights[name];
  const states = when?.[role];
  return (
    isGranted(may[role], relations) &&
    (state === null || states === undefined || states.includes(state))
  );
}

/**
 * The answer of the table to a policy's question.
 * @param relations how the person stands to the object; none: the question is about no object
 * @param state of the object; null: it is asked elsewhere
 */
export const holds = (
  who: Who,
  name: RightName,
  relations: readonly Relation[] = [],
  state: ObjectState | null = null,
): boolean =>
  rolesFor(name, rolesOf(who), who.customRights).some((role) =>
    gives(name, role, relations, state),
  );

/** By which roles the right may be held, of those somebody has. */
const rolesFor = (
  name: RightName,
  roles: readonly RoleName[],
  customRights: readonly RightName[] | null,
): readonly RoleName[] =>
  customRights === null ? roles : roles.flatMap((role) => grantingRole(name, role, customRights));

/**
 * Has the one no right that the other lacks? Nobody gives what he has not, and touches nobody who has more. A full admin, with the role
 * as it is built in, is touched by his like alone: so one is always left.
 */
export function covers(
  who: Pick<Who, 'role' | 'customRights'>,
  other: Pick<Who, 'role' | 'customRights'>,
): boolean {
  const isFull = (one: Pick<Who, 'role' | 'customRights'>) =>
    one.role === 'admin' && one.customRights === null;
  if (isFull(who)) return true;
  return !isFull(other) && chosenBy(other).every((name) => chosenBy(who).includes(name));
}

/** Of the rights that custom roles name, those somebody holds, whatever the relation. */
export const chosenBy = (who: Pick<Who, 'role' | 'customRights'>): ChosenRight[] =>
  ChosenRight.options.filter((name) =>
    rolesFor(name, rolesOf(who), who.customRights).some(
      (role) => rights[name].may[role] !== undefined,
    ),
  );

/** How somebody stands to what an operation is about, by kind. */
export type Standing = Partial<Record<ObjectKind, readonly Relation[]>>;

/** What the table says to somebody with these roles, what the right needs included. */
export function verdict(
  roles: readonly RoleName[],
  name: RightName,
  standing: Standing,
  state: ObjectState | null = null,
  customRights: readonly RightName[] | null = null,
): 'yes' | 'forbidden' | 'absent' {
  const { object, needs, hides } = rights[name];
  const before = needs === undefined ? 'yes' : verdict(roles, needs, standing, state, customRights);
  if (before !== 'yes') return before;
  const relations = object === null ? [] : (standing[object] ?? []);
  const held = rolesFor(name, roles, customRights);
  if (held.some((role) => gives(name, role, relations, state))) return 'yes';
  return hides ? 'absent' : 'forbidden';
}
