import type { AppealPresence, Presence } from '@otklik/shared/presence';
import type { Side } from '@otklik/shared/people';

/** Somebody who has an appeal open in one window of one session. */
export interface Watcher {
  personId: string;
  /** With a shared login the name tells who it is. */
  name: string;
  side: Side;
  writes: 'reply' | 'note' | null;
}

/** Two people of one shared login have one id and two names. */
const whoIs = ({ personId, name }: Pick<Watcher, 'personId' | 'name'>) => `${personId} ${name}`;

/**
 * What one viewer may know of those who are at an appeal: the only way out, every field named.
 * Of his own side he is told who has it open and who writes. Of the other side only who writes a reply to him; of staff
 * then the name only if the dealer knows it, and never how many of those he does not know there are.
 */
export function presenceFor(
  viewer: Pick<Watcher, 'personId' | 'name' | 'side'>,
  watchers: Iterable<Watcher>,
  {
    appealId,
    knownStaffIds,
    at,
  }: { appealId: string; knownStaffIds: ReadonlySet<string>; at: Date },
): AppealPresence {
  const present = new Map<string, Presence>();
  for (const watcher of watchers) {
    if (whoIs(watcher) === whoIs(viewer)) continue;
    const seen = viewer.side === 'staff' ? forStaff(watcher) : forDealer(watcher, knownStaffIds);
    if (!seen) continue;
    const key = seen.person === null ? '' : whoIs(watcher);
    const known = present.get(key);
    // The same person in two windows: what is nearer to an answer counts.
    if (!known || rank(seen) > rank(known)) present.set(key, seen);
  }
  return {
    appealId,
    present: [...present.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one),
    at: at.toISOString(),
  };
}

const rank = ({ writes }: Presence) => (writes === 'reply' ? 2 : writes === 'note' ? 1 : 0);

function forStaff({ personId, name, side, writes }: Watcher): Presence | null {
  const person = { id: personId, name };
  if (side === 'staff') return { person, side, views: true, writes };
  return writes === 'reply' ? { person, side, views: false, writes } : null;
}

function forDealer(
  { personId, name, side, writes }: Watcher,
  knownStaffIds: ReadonlySet<string>,
): Presence | null {
  if (side === 'dealer') {
    return { person: { id: personId, name }, side, views: true, writes };
  }
  if (writes !== 'reply') return null;
  const person = knownStaffIds.has(personId) ? { id: personId, name } : null;
  return { person, side, views: false, writes };
}
