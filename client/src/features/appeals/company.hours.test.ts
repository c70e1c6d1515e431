import { expect, test } from 'vitest';

import { minuteText, workingDay } from './company.hours';

const company = {
  zone: 'Europe/Moscow',
  hours: [
    {
      days: [0, 1, 2, 3, 4],
      intervals: [
        { from: 540, to: 780 },
        { from: 840, to: 1080 },
      ],
    },
  ],
};
// 23 November 2026 is a Monday; Moscow is three hours ahead of UTC all year.
const at = (utc: string) => workingDay(Date.parse(`2026-11-${utc}Z`), company);

test.each([
  ['23T07:00', { open: true, until: 780 }],
  ['23T10:30', { open: false, inDays: 0, from: 840 }],
  ['23T15:00', { open: false, inDays: 1, from: 540 }],
  ['27T16:00', { open: false, inDays: 3, from: 540 }],
  ['23T05:59', { open: false, inDays: 0, from: 540 }],
])('%s', (utc, expected) => expect(at(utc)).toEqual(expected));

test('a company that never opens promises nothing', () => {
  expect(workingDay(0, { zone: 'UTC', hours: [] })).toBeNull();
});
test('minutes of a day', () =>
  expect([minuteText(540), minuteText(1085)]).toEqual(['9:00', '18:05']));
