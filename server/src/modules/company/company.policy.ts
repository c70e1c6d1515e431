import type { Actor } from '../people';

/** Who reads the company's rules, and who sets them. */
export const companyPolicy = {
  /** The guard of the staff is no business of a dealer; what concerns him comes with `Me`. */
  read: (actor: Pick<Actor, 'side'>) => actor.side === 'staff',
  manage: (actor: Pick<Actor, 'role'>) => actor.role === 'admin',
};
