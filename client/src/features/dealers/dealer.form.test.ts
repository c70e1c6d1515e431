import { expect, test } from 'vitest';

import { kopecksOf } from './dealer.form';

test.each([
  ['', null],
  ['  ', null],
  ['0', 0],
  ['150000', 15_000_000],
  ['150 000,50', 15_000_050],
  ['1\u00a0000.5 ₽', 100_050],
  ['0,29', 29],
  ['-5', undefined],
  ['1,234', undefined],
  ['много', undefined],
  ['99999999999999', undefined],
])('"%s" roubles are %s kopecks', (typed, kopecks) => {
  expect(kopecksOf(typed)).toBe(kopecks);
});
