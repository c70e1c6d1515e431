import { describe, expect, it } from 'vitest';
import {
  describeWeek,
  dueAt,
  isOpen,
  nextOpening,
  weekAt,
  workMsBetween,
  type WorkCalendar,
} from './calendar';
import {
  aCalendar,
  anyCalendar,
  chance,
  DAY_MS,
  HOUR_MS,
  hours,
  MINUTE_MS,
  openMinutes,
} from './calendar.factory';

const office = aCalendar();
const lunch = aCalendar({ workday: '9:00-13:00, 14:00-18:00' });
const night = aCalendar({ workday: '22:00-30:00' });
const always = (zone: string) => aCalendar({ zone, workday: '0:00-24:00', weekend: '0:00-24:00' });
const nightly = (zone: string) =>
  aCalendar({ zone, workday: '22:00-30:00', weekend: '22:00-30:00' });
const at = (zone: string, workday = '9:00-18:00') => aCalendar({ zone, workday });
const sundays = (zone: string, weekend: string) => aCalendar({ zone, workday: '', weekend });

/** Closed on 31 December and the first twelve days of January. */
const newYear = aCalendar({
  exceptions: Object.fromEntries([
    ['2025-12-31', ''],
    ...Array.from({ length: 12 }, (_, i) => [`2026-01-${String(i + 1).padStart(2, '0')}`, '']),
  ]),
});

describe('a deadline on a hard day', () => {
  // 2026-03-02 is a Monday. name, calendar, start, hours of work, due
  // prettier-ignore
  it.each<[string, WorkCalendar, string, number, string]>([
    ['start inside', office, '2026-03-02T10:00+03:00', 2, '2026-03-02T12:00+03:00'],
    ['start before opening', office, '2026-03-02T07:30+03:00', 2, '2026-03-02T11:00+03:00'],
    ['start after closing on Friday', office, '2026-03-06T19:00+03:00', 2, '2026-03-09T11:00+03:00'],
    ['start at the closing edge', office, '2026-03-06T18:00+03:00', 1, '2026-03-09T10:00+03:00'],
    ['start at the opening edge', office, '2026-03-02T09:00+03:00', 1, '2026-03-02T10:00+03:00'],
    ['due at closing, not at the next opening', office, '2026-03-06T09:00+03:00', 9, '2026-03-06T18:00+03:00'],
    ['forty hours', office, '2026-03-02T09:00+03:00', 40, '2026-03-06T13:00+03:00'],
    ['a year of work', office, '2026-01-01T00:00+03:00', 261 * 9, '2026-12-31T18:00+03:00'],
    ['seconds and milliseconds', office, '2026-03-06T17:59:30.250+03:00', 1, '2026-03-09T09:59:30.250+03:00'],
    ['one millisecond', office, '2026-03-07T12:00+03:00', 1 / HOUR_MS, '2026-03-09T09:00:00.001+03:00'],
    ['across lunch', lunch, '2026-03-02T12:30+03:00', 1, '2026-03-02T14:30+03:00'],
    ['start at lunch', lunch, '2026-03-02T13:20+03:00', 1, '2026-03-02T15:00+03:00'],
    ['due as lunch begins', lunch, '2026-03-02T12:00+03:00', 1, '2026-03-02T13:00+03:00'],
    ['night shift past midnight', night, '2026-03-03T23:30+03:00', 2, '2026-03-04T01:30+03:00'],
    ['between two night shifts', night, '2026-03-03T05:00+03:00', 2, '2026-03-03T23:00+03:00'],
    ['Friday night runs into Saturday', night, '2026-03-06T23:00+03:00', 7, '2026-03-07T06:00+03:00'],
    ['after Friday night comes Monday night', night, '2026-03-07T05:00+03:00', 2, '2026-03-09T23:00+03:00'],
    ['night and early shift overlap once', aCalendar({ workday: '5:00-9:00, 22:00-30:00' }), '2026-03-03T04:00+03:00', 3, '2026-03-03T07:00+03:00'],
    ['intervals inside each other', aCalendar({ workday: '9:00-18:00, 10:00-11:00, 17:00-19:00' }), '2026-03-02T09:00+03:00', 10, '2026-03-02T19:00+03:00'],
    ['31 December to 12 January closed', newYear, '2025-12-30T17:00+03:00', 2, '2026-01-13T10:00+03:00'],
    ['start within the holidays', newYear, '2026-01-05T12:00+03:00', 1, '2026-01-13T10:00+03:00'],
    ['working Saturday', aCalendar({ exceptions: { '2026-03-07': '9:00-17:00' } }), '2026-03-06T17:00+03:00', 3, '2026-03-07T11:00+03:00'],
    ['short day', aCalendar({ exceptions: { '2026-03-06': '9:00-16:00' } }), '2026-03-06T15:30+03:00', 1, '2026-03-09T09:30+03:00'],
    ['holiday after a night shift', aCalendar({ workday: '22:00-30:00', exceptions: { '2026-03-04': '' } }), '2026-03-03T22:00+03:00', 9, '2026-03-05T23:00+03:00'],
    ['29 February', office, '2028-02-28T17:00+03:00', 2, '2028-02-29T10:00+03:00'],
    ['Vladivostok', at('Asia/Vladivostok'), '2026-03-02T23:30Z', 1, '2026-03-03T00:30Z'],
    ['Kaliningrad', at('Europe/Kaliningrad'), '2026-03-02T15:30Z', 1, '2026-03-03T07:30Z'],
    ['Kathmandu', at('Asia/Kathmandu'), '2026-03-02T00:00Z', 1, '2026-03-02T04:15Z'],
    ['Berlin, day of 23 hours', always('Europe/Berlin'), '2026-03-28T12:00+01:00', 24, '2026-03-29T13:00+02:00'],
    ['Berlin, day of 25 hours', always('Europe/Berlin'), '2026-10-24T12:00+02:00', 24, '2026-10-25T11:00+01:00'],
    ['Berlin, night of seven hours', nightly('Europe/Berlin'), '2026-03-28T22:00+01:00', 7, '2026-03-29T06:00+02:00'],
    ['Berlin, night of nine hours', nightly('Europe/Berlin'), '2026-10-24T22:00+02:00', 9, '2026-10-25T06:00+01:00'],
    ['Berlin, office hours over the change', at('Europe/Berlin'), '2026-03-27T17:00+01:00', 2, '2026-03-30T10:00+02:00'],
    ['Berlin, 2:15–2:45 happens twice', sundays('Europe/Berlin', '2:15-2:45'), '2026-10-25T00:00+02:00', 0.75, '2026-10-25T02:30+01:00'],
    ['Berlin, 2:00–3:00 does not happen', sundays('Europe/Berlin', '2:00-3:00'), '2026-03-28T02:30+01:00', 1, '2026-04-04T02:30+02:00'],
    ['New York, night of seven hours', nightly('America/New_York'), '2026-03-07T22:00-05:00', 7, '2026-03-08T06:00-04:00'],
    ['New York, night of nine hours', nightly('America/New_York'), '2026-10-31T22:00-04:00', 9, '2026-11-01T06:00-05:00'],
    ['New York, office hours over the change', at('America/New_York'), '2026-10-30T17:30-04:00', 1, '2026-11-02T09:30-05:00'],
    ['São Paulo, midnight does not happen', sundays('America/Sao_Paulo', '0:00-2:00'), '2018-11-03T12:00-03:00', 1, '2018-11-04T02:00-02:00'],
    ['Lord Howe, half an hour twice', sundays('Australia/Lord_Howe', '1:00-3:00'), '2026-04-05T00:00+11:00', 2.5, '2026-04-05T03:00+10:30'],
    ['Apia, a Friday that did not happen', at('Pacific/Apia'), '2011-12-29T17:00-10:00', 2, '2012-01-02T10:00+14:00'],
  ])('%s', (_, calendar, start, workHours, due) => {
    const workMs = Math.round(workHours * HOUR_MS);
    const found = dueAt(new Date(start), workMs, calendar);
    expect(found.toISOString()).toBe(new Date(due).toISOString());
    expect(workMsBetween(new Date(start), found, calendar)).toBe(workMs);
  });
});

describe('working time between two moments', () => {
  // prettier-ignore
  it.each<[string, WorkCalendar, string, string, number]>([
    ['an ordinary week', office, '2026-03-02T00:00+03:00', '2026-03-09T00:00+03:00', 45],
    ['nothing at night', office, '2026-03-02T18:00+03:00', '2026-03-03T09:00+03:00', 0],
    ['backwards is nothing', office, '2026-03-02T12:00+03:00', '2026-03-02T10:00+03:00', 0],
    ['to itself is nothing', office, '2026-03-02T12:00+03:00', '2026-03-02T12:00+03:00', 0],
    ['lunch is not counted', lunch, '2026-03-02T09:00+03:00', '2026-03-02T18:00+03:00', 8],
    ['the hour that does not exist', sundays('Europe/Berlin', '2:00-3:00'), '2026-03-29T00:00+01:00', '2026-03-30T00:00+02:00', 0],
    ['the hour that happens twice', sundays('Europe/Berlin', '2:00-3:00'), '2026-10-25T00:00+02:00', '2026-10-26T00:00+01:00', 2],
    ['its first passing only', sundays('Europe/Berlin', '2:00-3:00'), '2026-10-25T00:00+02:00', '2026-10-25T02:00+01:00', 1],
    ['half a century', always('Europe/Moscow'), '1976-01-01T00:00Z', '2026-01-01T00:00Z', 18263 * 24],
    ['before 1970', office, '1969-12-29T00:00+03:00', '1970-01-05T00:00+03:00', 45],
  ])('%s', (_, calendar, from, to, workHours) => {
    expect(workMsBetween(new Date(from), new Date(to), calendar)).toBe(workHours * HOUR_MS);
  });
});

describe('opening', () => {
  // prettier-ignore
  it.each<[string, WorkCalendar, string, boolean, string]>([
    ['inside', office, '2026-03-02T10:00+03:00', true, '2026-03-02T10:00+03:00'],
    ['opening edge is open', office, '2026-03-02T09:00+03:00', true, '2026-03-02T09:00+03:00'],
    ['closing edge is closed', office, '2026-03-02T18:00+03:00', false, '2026-03-03T09:00+03:00'],
    ['last millisecond is open', office, '2026-03-02T17:59:59.999+03:00', true, '2026-03-02T17:59:59.999+03:00'],
    ['weekend', office, '2026-03-07T12:00+03:00', false, '2026-03-09T09:00+03:00'],
    ['lunch', lunch, '2026-03-02T13:00+03:00', false, '2026-03-02T14:00+03:00'],
    ['Saturday morning of a night shift', night, '2026-03-07T05:59+03:00', true, '2026-03-07T05:59+03:00'],
    ['holidays', newYear, '2025-12-31T10:00+03:00', false, '2026-01-13T09:00+03:00'],
  ])('%s', (_, calendar, moment, open, next) => {
    expect(isOpen(new Date(moment), calendar)).toBe(open);
    expect(nextOpening(new Date(moment), calendar)).toEqual(new Date(next));
  });
});

describe('refused', () => {
  const monday = new Date('2026-03-02T10:00Z');
  it.each([0, -1, 0.5, NaN, Infinity])('working time of %s ms', (workMs) => {
    expect(() => dueAt(monday, workMs, office)).toThrow(RangeError);
  });

  it('a calendar that never opens', () => {
    const closed = aCalendar({ workday: '' });
    expect(() => dueAt(monday, 1, closed)).toThrow(RangeError);
    expect(() => nextOpening(monday, closed)).toThrow(RangeError);
    expect(isOpen(monday, closed)).toBe(false);
    expect(workMsBetween(monday, new Date('2027-01-01T00:00Z'), closed)).toBe(0);
  });

  it('more work than a calendar of one open day has', () => {
    const once = aCalendar({ workday: '', exceptions: { '2026-05-04': '9:00-10:00' } });
    expect(dueAt(monday, HOUR_MS, once)).toEqual(new Date('2026-05-04T10:00+03:00'));
    expect(() => dueAt(monday, HOUR_MS + 1, once)).toThrow(RangeError);
  });

  it('an invalid date', () => {
    const never = new Date(NaN);
    expect(() => dueAt(never, 1, office)).toThrow(RangeError);
    expect(() => workMsBetween(never, monday, office)).toThrow(RangeError);
    expect(() => isOpen(never, office)).toThrow(RangeError);
  });

  // prettier-ignore
  it.each<[string, Partial<WorkCalendar>]>([
    ['an unknown zone', { zone: 'Europe/Nowhere' }],
    ['a week of five days', { week: office.week.slice(0, 5) }],
    ['an interval that ends before it begins', { week: office.week.map(() => [{ from: 600, to: 540 }]) }],
    ['an empty interval', { week: office.week.map(() => [{ from: 600, to: 600 }]) }],
    ['an interval of three days', { week: office.week.map(() => [{ from: 0, to: 2881 }]) }],
    ['an interval before midnight', { week: office.week.map(() => [{ from: -60, to: 60 }]) }],
    ['a part of a minute', { week: office.week.map(() => [{ from: 0.5, to: 60 }]) }],
    ['an exception on 30 February', { exceptions: { '2026-02-30': [] } }],
    ['an exception with another date form', { exceptions: { '01.02.2026': [] } }],
    ['a later week of five days', { laterWeeks: [{ from: '2026-02-02', week: [] }] }],
    ['later weeks in another order', { laterWeeks: ['2026-02-02', '2026-02-01'].map((from) => ({ from, week: office.week })) }],
    ['a later week from no date', { laterWeeks: [{ from: '', week: office.week }] }],
    ['an exception with a wrong interval', { exceptions: { '2026-02-03': [{ from: 1, to: 0 }] } }],
  ])('%s', (_, change) => {
    expect(() => isOpen(monday, { ...office, ...change })).toThrow(RangeError);
  });
});

describe('the week in groups', () => {
  const groups = (days: string[]) =>
    describeWeek({ week: days.map(hours) }).map(
      ({ firstDay, lastDay, intervals }) =>
        `${firstDay}–${lastDay} ${intervals.map(({ from, to }) => `${from}-${to}`).join()}`,
    );

  // prettier-ignore
  it.each<[string, string[], string[]]>([
    ['plain', ['9:00-18:00', '9:00-18:00', '9:00-18:00', '9:00-18:00', '9:00-18:00', '', ''], ['0–4 540-1080']],
    ['short Friday', ['9:00-18:00', '9:00-18:00', '9:00-18:00', '9:00-18:00', '9:00-17:00', '', ''], ['0–3 540-1080', '4–4 540-1020']],
    ['closed Wednesday parts', ['9:00-10:00', '9:00-10:00', '', '9:00-10:00', '', '', ''], ['0–1 540-600', '3–3 540-600']],
    ['order and overlaps do not matter', ['14:00-18:00, 9:00-13:00', '9:00-12:00, 11:00-13:00, 14:00-18:00', '', '', '', '', ''], ['0–1 540-780,840-1080']],
    ['closed', ['', '', '', '', '', '', ''], []],
  ])('%s', (_, days, expected) => {
    expect(groups(days)).toEqual(expected);
  });

  it('leaves the calendar as it was', () => {
    const calendar = aCalendar({ workday: '14:00-18:00, 9:00-13:00, 12:00-15:00' });
    const before = structuredClone(calendar);
    describeWeek(calendar);
    isOpen(new Date(), calendar);
    expect(calendar).toEqual(before);
  });
});

describe('a week that changes on a date', () => {
  const shift = { from: '2026-03-04', week: night.week };
  const later = { ...office, laterWeeks: [shift, { from: '2026-03-06', week: lunch.week }] };
  const workHours = (from: string, to: string) =>
    workMsBetween(new Date(from), new Date(to), later) / HOUR_MS;

  it('decides the days from that date on, and none before', () => {
    expect(workHours('2026-03-02T00:00+03:00', '2026-03-04T00:00+03:00')).toBe(18);
    expect(workHours('2026-03-04T00:00+03:00', '2026-03-06T00:00+03:00')).toBe(2 + 8 + 2 - 2 + 0);
    expect(workHours('2026-03-06T09:00+03:00', '2026-03-07T00:00+03:00')).toBe(8);
  });

  it('lets the night shift of the day before run to its end', () => {
    expect(isOpen(new Date('2026-03-06T05:59+03:00'), later)).toBe(true);
    expect(isOpen(new Date('2026-03-06T22:30+03:00'), later)).toBe(false);
  });

  it('is the week of a moment in the zone of the calendar', () => {
    expect(weekAt(new Date('2026-03-03T20:59:59Z'), later)).toBe(office.week);
    expect(weekAt(new Date('2026-03-03T21:00:00Z'), later)).toBe(night.week);
    expect(weekAt(new Date('2027-01-01T00:00:00Z'), later)).toBe(lunch.week);
  });
});

describe('against counting minute by minute', () => {
  const DAYS = 10;

  it.each([1, 2, 3, 4])('a hundred calendars by chance, seed %i', { timeout: 240_000 }, (seed) => {
    const random = chance(seed);
    for (let round = 0; round < 100; round += 1) {
      const { calendar: latest, near } = anyCalendar(random);
      const open = openMinutes(latest, near, DAYS * 1440);
      const startMs = near.getTime();
      let calendar = latest;
      // Some have had other hours until a while after the beginning.
      if (random.happens(0.4)) {
        const hours = anyCalendar(random).calendar;
        const minutes = random.int(0, 5 * 1440);
        open.splice(0, minutes, ...openMinutes(hours, near, minutes));
        calendar = { ...latest, before: { until: new Date(startMs + minutes * MINUTE_MS), hours } };
      }
      const before = [0];
      for (const counts of open) before.push((before.at(-1) ?? 0) + (counts ? MINUTE_MS : 0));
      /** Open time of the first `ms` milliseconds after `near`. */
      const slow = (ms: number) => {
        const whole = Math.floor(ms / MINUTE_MS);
        return (before[whole] ?? NaN) + (open[whole] ? ms % MINUTE_MS : 0);
      };
      for (let pair = 0; pair < 4; pair += 1) {
        const fromMs = random.int(0, 4 * DAY_MS);
        const toMs = fromMs + random.int(1, (DAYS - 5) * DAY_MS);
        const from = new Date(startMs + fromMs);
        const to = new Date(startMs + toMs);
        const workMs = slow(toMs) - slow(fromMs);
        const story = `${calendar.id}, seed ${seed}, round ${round}, ${from.toISOString()}`;

        expect(workMsBetween(from, to, calendar), story).toBe(workMs);
        expect(isOpen(from, calendar), story).toBe(open[Math.floor(fromMs / MINUTE_MS)]);
        if (workMs > 0) {
          const due = dueAt(from, workMs, calendar);
          expect(due <= to, story).toBe(true);
          expect(slow(due.getTime() - startMs) - slow(fromMs), story).toBe(workMs);
          expect(slow(due.getTime() - 1 - startMs) - slow(fromMs), story).toBe(workMs - 1);
        }
        const target = random.int(1, 60 * HOUR_MS);
        const due = dueAt(from, target, calendar);
        const dueOneEarlier = new Date(due.getTime() - 1);
        expect(workMsBetween(from, due, calendar), story).toBe(target);
        expect(workMsBetween(from, dueOneEarlier, calendar), story).toBe(target - 1);
        const opening = nextOpening(from, calendar);
        expect(isOpen(opening, calendar), story).toBe(true);
        expect(workMsBetween(from, opening, calendar), story).toBe(0);
      }
    }
  });
});
