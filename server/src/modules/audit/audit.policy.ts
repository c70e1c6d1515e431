import { holds, type Who } from '../people';

export const auditPolicy = {
  /** To dealers there is no such log. */
  knows: (actor: Who) => holds(actor, 'staff.work'),
  read: (actor: Who) => holds(actor, 'audit.read'),
  recordExport: (actor: Who) => holds(actor, 'export.record'),
};
