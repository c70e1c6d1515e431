/** What a calendar says of one local day: its own exception first, then the production calendar, then the week that is valid on it. */
import { PRODUCTION, productionYear, type Country } from './production';

/** Whole minutes from local midnight; `to` past 1440 is a shift past midnight. */
export interface DayInterval {
  from: number;
  to: number;
}

/**
 * `closed`; `short` ends an hour earlier than the weekday; `working` opens a day off like a weekday;
 * `working_short` both; `own` has intervals of its own.
 */
export const DAY_KINDS = ['closed', 'short', 'working', 'working_short', 'own'] as const;
export type DayKind = (typeof DAY_KINDS)[number];

export interface OwnDay {
  kind: DayKind;
  /** Of the kind `own` only. */
  intervals: DayInterval[];
  note: string;
}

/** The week and the production calendar from a local date on. */
export interface CalendarVersion {
  /** `YYYY-MM-DD`; null: from the beginning. */
  validFrom: string | null;
  /** Seven lists, Monday first. */
  week: DayInterval[][];
  country: Country | null;
}

export interface CalendarDays {
  /** By start, the one from the beginning first. */
  versions: readonly CalendarVersion[];
  /** `YYYY-MM-DD` → the exception of that day. */
  days: Readonly<Record<string, OwnDay>>;
}

export interface DayHours {
  kind: DayKind | 'ordinary';
  source: 'own' | 'production' | 'week';
  intervals: DayInterval[];
  note: string;
}

/** Exceptions of one calendar; far above what a company needs, far below what hurts. */
export const CALENDAR_DAYS_MAX = 4_000;

const DAY_MS = 86_400_000;
const SHORTER_BY = 60;

/** 0 = Monday. */
export function weekdayOf(date: string): number {
  return (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
}

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The version that decides a local day. */
export function versionOn(versions: readonly CalendarVersion[], date: string): CalendarVersion {
  const valid = versions.findLast(({ validFrom }) => validFrom === null || validFrom <= date);
  if (valid === undefined) throw new RangeError('A calendar has a version from the beginning');
  return valid;
}

export function dayHours({ versions, days }: CalendarDays, date: string): DayHours {
  const { week, country } = versionOn(versions, date);
  const weekday = weekdayOf(date);
  const own = days[date];
  if (own) {
    return {
      kind: own.kind,
      source: 'own',
      intervals: own.kind === 'own' ? own.intervals : intervalsOf(own.kind, week, weekday),
      note: own.note,
    };
  }
  const kind = country && productionYear(country, Number(date.slice(0, 4)))?.days[date];
  if (kind) {
    return { kind, source: 'production', intervals: intervalsOf(kind, week, weekday), note: '' };
  }
  return { kind: 'ordinary', source: 'week', intervals: week[weekday] ?? [], note: '' };
}

/** Every date on which the week alone does not decide. */
export function specialDates({ versions, days }: CalendarDays): string[] {
  const countries = new Set(versions.flatMap(({ country }) => country ?? []));
  const dates = new Set(Object.keys(days));
  for (const country of countries) {
    for (const year of PRODUCTION[country]) {
      for (const date of Object.keys(year.days)) {
        if (versionOn(versions, date).country === country) dates.add(date);
      }
    }
  }
  return [...dates].sort();
}

function intervalsOf(
  kind: Exclude<DayKind, 'own'>,
  week: readonly DayInterval[][],
  weekday: number,
): DayInterval[] {
  if (kind === 'closed') return [];
  const usual = week[weekday] ?? [];
  if (kind === 'short') return anHourShorter(usual);
  // A day off that is worked opens like the first open day of the week: the day that was moved.
  const worked = usual.length > 0 ? usual : (week.find((day) => day.length > 0) ?? []);
  return kind === 'working' ? worked : anHourShorter(worked);
}

function anHourShorter(intervals: readonly DayInterval[]): DayInterval[] {
  const end = Math.max(0, ...intervals.map(({ to }) => to)) - SHORTER_BY;
  return intervals
    .filter(({ from }) => from < end)
    .map(({ from, to }) => ({ from, to: Math.min(to, end) }));
}
