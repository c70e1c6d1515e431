import { fail } from '../../platform/errors';
import { holds, type Actor, type Who } from '../people';

/** Who sees the working rules, and who may change them. */
export const slaPolicy = {
  read: (actor: Who) => holds(actor, 'sla.read'),
  manage: (actor: Who) => holds(actor, 'sla.manage'),
};

/** @throws not_found – a dealer asks; @throws forbidden – only admins manage the rules */
export function mayManage(actor: Actor, what: string): void {
  if (!slaPolicy.read(actor)) throw fail('not_found', { what });
  if (!slaPolicy.manage(actor)) throw fail('forbidden', { right: 'manageSla' });
}
