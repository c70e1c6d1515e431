/** Test data of working time: calendars by hand and by chance, and a slow second opinion on what is open. */
import type { WorkCalendar, WorkInterval } from './calendar';

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

/** A calendar by chance, with a moment (whole minute) within two days of the place's hard day. */
export function anyCalendar({ int, pick, happens }: Chance): {
  calendar: WorkCalendar;
  near: Date;
} {
  const [zone, date] = pick(hardPlaces);
  const hardDay = Date.parse(`${date}T00:00Z`);
  const interval = (): WorkInterval => {
    const from = happens(0.5) ? int(0, 1439) : 30 * int(0, 47);
    const longest = Math.min(2880 - from, happens(0.2) ? 2000 : 600);
    return { from, to: from + int(1, longest) };
  };
  const day = () => (happens(0.3) ? [] : Array.from({ length: int(1, 3) }, interval));
  const exceptions: Record<string, WorkInterval[]> = {};
  for (let offset = -4; offset < 14; offset += 1) {
    const key = new Date(hardDay + offset * DAY_MS).toISOString().slice(0, 10);
    if (happens(0.15)) exceptions[key] = day();
  }
  const week = Array.from({ length: 7 }, day);
  // At least one long day a week: with chance alone a week could stay closed.
  week[int(0, 6)] = [{ from: 480, to: 480 + int(60, 900) }];
  return {
    calendar: { id: `${zone}, ${date}`, zone, week, exceptions },
    near: new Date(hardDay + int(-2 * 1440, 2 * 1440) * MINUTE_MS),
  };
}

/**
 * For each minute from `start` (a whole minute) whether the wall clock stands inside an interval:
 * one look at the interval tables per minute, one at the zone per quarter of an hour.
 */
export function openMinutes(calendar: WorkCalendar, start: Date, minutes: number): boolean[] {
  // Swedish writes dates as ISO 8601 does: 2026-03-02 09:30.
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: calendar.zone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const intervalsOf = (dayMs: number) => {
    const day = new Date(dayMs);
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
