import { isStaff, type Actor } from '../people';

export const auditPolicy = {
  read: (actor: Pick<Actor, 'role'>) => actor.role === 'admin',
  /** Exports are a matter of the staff; dealers have none. */
  recordExport: (actor: Pick<Actor, 'side'>) => isStaff(actor),
};
