import { fail } from '../../platform/errors';
import { isStaff, type Actor } from '../people';
import type { OrderScope } from './order.repository';

/**
 * Whose orders an actor may see: staff everyone's, a visitor those of his dealer.
 * @throws forbidden – neither; no such person can sign in
 */
export function orderScope(actor: Pick<Actor, 'side' | 'dealerId'>): OrderScope {
  if (isStaff(actor)) return null;
  if (actor.dealerId === null) throw fail('forbidden', { right: 'orders' });
  return { dealerId: actor.dealerId };
}
