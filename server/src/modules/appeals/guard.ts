import type { Side } from '@otklik/shared/people';
import type { Actor } from '../people';
import type { AppealRow, EntryRow, Spoke } from './appeal.repository';

/** Two speakers are enough: at least one of them is not the person who is about to send. */
const REMEMBERED = 2;

/** The same person; with a shared login the name tells who of those behind it. */
export const isSamePerson = (
  one: Pick<Spoke, 'personId' | 'name'>,
  actor: Pick<Actor, 'personId' | 'name'>,
) => one.personId === actor.personId && one.name === actor.name;

/** Who spoke to the other side lately, after one more message. Who typed it counts, whoever's words they are. */
export function spokenBy(
  spoke: Record<Side, Spoke[]>,
  actor: Pick<Actor, 'personId' | 'name' | 'side'>,
  { seq, public_seq: publicSeq }: Pick<EntryRow, 'seq' | 'public_seq'>,
): Record<Side, Spoke[]> {
  if (publicSeq === null) return spoke;
  const { personId, name, side } = actor;
  const others = spoke[side].filter((one) => !isSamePerson(one, actor));
  return {
    ...spoke,
    [side]: [{ personId, name, seq, publicSeq }, ...others].slice(0, REMEMBERED),
  };
}

/**
 * The last of the actor's own side, other than himself, who has answered after the number he had seen; null: nobody did.
 * Call it under the appeal's lock, or two colleagues could both be let through.
 * @param seenSeq in the actor's numbering
 */
export function answeredSince(
  row: Pick<AppealRow, 'spoke'>,
  actor: Pick<Actor, 'personId' | 'name' | 'side'>,
  seenSeq: number,
): Spoke | null {
  const other = row.spoke[actor.side].find((one) => !isSamePerson(one, actor));
  if (!other) return null;
  return (actor.side === 'staff' ? other.seq : other.publicSeq) > seenSeq ? other : null;
}
