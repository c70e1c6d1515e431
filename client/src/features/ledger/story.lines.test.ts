import type { LedgerStretch } from '@otklik/shared/ledger';
import { describe, expect, test } from 'vitest';

import { storyLines } from './story.lines';

const at = (hour: number) => new Date(Date.UTC(2026, 2, 2, hour)).toISOString();
const HOUR = 3_600_000;
const stretches: LedgerStretch[] = [
  {
    ...{ is: 'counted', from: at(8), to: at(16), countedMs: 7 * HOUR },
    days: [
      {
        date: '2026-03-02',
        countedMs: 7 * HOUR,
        hours: [
          { from: at(8), to: at(10) },
          { from: at(11), to: at(16) },
        ],
      },
    ],
    skipped: [{ from: at(10), to: at(11), why: 'break' }],
  },
  { is: 'paused', from: at(16), to: at(32), countedMs: 0, days: [], skipped: [] },
  {
    ...{ is: 'running', from: at(32), to: at(33), countedMs: HOUR, skipped: [] },
    days: [{ date: '2026-03-03', countedMs: HOUR, hours: [{ from: at(32), to: at(33) }] }],
  },
];

describe('the story of a clock', () => {
  test('goes in the order of time, and its days add up', () => {
    const lines = storyLines(stretches, Date.parse(at(20)));
    expect(lines.map(({ is }) => is)).toEqual(['day', 'skipped', 'paused', 'day']);
    const sum = lines.reduce((ms, line) => ms + ('ms' in line ? line.ms : 0), 0);
    expect(sum).toBe(8 * HOUR);
  });

  test('marks days that are still ahead', () => {
    const ahead = (hour: number) =>
      storyLines(stretches, Date.parse(at(hour))).flatMap((line) =>
        line.is === 'day' ? [line.ahead] : [],
      );
    expect(ahead(20)).toEqual([false, true]);
    expect(ahead(33)).toEqual([false, false]);
  });

  test('tells only the sum where the hours were others', () => {
    const [line] = storyLines(
      [{ is: 'counted', from: at(8), to: at(9), countedMs: HOUR, days: null, skipped: [] }],
      0,
    );
    expect(line).toMatchObject({ is: 'other_hours', ms: HOUR });
  });
});
