/** What the shape of an input cannot say about working rules: would every promise still have a moment? */
import type { FieldProblem } from '@otklik/shared/errors';
import { dueAt, type WorkCalendar } from './calendar';

const MINUTE_MS = 60_000;

/** Targets in working minutes, as a policy stores them; null = no such clock. */
export interface Targets {
  firstResponseMinutes: number | null;
  nextResponseMinutes: number | null;
  resolutionMinutes: number | null;
  /** For an internal question to a colleague. */
  questionMinutes: number | null;
}

const targetFields = [
  'firstResponseMinutes',
  'nextResponseMinutes',
  'resolutionMinutes',
  'questionMinutes',
] as const satisfies (keyof Targets)[];

/** Which targets of a policy have no moment within ten years of `at`; empty when all have one. */
export function targetProblems(
  targets: Targets,
  calendars: readonly WorkCalendar[],
  at: Date,
): FieldProblem[] {
  const fields = new Set(calendars.flatMap((calendar) => unreachable(targets, calendar, at)));
  const message = 'is more working time than the calendar has';
  const problems = [...fields].map((path) => ({ path, rule: 'too_little_time', message }));
  if (problems.length > 0) return problems;
  const far = new Set(calendars.flatMap((calendar) => beyondKnownYears(targets, calendar, at)));
  return [...far].map((path) => ({
    path,
    rule: 'beyond_known_year',
    message: 'reaches beyond the last year whose days off are known',
  }));
}

/**
 * Which reachable targets end where days off are not known yet. The coming year is never too far:
 * until its days are known, ordinary weeks are the best guess there is.
 */
export function beyondKnownYears(targets: Targets, calendar: WorkCalendar, at: Date) {
  const { lastKnownYear } = calendar;
  if (lastKnownYear === undefined) return [];
  const lastYear = Math.max(lastKnownYear, at.getUTCFullYear() + 1);
  return targetFields.filter((field) => {
    const minutes = targets[field];
    return minutes !== null && dueAt(at, minutes * MINUTE_MS, calendar).getUTCFullYear() > lastYear;
  });
}

/** Which targets have no moment within ten years of `at`. */
export function unreachable(targets: Targets, calendar: WorkCalendar, at: Date) {
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
