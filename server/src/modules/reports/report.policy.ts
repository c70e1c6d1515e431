import { isStaff, seesAllAppeals, type Actor } from '../people';

/** Reports name every dealer and every manager. */
export const reportPolicy = {
  exists: (actor: Actor) => isStaff(actor),
  read: (actor: Actor) => seesAllAppeals(actor),
};
