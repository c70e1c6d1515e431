import { holds, type Actor } from '../people';

type Who = Pick<Actor, 'personId' | 'role' | 'customRights' | 'side'>;
/** What the decisions are about. */
interface Subject {
  managerId: string | null;
}

const relationsTo = (actor: Who, dealer: Subject) =>
  actor.personId === dealer.managerId ? (['in_charge'] as const) : (['stranger'] as const);

/** Dealers never reach this module: to them nothing of it exists, their own card included. */
export const dealersPolicy = {
  /** The list, and the card of any dealer. */
  read: (actor: Who) => holds(actor, 'dealer.read'),
  create: (actor: Who) => holds(actor, 'dealer.create'),
  edit: (actor: Who, dealer: Subject) => holds(actor, 'dealer.edit', relationsTo(actor, dealer)),
  /** Visitors, their sessions, and the log of changes. */
  readVisitors: (actor: Who, dealer: Subject) =>
    holds(actor, 'visitor.read', relationsTo(actor, dealer)),
  /** Invite and change visitors, make passwords, end sessions. */
  manageVisitors: (actor: Who, dealer: Subject) =>
    holds(actor, 'visitor.manage', relationsTo(actor, dealer)),
};
