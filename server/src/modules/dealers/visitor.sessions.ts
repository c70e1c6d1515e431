import type { Tx } from '../../platform/db';
import { personRepository, sessionRepository, sessionsBeyond } from '../people';
import { visitorIsShared, visitorLimit } from './dealers.view';
import { visitorRepository, type VisitorRow } from './visitor.repository';

interface By {
  /** The member of staff. */
  by: string;
  bySession?: string;
  at: Date;
}

/** Ends every live session of these people. They are locked by the caller. */
export async function endAll(
  tx: Tx,
  personIds: readonly string[],
  { by, bySession, at }: By,
  reason: 'access_closed' | 'ended_by_staff',
): Promise<void> {
  const live = await sessionRepository.listLive(tx, personIds, at);
  await sessionRepository.end(
    tx,
    live.map(({ id }) => id),
    { reason, by, bySession, at },
  );
}

/**
 * After a change of the session rules: ends what is now too many, least recently seen first, and lets sockets learn
 * whether their login still counts as shared. The people are locked by the caller.
 * @param before the visitors as they were
 */
export async function holdToRules(
  tx: Tx,
  before: readonly VisitorRow[],
  { by, bySession, at }: By,
): Promise<void> {
  for (const was of before) {
    const visitor = await visitorRepository.find(tx, was.id, at);
    if (visitor === null) continue;
    const live = await sessionRepository.listLive(tx, [visitor.id], at);
    const tooMany = sessionsBeyond(live, visitorLimit(visitor)).map(({ id }) => id);
    await sessionRepository.end(tx, tooMany, { reason: 'ended_by_staff', by, bySession, at });
    if (visitorIsShared(was) !== visitorIsShared(visitor)) {
      await personRepository.reconnect(tx, visitor.id);
    }
  }
}
