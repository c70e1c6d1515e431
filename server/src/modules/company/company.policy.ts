import { holds, type Who } from '../people';

/** Who reads the company's rules, and who sets them. */
export const companyPolicy = {
  /** The guard of the staff is no business of a dealer; what concerns him comes with `Me`. */
  read: (actor: Who) => holds(actor, 'company.read'),
  manage: (actor: Who) => holds(actor, 'company.manage'),
};
