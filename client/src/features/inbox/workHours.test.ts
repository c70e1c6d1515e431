import { describe, expect, test } from 'vitest';

import { isWorkingTime, workMsBetween } from './workHours';

const office = {
  zone: 'Europe/Moscow',
  hours: [{ days: [0, 1, 2, 3, 4], intervals: [{ from: 540, to: 1080 }] }],
};
const shop = {
  zone: 'Europe/Berlin',
  hours: [
    {
      days: [0, 1, 2, 3, 4, 5, 6],
      intervals: [
        { from: 540, to: 780 },
        { from: 840, to: 1080 },
      ],
    },
  ],
};
const night = {
  zone: 'Europe/Moscow',
  hours: [{ days: [0], intervals: [{ from: 1320, to: 1800 }] }],
};
const minutes = (from: string, to: string, week: typeof office) =>
  workMsBetween(Date.parse(from), Date.parse(to), week) / 60_000;

describe('working time between two moments', () => {
  test.each([
    ['within a day', '2026-11-23T12:00:00Z', '2026-11-23T13:22:00Z', office, 82],
    ['over a night', '2026-11-23T14:30:00Z', '2026-11-24T06:30:00Z', office, 60],
    ['over a weekend', '2026-11-20T14:00:00Z', '2026-11-23T07:00:00Z', office, 120],
    ['a night without work', '2026-11-23T16:00:00Z', '2026-11-24T05:00:00Z', office, 0],
    ['over lunch', '2026-11-23T11:00:00Z', '2026-11-23T14:00:00Z', shop, 120],
    ['over the night of 25 hours', '2026-10-24T15:00:00Z', '2026-10-25T09:00:00Z', shop, 120],
    ['a shift past midnight', '2026-11-23T18:00:00Z', '2026-11-24T03:30:00Z', night, 480],
  ])('%s', (_case, from, to, week, expected) => {
    expect(minutes(from, to, week)).toBe(expected);
  });
});

test.each([
  ['before opening', '2026-11-23T05:59:00Z', false],
  ['at opening', '2026-11-23T06:00:00Z', true],
  ['at closing', '2026-11-23T15:00:00Z', false],
  ['on Saturday', '2026-11-21T09:00:00Z', false],
])('at work %s', (_case, at, open) => {
  expect(isWorkingTime(Date.parse(at), office)).toBe(open);
});
