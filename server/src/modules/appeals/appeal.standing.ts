import type { Db } from '../../platform/db';
import type { Actor } from '../people';
import { appealPolicy } from './appeal.policy';
import { appealRepository, subjectOf, type AppealFacts } from './appeal.repository';

/** How people stand to one appeal at one moment: for those who tell of it without changing it. */
export interface Standing {
  mayRead: (actor: Actor) => boolean;
  mayWriteNotes: (actor: Actor) => boolean;
  /** Staff whom the dealer knows by name here: who is in charge, and who has written to him. */
  knownStaffIds: ReadonlySet<string>;
  /** Two standings of one appeal with the same mark say the same. */
  mark: string;
}

export function standingFrom(facts: AppealFacts): Standing {
  const subject = subjectOf(facts);
  const known = facts.members.filter(({ side, spoke }) => side === 'staff' && spoke);
  const knownStaffIds = known.map(({ id }) => id);
  if (subject.assigneeId !== null) knownStaffIds.push(subject.assigneeId);
  return {
    mayRead: (actor) => appealPolicy.read(actor, subject),
    mayWriteNotes: (actor) => appealPolicy.writeNote(actor),
    knownStaffIds: new Set(knownStaffIds),
    mark: JSON.stringify([{ ...subject, status: null }, knownStaffIds]),
  };
}

/** @returns null when there is no such appeal */
export async function standingOf(db: Db, appealId: string): Promise<Standing | null> {
  const [facts] = await appealRepository.facts(db, [appealId]);
  return facts ? standingFrom(facts) : null;
}
