import { expect, it } from 'vitest';
import { addDays, daysBetween, spansOf } from './report.days';

/** The same sequence in every run. */
let seed = 20231207;
function random(below: number): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((seed / 2_147_483_648) * below);
}

const HALVES = /^(01-01|07-01),(01-01|07-01)$/;

it('any period is its years, half-years, months and days, each of its days once and no other', () => {
  for (let turn = 0; turn < 500; turn += 1) {
    const from = addDays('2023-01-01', random(1_200));
    const to = addDays(from, random([10, 60, 400, 1_500][turn % 4]!));
    const spans = spansOf({ from, to });
    const times = new Map<string, number>();
    for (const { grain, from: start, until, sign } of spans) {
      expect([grain, start, until, start < until]).toEqual([grain, start, until, true]);
      if (grain === 'm') expect(start.slice(8) + until.slice(8)).toBe('0101');
      if (grain === 'h') expect([start, until].map((day) => day.slice(5)).join()).toMatch(HALVES);
      if (grain === 'y') expect(start.slice(5) + until.slice(5)).toBe('01-0101-01');
      for (let day = start; day < until; day = addDays(day, 1))
        times.set(day, (times.get(day) ?? 0) + sign);
    }
    const counted = [...times].filter(([, n]) => n !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
    expect(counted.every(([, n]) => n === 1)).toBe(true);
    expect([from, counted.length, counted[0]?.[0], counted.at(-1)?.[0]]).toEqual([
      ...[from, daysBetween(from, to) + 1, from, to],
    ]);
    const length = (wanted: string) =>
      spans
        .filter(({ grain }) => grain === wanted)
        .reduce((sum, one) => sum + daysBetween(one.from, one.until), 0);
    // However long the period, few days are counted one by one, and few months and half-years beside whole years.
    expect(length('d')).toBeLessThanOrEqual(32);
    expect(length('m')).toBeLessThanOrEqual(184);
    expect(length('h')).toBeLessThanOrEqual(368);
  }
});

it('a period until yesterday is whole years without the rest of this one', () => {
  expect(spansOf({ from: '2023-12-07', to: '2026-11-28' })).toEqual([
    { grain: 'd', from: '2023-12-01', until: '2023-12-07', sign: -1 },
    { grain: 'd', from: '2026-11-29', until: '2026-12-01', sign: -1 },
    { grain: 'm', from: '2023-12-01', until: '2024-01-01', sign: 1 },
    { grain: 'm', from: '2026-12-01', until: '2027-01-01', sign: -1 },
    { grain: 'y', from: '2024-01-01', until: '2027-01-01', sign: 1 },
  ]);
});

it('a period from the middle of one year to the middle of another is half-years without a month', () => {
  expect(spansOf({ from: '2024-06-01', to: '2026-05-31' })).toEqual([
    { grain: 'm', from: '2024-06-01', until: '2024-07-01', sign: 1 },
    { grain: 'm', from: '2026-06-01', until: '2026-07-01', sign: -1 },
    { grain: 'h', from: '2024-01-01', until: '2024-07-01', sign: -1 },
    { grain: 'h', from: '2026-01-01', until: '2026-07-01', sign: 1 },
    { grain: 'y', from: '2024-01-01', until: '2026-01-01', sign: 1 },
  ]);
});
