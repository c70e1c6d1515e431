import type { Presence } from '@otklik/shared/presence';
import { describe, expect, test } from 'vitest';

import { typingWords } from './typing.words';

const who = (
  name: string | null,
  side: 'staff' | 'dealer',
  writes: Presence['writes'],
): Presence => ({
  person: name === null ? null : { id: `id of ${name}`, name },
  side,
  views: true,
  writes,
});

describe('the line above the field (CMP-8)', () => {
  test.each<[string, Presence[], 'staff' | 'dealer', object | null]>([
    ['nobody writes', [who('Ольга', 'staff', null)], 'staff', null],
    [
      'a colleague answers too: it warns',
      [who('Ольга', 'staff', 'reply')],
      'staff',
      { key: 'reply', name: 'Ольга', more: 0, warns: true },
    ],
    [
      'a colleague who answers comes before the dealer who writes',
      [who('Пётр', 'dealer', 'reply'), who('Ольга', 'staff', 'reply')],
      'staff',
      { key: 'reply', name: 'Ольга', more: 0, warns: true },
    ],
    [
      'the dealer comes before a note',
      [who('Ольга', 'staff', 'note'), who('Пётр', 'dealer', 'reply')],
      'staff',
      { key: 'other', name: 'Пётр', more: 0, warns: false },
    ],
    [
      'a note of a colleague',
      [who('Ольга', 'staff', 'note')],
      'staff',
      { key: 'note', name: 'Ольга', more: 0, warns: true },
    ],
    [
      'two colleagues at once',
      [who('Ольга', 'staff', 'reply'), who('Анна', 'staff', 'reply')],
      'staff',
      { key: 'several', name: 'Ольга', more: 1, warns: true },
    ],
    [
      'a dealer sees somebody of the company without a name',
      [who(null, 'staff', 'reply')],
      'dealer',
      { key: 'company', name: '', more: 0, warns: false },
    ],
    [
      'one he knows and one he does not: the known name',
      [who(null, 'staff', 'reply'), who('Иван', 'staff', 'reply')],
      'dealer',
      { key: 'several', name: 'Иван', more: 1, warns: false },
    ],
    [
      'another visitor of the same dealer: it warns',
      [who('Мария', 'dealer', 'reply')],
      'dealer',
      { key: 'reply', name: 'Мария', more: 0, warns: true },
    ],
  ])('%s', (_name, present, side, expected) => {
    expect(typingWords(present, side)).toEqual(expected);
  });
});
