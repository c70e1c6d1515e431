/** What the shape of an input cannot say about working rules: would every promise still have a moment? */
import { isZone } from '../../platform/zone';
import type { FieldProblem } from '@otklik/shared/errors';
import { dueAt, type WorkCalendar, type WorkInterval } from './calendar';

const MINUTE_MS = 60_000;

/** Targets in working minutes, as a policy stores them; null = no such clock. */
export interface Targets {
  firstResponseMinutes: number | null;
  nextResponseMinutes: number | null;
  resolutionMinutes: number | null;
}

const targetFields = [
  'firstResponseMinutes',
  'nextResponseMinutes',
  'resolutionMinutes',
] as const satisfies (keyof Targets)[];

/**
 * Why a calendar cannot be used, by field; empty when it can.
 * @param policies the targets it has to carry, from `at` on
 */
export function calendarProblems(
  calendar: WorkCalendar,
  policies: readonly Targets[],
  at: Date,
): FieldProblem[] {
  if (!isZone(calendar.zone)) {
    return [{ path: 'zone', rule: 'zone', message: 'is not a time zone, such as Europe/Moscow' }];
  }
  const overlaps = [
    ...calendar.week.flatMap((day, i) => overlapsIn(day, `week.${i}`)),
    ...Object.entries(calendar.exceptions).flatMap(([date, day]) =>
      overlapsIn(day, `exceptions.${date}`),
    ),
  ];
  if (overlaps.length > 0) return overlaps;
  if (calendar.week.every((day) => day.length === 0)) {
    return [{ path: 'week', rule: 'never_opens', message: 'has no working hours' }];
  }
  if (policies.every((targets) => unreachable(targets, calendar, at).length === 0)) return [];
  const message = 'opens too rarely for the targets of the policies';
  return [{ path: 'week', rule: 'too_little_time', message }];
}

/** Which targets of a policy have no moment within ten years of `at`; empty when all have one. */
export function targetProblems(
  targets: Targets,
  calendars: readonly WorkCalendar[],
  at: Date,
): FieldProblem[] {
  const fields = new Set(calendars.flatMap((calendar) => unreachable(targets, calendar, at)));
  const message = 'is more working time than the calendar has';
  return [...fields].map((path) => ({ path, rule: 'too_little_time', message }));
}

/** Names the interval that begins inside an earlier one; touching ones are fine. */
function overlapsIn(day: readonly WorkInterval[], path: string): FieldProblem[] {
  const inOrder = day
    .map((interval, j) => ({ ...interval, j }))
    .sort((a, b) => a.from - b.from || a.j - b.j);
  const problems: FieldProblem[] = [];
  let busyTo = 0;
  for (const { from, to, j } of inOrder) {
    if (from < busyTo) {
      const message = 'overlaps another interval of the day';
      problems.push({ path: `${path}.${j}`, rule: 'overlap', message });
    }
    busyTo = Math.max(busyTo, to);
  }
  return problems;
}

function unreachable(targets: Targets, calendar: WorkCalendar, at: Date) {
  return targetFields.filter((field) => {
    const minutes = targets[field];
    return minutes !== null && !opensLongEnough(calendar, at, minutes);
  });
}

function opensLongEnough(calendar: WorkCalendar, at: Date, minutes: number): boolean {
  try {
    dueAt(at, minutes * MINUTE_MS, calendar);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
