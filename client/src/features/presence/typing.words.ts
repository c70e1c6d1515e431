import type { Presence } from '@otklik/shared/presence';
import type { Side } from '@otklik/shared/people';

/** What the line above the field says: a text by key, whom it names, and whether it warns (CMP-8). */
export interface TypingWords {
  key: 'company' | 'other' | 'reply' | 'note' | 'several';
  name: string;
  /** Besides the named one. */
  more: number;
  warns: boolean;
}

/**
 * One line for all who write: a colleague who answers too matters most, then the other side, then a colleague's note.
 * @returns null when nobody writes
 */
export function typingWords(present: readonly Presence[], side: Side): TypingWords | null {
  const writing = present.filter(({ writes }) => writes !== null);
  const own = writing.filter((one) => one.side === side);
  const others = writing.filter((one) => one.side !== side);
  const replying = own.filter(({ writes }) => writes === 'reply');
  const lines = [
    () => words(replying, 'reply', true),
    () => words(others, 'other', false),
    () => words(own, 'note', true),
  ];
  for (const line of lines) {
    const found = line();
    if (found) return found;
  }
  return null;
}

function words(
  people: readonly Presence[],
  key: 'reply' | 'other' | 'note',
  warns: boolean,
): TypingWords | null {
  const [first] = people;
  if (!first) return null;
  const named = people.find(({ person }) => person !== null)?.person;
  if (!named) return { key: 'company', name: '', more: 0, warns };
  const more = people.length - 1;
  return { key: more > 0 ? 'several' : key, name: named.name, more, warns };
}
