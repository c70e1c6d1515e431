import type { Actor } from '../people';

type Who = Pick<Actor, 'personId' | 'role' | 'side'>;
/** What the decisions are about. */
interface Subject {
  managerId: string | null;
}

const isInCharge = (actor: Who, dealer: Subject) =>
  actor.role === 'manager' && actor.personId === dealer.managerId;

/** Dealers never reach this module: to them nothing of it exists, their own card included. */
export const dealersPolicy = {
  /** The list, and the card of any dealer. */
  read: (actor: Who) => actor.side === 'staff',
  create: (actor: Who) => actor.role === 'admin',
  edit: (actor: Who, dealer: Subject) => actor.role === 'admin' || isInCharge(actor, dealer),
  /** Visitors, their sessions, and the log of changes. */
  readVisitors: (actor: Who, dealer: Subject) =>
    actor.role === 'admin' || actor.role === 'supervisor' || isInCharge(actor, dealer),
  /** Invite and change visitors, make passwords, end sessions. */
  manageVisitors: (actor: Who, dealer: Subject) =>
    actor.role === 'admin' || isInCharge(actor, dealer),
};
