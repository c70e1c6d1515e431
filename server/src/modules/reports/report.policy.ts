import { holds, type Actor } from '../people';

/** Reports name every dealer and every manager. */
export const reportPolicy = {
  exists: (actor: Actor) => holds(actor, 'staff.work'),
  read: (actor: Actor) => holds(actor, 'report.see'),
};
