/**
 * A clock's life told day by day: what was counted on which date, what was skipped and why.
 *
 * Pure. It works everything out from the ledger's lines and the calendar, and only by asking whether a
 * moment is open, so that it is a second way to the sums the ledger holds.
 */
import { isOpen, nextOpening, weekOn, workMsBetween, type WorkCalendar } from './calendar';
import type { Clock, ClockStep } from './sla.clock';

export interface CountedDay {
  /** Local date in the calendar's zone. */
  date: string;
  countedMs: number;
  hours: { from: Date; to: Date }[];
}

export interface Skipped {
  from: Date;
  to: Date;
  /**
   * `break`: between two intervals of one day; `night`: over midnight; `weekend` and `holiday`: a whole day
   * closed by the ordinary week or by an exception; `closed`: any other time without work.
   */
  why: 'break' | 'closed' | 'night' | 'weekend' | 'holiday';
}

export interface Stretch {
  /** `running`: from the last line of the ledger to the deadline, as it will be counted if nothing happens. */
  is: 'counted' | 'paused' | 'running';
  from: Date;
  /** Null: a pause that lasts. */
  to: Date | null;
  countedMs: number;
  /** Null: the calendar has had other hours then. */
  days: CountedDay[] | null;
  skipped: Skipped[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The stretches of one clock, end to end: what the ledger has, and on to the deadline while it runs.
 * The same ledger gives the same stretches whenever it is read; a running clock's add up to its target.
 * Lines that change nothing in the counting (a warning, a breach) do not cut a stretch.
 * @param steps the lines of this clock, in the order they were written
 */
export function stretchesOf(
  clock: Clock,
  steps: readonly ClockStep[],
  calendar: WorkCalendar,
): Stretch[] {
  const stretches: Stretch[] = [];
  let from = clock.startedAt;
  let countedMs = 0;
  let paused = false;
  const close = (to: Date) => {
    // Working time that was counted afterwards shows that the wait was none.
    const waited = paused && countedMs === 0;
    if (to > from)
      stretches.push(waited ? pause(from, to) : told('counted', from, to, countedMs, calendar));
    from = to;
    countedMs = 0;
  };
  for (const step of steps) {
    countedMs += step.countedMs;
    const stays =
      step.action === 'retargeted' || (step.action === 'taken_over' && step.dueAt === null);
    const stands: boolean = step.action === 'paused' || (paused && stays);
    const ends = clock.endedAt !== null && step === steps.at(-1);
    if (stands !== paused || ends || step.action === 'retargeted') close(step.at);
    paused = stands;
  }
  if (clock.endedAt !== null) return stretches;
  if (paused) return [...stretches, pause(from, null)];
  close(clock.lastCountedAt);
  if (clock.state === 'running' && clock.dueAt !== null && clock.dueAt > from) {
    const leftMs = clock.targetMs - clock.countedMs;
    stretches.push(told('running', from, clock.dueAt, leftMs, calendar));
  }
  return stretches;
}

const pause = (from: Date, to: Date | null): Stretch => ({
  ...{ is: 'paused', from, to },
  ...{ countedMs: 0, days: [], skipped: [] },
});

function told(
  is: 'counted' | 'running',
  from: Date,
  to: Date,
  countedMs: number,
  calendar: WorkCalendar,
): Stretch {
  const { days, skipped } = dayByDay(from, to, calendar);
  const sum = days.reduce((ms, day) => ms + day.countedMs, 0);
  const known = sum === countedMs;
  return { is, from, to, countedMs, days: known ? days : null, skipped: known ? skipped : [] };
}

/** Working time between two moments by local date, and the gaps between it. */
export function dayByDay(
  from: Date,
  to: Date,
  calendar: WorkCalendar,
): { days: CountedDay[]; skipped: Skipped[] } {
  const dates = localDates(calendar.zone);
  const days: CountedDay[] = [];
  const skipped: Skipped[] = [];
  let at = from;
  while (at < to) {
    if (!isOpen(at, calendar)) {
      const opens = openingBefore(at, to, calendar);
      skipped.push({ from: at, to: opens, why: whySkipped(at, opens, calendar, dates) });
      at = opens;
      continue;
    }
    const date = dates.of(at);
    const closes = lastMoment(at, to, (moment) => openThrough(at, moment, calendar));
    // A night shift belongs to two dates.
    const until = lastMoment(at, closes, (moment) => dates.of(new Date(moment - 1)) === date);
    const day = days.at(-1)?.date === date ? days.at(-1) : undefined;
    const piece = { from: at, to: until };
    const ms = until.getTime() - at.getTime();
    if (day) {
      day.countedMs += ms;
      const last = day.hours.at(-1);
      if (last && last.to.getTime() === at.getTime()) last.to = until;
      else day.hours.push(piece);
    } else days.push({ date, countedMs: ms, hours: [piece] });
    at = until;
  }
  return { days, skipped };
}

const openThrough = (from: Date, to: number, calendar: WorkCalendar) =>
  workMsBetween(from, new Date(to), calendar) === to - from.getTime();

function openingBefore(at: Date, to: Date, calendar: WorkCalendar): Date {
  if (workMsBetween(at, to, calendar) === 0) return to;
  return nextOpening(at, calendar);
}

/** The last moment up to `to` for which the answer, yes just after `from`, is still yes. */
function lastMoment(from: Date, to: Date, holds: (moment: number) => boolean): Date {
  const end = to.getTime();
  let yes = from.getTime();
  let step = HOUR_MS;
  while (yes < end && holds(Math.min(end, yes + step))) {
    yes = Math.min(end, yes + step);
    step = Math.min(DAY_MS, step * 2);
  }
  let no = Math.min(end, yes + step);
  while (no - yes > 1) {
    const middle = Math.floor((yes + no) / 2);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return new Date(yes);
}

function whySkipped(
  from: Date,
  to: Date,
  calendar: WorkCalendar,
  dates: LocalDates,
): Skipped['why'] {
  const first = dates.of(from);
  const last = dates.of(new Date(to.getTime() - 1));
  const whole = datesBetween(first, last).map((date) => closedOn(date, calendar, dates));
  if (whole.includes('holiday')) return 'holiday';
  if (whole.includes('weekend')) return 'weekend';
  if (first !== last) return 'night';
  const before = isOpen(new Date(from.getTime() - 1), calendar);
  const after = isOpen(to, calendar) && dates.of(to) === first;
  return before && after ? 'break' : 'closed';
}

/** Does nothing begin on this date, and by what? By the hours that held then. */
function closedOn(
  date: string,
  calendar: WorkCalendar,
  dates: LocalDates,
): 'weekend' | 'holiday' | null {
  const { before, exceptions } = calendar;
  if (before && date < dates.of(before.until)) return closedOn(date, before.hours, dates);
  const weekday = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
  const usual = weekOn(date, calendar)[weekday] ?? [];
  const exception = exceptions[date];
  if ((exception ?? usual).length > 0) return null;
  return exception && usual.length > 0 ? 'holiday' : 'weekend';
}

function datesBetween(first: string, last: string): string[] {
  const dates: string[] = [];
  for (let ms = Date.parse(`${first}T00:00:00Z`); ms <= Date.parse(last); ms += DAY_MS) {
    dates.push(new Date(ms).toISOString().slice(0, 10));
  }
  return dates;
}

interface LocalDates {
  of: (at: Date) => string;
}
const formats = new Map<string, Intl.DateTimeFormat>();
function localDates(zone: string): LocalDates {
  let format = formats.get(zone);
  if (!format) {
    // Swedish writes dates as ISO 8601 does.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' });
    formats.set(zone, format);
  }
  const known = format;
  return { of: (at) => known.format(at) };
}
