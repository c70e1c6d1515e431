/**
 * Working time: what part of real time a calendar counts.
 *
 * One definition carries everything here: a moment is open when the clock on the wall in the
 * calendar's zone stands inside an interval. So an hour that daylight saving skips counts nothing,
 * an hour that it repeats counts twice, and intervals that overlap count once.
 */
import { isDeepStrictEqual } from 'node:util';

/** Whole minutes from local midnight, `from` < `to`. `to` past 1440 (up to 2880) is a shift past midnight. */
export interface WorkInterval {
  from: number;
  to: number;
}

/** Read only: what is worked out for a calendar is remembered by the object, so a change needs a new one. */
export interface WorkCalendar {
  id: string;
  /** IANA name, such as `Europe/Kaliningrad`. */
  zone: string;
  /** Seven days, Monday first; from the beginning until `laterWeeks` says otherwise. */
  week: WorkInterval[][];
  /** The week that is valid from a local date `YYYY-MM-DD` on, dates ascending. */
  laterWeeks?: readonly { from: string; week: WorkInterval[][] }[];
  /**
   * Local date `YYYY-MM-DD` → the intervals that begin on it, in place of the weekday's; [] = closed.
   * A night shift begun the evening before still runs to its end.
   */
  exceptions: Record<string, WorkInterval[]>;
  /** Of a calendar with a production calendar: after this year days off are not known. */
  lastKnownYear?: number;
  /** Until this moment other hours held, whatever stands above: they were changed in the course of a day. */
  before?: { until: Date; hours: WorkCalendar };
}

/** Weekdays in a row that open alike: 0 = Monday, both ends included. */
export interface WeekGroup {
  firstDay: number;
  lastDay: number;
  intervals: WorkInterval[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Time is worked out in pieces of four weeks: mostly one piece holds the start and the end of a target. */
const PIECE_MS = 28 * DAY_MS;
const LOOK_AHEAD_PIECES = Math.ceil((10 * 366 * DAY_MS) / PIECE_MS);
const REMEMBERED_PIECES = 512;

/** An open stretch of real time, end excluded; `beforeMs` is the open time of the piece ahead of it. */
interface Span {
  startMs: number;
  endMs: number;
  beforeMs: number;
}

type Open = Pick<Span, 'startMs' | 'endMs'>;

interface Piece {
  spans: Span[];
  totalMs: number;
}

/** A stretch of real time in which the zone keeps one distance from UTC (`offsetMs`, east positive). */
interface Stretch {
  startMs: number;
  endMs: number;
  offsetMs: number;
}

/**
 * The earliest moment by which `workMs` of working time have passed since `start`.
 * Seconds and milliseconds are kept; holidays and daylight saving come from the calendar.
 * @param workMs whole milliseconds of working time, more than 0
 * @throws RangeError when the calendar does not open for that long in the next ten years, or never
 */
export function dueAt(start: Date, workMs: number, calendar: WorkCalendar): Date {
  if (!Number.isSafeInteger(workMs) || workMs <= 0) {
    throw new RangeError(`Working time must be whole milliseconds above 0, not ${workMs}`);
  }
  const startMs = momentOf(start);
  const first = Math.floor(startMs / PIECE_MS);
  let neededMs = workMs + openBefore(pieceOf(calendar, first), startMs);
  for (let index = first; index <= first + LOOK_AHEAD_PIECES; index += 1) {
    const piece = pieceOf(calendar, index);
    const span = neededMs <= piece.totalMs && lastBelow(piece.spans, 'beforeMs', neededMs);
    if (span) return new Date(span.startMs + neededMs - span.beforeMs);
    neededMs -= piece.totalMs;
  }
  throw new RangeError(
    `Calendar ${calendar.id} does not open long enough for ${workMs} ms of work`,
  );
}

/** Working milliseconds between two moments; 0 when `to` is not after `from`. */
export function workMsBetween(from: Date, to: Date, calendar: WorkCalendar): number {
  const fromMs = momentOf(from);
  const toMs = momentOf(to);
  if (toMs <= fromMs) return 0;
  const first = Math.floor(fromMs / PIECE_MS);
  const last = Math.floor(toMs / PIECE_MS);
  let workMs = -openBefore(pieceOf(calendar, first), fromMs);
  for (let index = first; index < last; index += 1) workMs += pieceOf(calendar, index).totalMs;
  return workMs + openBefore(pieceOf(calendar, last), toMs);
}

/** Whether the calendar counts the millisecond that begins at this moment. */
export function isOpen(at: Date, calendar: WorkCalendar): boolean {
  const atMs = momentOf(at);
  const { spans } = pieceOf(calendar, Math.floor(atMs / PIECE_MS));
  const span = lastBelow(spans, 'startMs', atMs + 1);
  return span !== undefined && atMs < span.endMs;
}

/** Do both open and close alike between two moments? */
export function sameHours(a: WorkCalendar, b: WorkCalendar, from: Date, to: Date): boolean {
  const [fromMs, toMs] = [momentOf(from), momentOf(to)];
  const open = (calendar: WorkCalendar) => {
    const spans: Open[] = [];
    for (let index = Math.floor(fromMs / PIECE_MS); index * PIECE_MS < toMs; index += 1)
      spans.push(...clipped(pieceOf(calendar, index).spans, fromMs, toMs));
    return spans;
  };
  return isDeepStrictEqual(open(a), open(b));
}

/**
 * `at` itself when the calendar is open then, else the moment it opens next.
 * @throws RangeError when it stays closed for the next ten years
 */
export function nextOpening(at: Date, calendar: WorkCalendar): Date {
  // The first counted millisecond ends one after the opening.
  return new Date(dueAt(at, 1, calendar).getTime() - 1);
}

/** The week that is valid at a moment. */
export function weekAt(at: Date, calendar: WorkCalendar): WorkInterval[][] {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: calendar.zone, dateStyle: 'short' });
  return weekOn(format.format(at), calendar);
}

/** The week that is valid on a local date `YYYY-MM-DD`. */
export const weekOn = (
  date: string,
  { week, laterWeeks = [] }: Pick<WorkCalendar, 'week' | 'laterWeeks'>,
): WorkInterval[][] => laterWeeks.findLast(({ from }) => from <= date)?.week ?? week;

/**
 * The ordinary week for a text such as “Mon–Fri 9:00–18:00”, days that open alike side by side
 * taken together. Closed days are left out; exceptions are not looked at.
 */
export function describeWeek(calendar: Pick<WorkCalendar, 'week'>): WeekGroup[] {
  const groups: WeekGroup[] = [];
  calendar.week.forEach((day, weekday) => {
    const intervals = joined(day);
    if (intervals.length === 0) return;
    const previous = groups.at(-1);
    if (previous?.lastDay === weekday - 1 && alike(previous.intervals, intervals)) {
      previous.lastDay = weekday;
    } else {
      groups.push({ firstDay: weekday, lastDay: weekday, intervals });
    }
  });
  return groups;
}

function momentOf(date: Date): number {
  const ms = date.getTime();
  if (Number.isNaN(ms)) throw new RangeError('Not a moment: invalid date');
  return ms;
}

/** Open milliseconds of the piece ahead of the moment. */
function openBefore(piece: Piece, atMs: number): number {
  const span = lastBelow(piece.spans, 'startMs', atMs);
  return span ? span.beforeMs + Math.min(atMs, span.endMs) - span.startMs : 0;
}

/** The last span whose `key` is below the value; spans ascend in both keys. */
function lastBelow(spans: Span[], key: 'startMs' | 'beforeMs', value: number): Span | undefined {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const span = spans[middle];
    if (span !== undefined && span[key] < value) low = middle + 1;
    else high = middle;
  }
  return spans[low - 1];
}

/** Sorted, overlapping and touching intervals as one. */
function joined(intervals: readonly WorkInterval[]): WorkInterval[] {
  const result: WorkInterval[] = [];
  for (const { from, to } of [...intervals].sort((a, b) => a.from - b.from)) {
    const previous = result.at(-1);
    if (previous && from <= previous.to) previous.to = Math.max(previous.to, to);
    else result.push({ from, to });
  }
  return result;
}

function alike(a: WorkInterval[], b: WorkInterval[]): boolean {
  return (
    a.length === b.length &&
    a.every((interval, i) => interval.from === b[i]?.from && interval.to === b[i]?.to)
  );
}

// ── Pieces of real time, worked out once per calendar ────────────────────────────────────────────

interface Timetable {
  /** Intervals that begin on a local day, counted in days since 1970-01-01. */
  intervalsOn: (day: number) => readonly WorkInterval[];
  pieces: Map<number, Piece>;
}

const timetables = new WeakMap<WorkCalendar, Timetable>();

function pieceOf(calendar: WorkCalendar, index: number): Piece {
  let timetable = timetables.get(calendar);
  if (!timetable) timetables.set(calendar, (timetable = timetableOf(calendar)));
  return remembered(timetable.pieces, index, () => {
    const { before, zone } = calendar;
    const open = openIn(zone, timetable, index);
    if (before === undefined) return pieceFrom(open);
    const untilMs = momentOf(before.until);
    const earlier = untilMs > index * PIECE_MS ? pieceOf(before.hours, index).spans : [];
    return pieceFrom([
      ...clipped(earlier, -Infinity, untilMs),
      ...clipped(open, untilMs, Infinity),
    ]);
  });
}

function clipped(spans: readonly Open[], fromMs: number, toMs: number): Open[] {
  return spans
    .map(({ startMs, endMs }) => ({
      startMs: Math.max(startMs, fromMs),
      endMs: Math.min(endMs, toMs),
    }))
    .filter(({ startMs, endMs }) => startMs < endMs);
}

function openIn(zone: string, timetable: Timetable, index: number): Open[] {
  const open: Open[] = [];
  for (const stretch of stretchesOf(zone, index)) {
    const { offsetMs } = stretch;
    // One day earlier too: its night shift may reach into this stretch.
    const firstDay = Math.floor((stretch.startMs + offsetMs) / DAY_MS) - 1;
    for (let day = firstDay; day * DAY_MS < stretch.endMs + offsetMs; day += 1) {
      for (const { from, to } of timetable.intervalsOn(day)) {
        const startMs = Math.max(day * DAY_MS + from * MINUTE_MS - offsetMs, stretch.startMs);
        const endMs = Math.min(day * DAY_MS + to * MINUTE_MS - offsetMs, stretch.endMs);
        if (startMs < endMs) open.push({ startMs, endMs });
      }
    }
  }
  return open.sort((a, b) => a.startMs - b.startMs);
}

/** @param open by their beginnings */
function pieceFrom(open: readonly Open[]): Piece {
  const spans: Span[] = [];
  let totalMs = 0;
  for (const { startMs, endMs } of open) {
    const previous = spans.at(-1);
    if (previous && startMs <= previous.endMs) {
      totalMs += Math.max(0, endMs - previous.endMs);
      previous.endMs = Math.max(previous.endMs, endMs);
    } else {
      spans.push({ startMs, endMs, beforeMs: totalMs });
      totalMs += endMs - startMs;
    }
  }
  return { spans, totalMs };
}

/** @throws RangeError when the calendar is not well formed: a wrong deadline would be worse. */
function timetableOf({ id, week, laterWeeks = [], exceptions }: WorkCalendar): Timetable {
  const wrong = (what: string) => new RangeError(`Calendar ${id}: ${what}`);
  const dayOf = (date: string) => {
    const dayMs = Date.parse(`${date}T00:00:00Z`);
    if (Number.isNaN(dayMs) || !new Date(dayMs).toISOString().startsWith(`${date}T`)) {
      throw wrong(`${date} is not a date`);
    }
    return dayMs / DAY_MS;
  };
  const weeks = [
    { fromDay: -Infinity, week },
    ...laterWeeks.map((later) => ({ fromDay: dayOf(later.from), week: later.week })),
  ];
  if (weeks.some((one) => one.week.length !== 7)) throw wrong('a week has seven days');
  if (weeks.some(({ fromDay }, i) => i > 0 && fromDay <= (weeks[i - 1]?.fromDay ?? NaN))) {
    throw wrong('weeks follow each other');
  }
  const byDay = new Map(
    Object.entries(exceptions).map(([date, intervals]) => [dayOf(date), intervals] as const),
  );
  for (const { from, to } of [...weeks.flatMap((one) => one.week), ...byDay.values()].flat()) {
    const whole = Number.isInteger(from) && Number.isInteger(to);
    if (!whole || from < 0 || from >= to || to > 2 * 1440) {
      throw wrong(`${from}–${to} is not an interval of minutes`);
    }
  }
  const weekOn = (day: number) => weeks.findLast(({ fromDay }) => fromDay <= day)?.week;
  return {
    // 1970-01-01 was a Thursday, three days after Monday.
    intervalsOn: (day) => byDay.get(day) ?? weekOn(day)?.[(((day + 3) % 7) + 7) % 7] ?? [],
    pieces: new Map(),
  };
}

// ── Zones ────────────────────────────────────────────────────────────────────────────────────────

interface Zone {
  format: Intl.DateTimeFormat;
  pieces: Map<number, Stretch[]>;
}

const zones = new Map<string, Zone>();

/** The piece cut where the zone changes its distance from UTC: to the second, in time order. */
function stretchesOf(zoneName: string, index: number): Stretch[] {
  let zone = zones.get(zoneName);
  if (!zone) {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zoneName,
      timeZoneName: 'longOffset',
    });
    zones.set(zoneName, (zone = { format, pieces: new Map() }));
  }
  const { format, pieces } = zone;
  return remembered(pieces, index, () => {
    const endMs = (index + 1) * PIECE_MS;
    let stretch = {
      startMs: index * PIECE_MS,
      endMs,
      offsetMs: offsetAt(format, index * PIECE_MS),
    };
    const stretches = [stretch];
    // A look each day: some zones change twice within a month, none twice within a day.
    for (let dayMs = stretch.startMs + DAY_MS; dayMs <= endMs; dayMs += DAY_MS) {
      const offsetMs = offsetAt(format, dayMs);
      if (offsetMs === stretch.offsetMs) continue;
      let same = dayMs / 1000 - DAY_MS / 1000;
      let changed = dayMs / 1000;
      while (changed - same > 1) {
        const middle = Math.floor((same + changed) / 2);
        if (offsetAt(format, middle * 1000) === stretch.offsetMs) same = middle;
        else changed = middle;
      }
      if (changed * 1000 === endMs) break;
      stretch.endMs = changed * 1000;
      stretch = { startMs: stretch.endMs, endMs, offsetMs };
      stretches.push(stretch);
    }
    return stretches;
  });
}

function offsetAt(format: Intl.DateTimeFormat, atMs: number): number {
  // Ends in “GMT”, “GMT+05:30”, or, long ago, “GMT-00:01:15”.
  const parts = /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/.exec(format.format(atMs));
  if (!parts?.[1]) return 0;
  const seconds = Number(parts[2]) * 3600 + Number(parts[3]) * 60 + Number(parts[4] ?? 0);
  return (parts[1] === '-' ? -seconds : seconds) * 1000;
}

/** What the map holds for the key, made and kept when missing; the oldest goes when it is full. */
function remembered<T>(map: Map<number, T>, key: number, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  if (map.size >= REMEMBERED_PIECES) {
    for (const oldest of map.keys()) {
      map.delete(oldest);
      break;
    }
  }
  map.set(key, made);
  return made;
}
