import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import type { Actor, Fields } from '../people';
import { dealerRepository, type DealerCardData } from './dealer.repository';
import { dealersPolicy } from './dealers.policy';

export const notFound = () => fail('not_found', { what: 'dealer' });

export const refused = (path: string, rule: string, message: string) =>
  fail('invalid_input', { fields: [{ path, rule, message }] });

/**
 * Of fields that are about to change, each still has to be as the sender has seen it.
 * @throws conflict – somebody was faster
 */
export function refuseStale(
  what: 'dealer' | 'visitor',
  now: Fields,
  seen: Fields,
  changing: readonly string[],
): void {
  if (changing.some((field) => field in seen && seen[field] !== now[field]))
    throw fail('conflict', { what });
}

/**
 * A dealer whose visitors the caller may see.
 * @throws not_found – no such dealer, or the caller is a dealer
 * @throws forbidden – a manager who is not in charge: he sees the card, not what is behind it
 */
export async function getWithVisitors(
  db: Pick<Db, 'query'>,
  actor: Actor,
  dealerId: string,
  at: Date,
): Promise<DealerCardData> {
  const dealer = dealersPolicy.read(actor)
    ? await dealerRepository.findCard(db, dealerId, at)
    : null;
  if (dealer === null) throw notFound();
  if (!dealersPolicy.readVisitors(actor, dealer))
    throw fail('forbidden', { right: 'readVisitors' });
  return dealer;
}

/**
 * A dealer whose visitors the caller may change.
 * @throws not_found, forbidden – as {@link getWithVisitors}; forbidden for those who only read, too
 */
export async function getToManage(
  db: Pick<Db, 'query'>,
  actor: Actor,
  dealerId: string,
  at: Date,
): Promise<DealerCardData> {
  const dealer = await getWithVisitors(db, actor, dealerId, at);
  if (!dealersPolicy.manageVisitors(actor, dealer)) throw cannotManage();
  return dealer;
}

export const cannotManage = () => fail('forbidden', { right: 'manageVisitors' });
