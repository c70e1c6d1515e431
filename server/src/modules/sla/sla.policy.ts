import type { Actor } from '../people';

/** Who sees the working rules, and who may change them. */
export const slaPolicy = {
  read: (actor: Pick<Actor, 'side'>) => actor.side === 'staff',
  manage: (actor: Pick<Actor, 'role'>) => actor.role === 'admin',
};
