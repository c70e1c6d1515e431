/** Test data of working time: calendars by hand and by chance, and a slow second opinion on what is open. */
import type { CalendarDays, CalendarVersion, DayKind, OwnDay } from '@otklik/shared/calendar-days';
import type { WorkCalendar, WorkInterval } from './calendar';
import { calendarOf, type Calendar, type StoredCalendar } from './calendar.repository';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** `'9:00-13:00, 14:00-18:00'` → intervals; '' = closed. Hours may pass 24. */
export function hours(text: string): WorkInterval[] {
  const minutes = (clock: string) => {
    const [hour = 0, minute = 0] = clock.split(':').map(Number);
    return hour * 60 + minute;
  };
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [from = '', to = ''] = part.split('-');
      return { from: minutes(from), to: minutes(to) };
    });
}

/** Mon–Fri 9:00–18:00 in Moscow unless said otherwise. */
export function aCalendar({
  zone = 'Europe/Moscow',
  workday = '9:00-18:00',
  weekend = '',
  exceptions = {},
}: {
  zone?: string;
  workday?: string;
  weekend?: string;
  exceptions?: Record<string, string>;
} = {}): WorkCalendar {
  return {
    id: 'calendar',
    zone,
    week: [0, 1, 2, 3, 4, 5, 6].map((day) => hours(day < 5 ? workday : weekend)),
    exceptions: Object.fromEntries(
      Object.entries(exceptions).map(([date, text]) => [date, hours(text)]),
    ),
  };
}

/** The company's Mon–Fri 9:00–18:00 in Moscow as stored, unless said otherwise. */
export function aStoredCalendar(given: Partial<StoredCalendar> = {}): StoredCalendar {
  return {
    ...{ id: 'calendar', rev: 1, name: 'Mon–Fri 9–18', zone: 'Europe/Moscow', isCompany: false },
    versions: [{ validFrom: null, week: aCalendar().week, country: null }],
    ...{ days: {}, teamIds: [], dealerIds: [] },
    ...given,
  };
}

export interface Chance {
  /** A whole number, both ends included. */
  int: (low: number, high: number) => number;
  pick: <T>(items: readonly [T, ...T[]]) => T;
  /** True in the given share of calls. */
  happens: (share: number) => boolean;
}

/** The same seed gives the same row of numbers: 64-bit linear congruential, Knuth's constants, high half used. */
export function chance(seed: number): Chance {
  let state = BigInt(seed) * 2n + 1n;
  const next = () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 32n) / 2 ** 32;
  };
  const int = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    int,
    pick: (items) => items[int(0, items.length - 1)] ?? items[0],
    happens: (share) => next() < share,
  };
}

/** Zones that change by an hour, half an hour, a whole day, twice in a month or not at all, each with such a day. */
const hardPlaces: [[zone: string, date: string], ...[zone: string, date: string][]] = [
  ['Europe/Berlin', '2026-03-29'],
  ['Europe/Berlin', '2026-10-25'],
  ['America/New_York', '2026-03-08'],
  ['America/New_York', '2026-11-01'],
  ['America/Sao_Paulo', '2018-11-04'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Africa/Casablanca', '2026-02-15'],
  ['Pacific/Apia', '2011-12-30'],
  ['Asia/Vladivostok', '2026-01-01'],
  ['Europe/Kaliningrad', '2026-05-09'],
  ['Asia/Kathmandu', '2026-07-01'],
  ['Europe/Moscow', '2014-10-26'],
];

/**
 * A stored calendar by chance, with a moment (whole minute) within two days of the place's hard day: weeks
 * that change around it, every kind of exception, sometimes the Russian production calendar and a New Year.
 */
export function anyCalendar({ int, pick, happens }: Chance): {
  calendar: Calendar;
  near: Date;
} {
  const [zone, hardDate] = pick(hardPlaces);
  // Half of all: the long holidays, a working Saturday, the days around a short one.
  const date = happens(0.5)
    ? hardDate
    : pick(['2025-12-31', '2026-01-09', '2025-11-01', '2027-02-20', '2026-04-30']);
  const hardDay = Date.parse(`${date}T00:00Z`);
  const keyOf = (offset: number) => new Date(hardDay + offset * DAY_MS).toISOString().slice(0, 10);
  const interval = (): WorkInterval => {
    const from = happens(0.5) ? int(0, 1439) : 30 * int(0, 47);
    const longest = Math.min(2880 - from, happens(0.2) ? 2000 : 600);
    return { from, to: from + int(1, longest) };
  };
  const intervals = () => Array.from({ length: int(1, 3) }, interval);
  const version = (validFrom: string | null): CalendarVersion => {
    const week = Array.from({ length: 7 }, () => (happens(0.3) ? [] : intervals()));
    // At least one long day a week: with chance alone a week could stay closed.
    week[int(0, 6)] = [{ from: 480, to: 480 + int(60, 900) }];
    return { validFrom, week, country: happens(0.4) ? 'RU' : null };
  };
  const starts = [...new Set(Array.from({ length: int(0, 3) }, () => int(-3, 9)))];
  const days: Record<string, OwnDay> = {};
  for (let offset = -4; offset < 14; offset += 1) {
    if (!happens(0.2)) continue;
    const kind = pick<DayKind>(['closed', 'short', 'working', 'working_short', 'own']);
    days[keyOf(offset)] = { kind, intervals: kind === 'own' ? intervals() : [], note: '' };
  }
  const stored = aStoredCalendar({
    ...{ id: `${zone}, ${date}`, zone, days },
    versions: [version(null), ...starts.sort((a, b) => a - b).map((at) => version(keyOf(at)))],
  });
  const near = new Date(hardDay + int(-2 * 1440, 2 * 1440) * MINUTE_MS);
  return { calendar: calendarOf(stored), near };
}

/**
 * For each minute from `start` (a whole minute) whether the wall clock stands inside an interval:
 * one look at the interval tables per minute, one at the zone per quarter of an hour.
 */
export function openMinutes(
  calendar: WorkCalendar & Partial<StoredCalendar>,
  start: Date,
  minutes: number,
): boolean[] {
  // Swedish writes dates as ISO 8601 does: 2026-03-02 09:30.
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: calendar.zone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const { versions, days } = calendar;
  const intervalsOf = (dayMs: number) => {
    const day = new Date(dayMs);
    if (versions && days) return slowHours({ versions, days }, day);
    const weekday = (day.getUTCDay() + 6) % 7;
    return calendar.exceptions[day.toISOString().slice(0, 10)] ?? calendar.week[weekday] ?? [];
  };
  const read = (ms: number) => {
    const [date = '', clock = ''] = format.format(ms).split(' ');
    const dayMs = Date.parse(date);
    const minute = Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
    return { minute, today: intervalsOf(dayMs), yesterday: intervalsOf(dayMs - DAY_MS) };
  };
  const open: boolean[] = [];
  let quarter = NaN;
  let wall = read(start.getTime());
  for (let i = 0; i < minutes; i += 1) {
    const ms = start.getTime() + i * MINUTE_MS;
    const quarterNow = Math.floor(ms / (15 * MINUTE_MS));
    if (quarterNow !== quarter) wall = read(quarterNow * 15 * MINUTE_MS);
    quarter = quarterNow;
    const minute = wall.minute + (ms / MINUTE_MS - quarterNow * 15);
    const inside = (at: number) => (interval: WorkInterval) =>
      interval.from <= at && at < interval.to;
    open.push(wall.today.some(inside(minute)) || wall.yesterday.some(inside(minute + 1440)));
  }
  return open;
}

/** A second opinion on the hours of a day, told from the words alone; `day` is its midnight in UTC. */
function slowHours({ versions, days }: CalendarDays, day: Date): WorkInterval[] {
  const date = day.toISOString().slice(0, 10);
  let valid = versions[0];
  for (const version of versions) if ((version.validFrom ?? '') <= date) valid = version;
  const usual = valid?.week[(day.getUTCDay() + 6) % 7] ?? [];
  const own = days[date];
  if (own?.kind === 'own') return own.intervals;
  const kind = own?.kind ?? (valid?.country === 'RU' ? russianDay(date) : undefined);
  if (kind === undefined) return usual;
  if (kind === 'closed') return [];
  const isWorked = kind === 'working' || kind === 'working_short';
  const firstOpen = valid?.week.find((one) => one.length > 0) ?? [];
  const hoursOf = isWorked && usual.length === 0 ? firstOpen : usual;
  if (kind === 'working') return hoursOf;
  let end = 0;
  for (const { to } of hoursOf) end = Math.max(end, to);
  return hoursOf.flatMap(({ from, to }) =>
    from < end - 60 ? [{ from, to: to > end - 60 ? end - 60 : to }] : [],
  );
}

/** The days of the issue that the tests pass through, written out once more. */
function russianDay(date: string): OwnDay['kind'] | undefined {
  const year = date.slice(0, 4);
  const of = (list: string) => list.split(' ').includes(date.slice(5));
  const newYear = ['01', '02', '03', '04', '05', '06', '07', '08'].map((day) => `01-${day}`);
  const listed: Record<string, { off: string; short: string; workedShort: string }> = {
    '2025': {
      off: `${newYear.join(' ')} 05-01 05-02 05-08 05-09 06-12 06-13 11-03 11-04 12-31`,
      ...{ short: '03-07 04-30 06-11', workedShort: '11-01' },
    },
    '2026': {
      off: `${newYear.join(' ')} 01-09 02-23 03-09 05-01 05-11 06-12 11-04 12-31`,
      ...{ short: '04-30 05-08 06-11 11-03', workedShort: '' },
    },
    '2027': {
      off: `${newYear.join(' ')} 02-22 02-23 03-08 05-03 05-10 06-14 11-04 11-05 12-31`,
      ...{ short: '04-30 06-11 11-03', workedShort: '02-20' },
    },
  };
  const known = listed[year];
  if (known === undefined) return undefined;
  if (of(known.off)) return 'closed';
  if (of(known.short)) return 'short';
  return of(known.workedShort) ? 'working_short' : undefined;
}
