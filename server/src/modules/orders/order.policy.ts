import { fail } from '../../platform/errors';
import { holds, type Actor, type Who } from '../people';
import type { OrderScope } from './order.repository';

/**
 * Whose orders an actor may see: staff everyone's, a visitor those of his dealer.
 * @throws forbidden – neither; no such person can sign in
 */
export function orderScope(actor: Who & Pick<Actor, 'dealerId'>): OrderScope {
  if (holds(actor, 'order.read', ['other_dealer'])) return null;
  if (actor.dealerId === null || !holds(actor, 'order.read', ['same_dealer']))
    throw fail('forbidden', { right: 'orders' });
  return { dealerId: actor.dealerId };
}
