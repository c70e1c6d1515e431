import { describe, expect, test } from 'vitest';

import { pluralForm } from './plurals';

const appeals = ['обращение', 'обращения', 'обращений'];

describe('Russian plural forms (I18N-2)', () => {
  test.each([
    [1, 'обращение'],
    [21, 'обращение'],
    [101, 'обращение'],
    [2, 'обращения'],
    [3, 'обращения'],
    [22, 'обращения'],
    [104, 'обращения'],
    [0, 'обращений'],
    [5, 'обращений'],
    [11, 'обращений'],
    [12, 'обращений'],
    [25, 'обращений'],
    [111, 'обращений'],
    [1000, 'обращений'],
    [1.5, 'обращения'],
    [-1, 'обращение'],
  ])('%s %s', (count, word) => {
    expect(appeals[pluralForm('ru', count, appeals.length)]).toBe(word);
  });

  test('a fourth form is for fractions', () => {
    expect(pluralForm('ru', 1.5, 4)).toBe(3);
    expect(pluralForm('ru', 2, 4)).toBe(1);
  });

  test('a message of one form serves every count', () => {
    expect([0, 1, 2, 5, 1.5].map((count) => pluralForm('ru', count, 1))).toEqual([0, 0, 0, 0, 0]);
  });
});

test.each([
  [1, 0],
  [0, 1],
  [2, 1],
  [21, 1],
  [1.5, 1],
])('English count %s takes form %s', (count, form) => {
  expect(pluralForm('en', count, 2)).toBe(form);
});
