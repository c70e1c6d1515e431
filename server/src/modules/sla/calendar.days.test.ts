import { dayHours, specialDates } from '@otklik/shared/calendar-days';
import { productionYear } from '@otklik/shared/production';
import { describe, expect, it } from 'vitest';
import { dueAt } from './calendar';
import { aCalendar, aStoredCalendar, DAY_MS, HOUR_MS, hours } from './calendar.factory';
import { calendarOf } from './calendar.repository';
import { missingYears } from './calendar.service';

const russian = (workday = '9:00-18:00', weekend = '') =>
  aStoredCalendar({
    versions: [{ validFrom: null, week: aCalendar({ workday, weekend }).week, country: 'RU' }],
  });

function datesOf(year: number): string[] {
  const first = Date.UTC(year, 0, 1);
  const count = (Date.UTC(year + 1, 0, 1) - first) / DAY_MS;
  return Array.from({ length: count }, (_, i) =>
    new Date(first + i * DAY_MS).toISOString().slice(0, 10),
  );
}

describe('the Russian production calendar', () => {
  it.each([2025, 2026, 2027])('has 247 working days in %i', (year) => {
    const open = datesOf(year).filter((date) => dayHours(russian(), date).intervals.length > 0);
    expect(open).toHaveLength(247);
  });

  it.each([
    ['2025-01-08', ''],
    ['2025-05-02', ''],
    ['2025-05-08', ''],
    ['2025-06-13', ''],
    ['2025-11-01', '9:00-17:00'],
    ['2025-11-03', ''],
    ['2025-12-31', ''],
    ['2025-03-07', '9:00-17:00'],
    ['2026-01-09', ''],
    ['2026-01-12', '9:00-18:00'],
    ['2026-03-09', ''],
    ['2026-05-11', ''],
    ['2026-05-08', '9:00-17:00'],
    ['2026-11-03', '9:00-17:00'],
    ['2027-02-20', '9:00-17:00'],
    ['2027-02-22', ''],
    ['2027-11-05', ''],
    ['2027-06-14', ''],
    ['2027-12-31', ''],
    ['2028-01-03', '9:00-18:00'],
  ])('%s opens %s', (date, text) => {
    expect(dayHours(russian(), date).intervals).toEqual(hours(text));
  });

  it('has 2027 as a draft only', () => {
    expect([2025, 2026, 2027, 2028].map((year) => productionYear('RU', year)?.isDraft)).toEqual([
      ...[false, false, true, undefined],
    ]);
  });

  it('counts from 30 December to 12 January', () => {
    const due = dueAt(new Date('2025-12-30T17:00+03:00'), 2 * HOUR_MS, calendarOf(russian()));
    expect(due).toEqual(new Date('2026-01-12T10:00+03:00'));
  });

  it('ends where a version without it begins', () => {
    const calendar = {
      ...russian(),
      versions: [
        ...russian().versions,
        { validFrom: '2026-05-01', week: aCalendar().week, country: null },
      ],
    };
    expect(dayHours(calendar, '2026-04-30').kind).toBe('short');
    expect(dayHours(calendar, '2026-05-01').kind).toBe('ordinary');
    expect(specialDates(calendar).at(-1)).toBe('2026-04-30');
  });
});

describe('a dated exception', () => {
  it.each([
    ['closed', '2026-03-04', '9:00-18:00', ''],
    ['short', '2026-03-04', '9:00-13:00, 14:00-18:00', '9:00-13:00, 14:00-17:00'],
    ['short', '2026-03-04', '9:00-13:00, 17:30-18:00', '9:00-13:00'],
    ['short', '2026-03-04', '22:00-30:00', '22:00-29:00'],
    ['short', '2026-03-04', '9:00-9:30', ''],
    ['short', '2026-03-07', '9:00-18:00', ''],
    ['working', '2026-03-07', '9:00-18:00', '9:00-18:00'],
    ['working_short', '2026-03-07', '9:00-18:00', '9:00-17:00'],
    ['working', '2026-03-04', '8:00-12:00', '8:00-12:00'],
  ] as const)('%s on %s with %s: %s', (kind, date, workday, expected) => {
    const week = aCalendar({ workday }).week;
    const calendar = aStoredCalendar({
      versions: [{ validFrom: null, week, country: null }],
      days: { [date]: { kind, intervals: [], note: 'why' } },
    });
    const found = dayHours(calendar, date);
    expect(found).toMatchObject({ kind, source: 'own', note: 'why' });
    expect(found.intervals).toEqual(hours(expected));
  });

  it('wins over the production calendar', () => {
    const own = { kind: 'own', intervals: hours('10:00-12:00'), note: '' } as const;
    const calendar = { ...russian(), days: { '2026-01-05': { ...own } } };
    expect(dayHours(calendar, '2026-01-05')).toEqual({ ...own, source: 'own' });
    expect(dayHours(calendar, '2026-01-06').source).toBe('production');
  });
});

describe('a year that is missing', () => {
  it.each([
    ['2027-10-31T20:59:59Z', []],
    ['2027-10-31T21:00:00Z', [{ country: 'RU', year: 2028 }]],
    ['2027-12-31T20:59:59Z', [{ country: 'RU', year: 2028 }]],
    ['2026-12-01T00:00:00Z', []],
  ])('at %s: %j', (moment, expected) => {
    expect(missingYears([russian()], new Date(moment))).toEqual(expected);
  });

  it("is nobody's trouble without a production calendar", () => {
    expect(missingYears([aStoredCalendar()], new Date('2027-12-01T00:00:00Z'))).toEqual([]);
  });
});
