/** What the shape of an input cannot say about a calendar: is it one, and would every promise still have a moment? */
import type { FieldProblem } from '@otklik/shared/errors';
import { isDeepStrictEqual } from 'node:util';
import { isZone } from '../../platform/zone';
import type { WorkInterval } from './calendar';
import { calendarOf, localDate, type StoredCalendar } from './calendar.repository';
import { beyondKnownYears, unreachable, type Targets } from './rules-check';

/** As it was sent: the days in a list, so that a problem names the line the sender knows. */
export interface SentCalendar extends Omit<StoredCalendar, 'days'> {
  days: {
    date: string;
    kind: StoredCalendar['days'][string]['kind'];
    intervals: WorkInterval[];
    note: string;
  }[];
}

const FIRST_YEAR = 2000;
/** As far as a deadline may lie ahead. */
const YEARS_AHEAD = 10;

/** Sorted and without the list's order; of two lines for one date the later one. */
export function storedCalendar({ days, versions, ...rest }: SentCalendar): StoredCalendar {
  return {
    ...rest,
    versions: versions.map((version) => ({ ...version, week: version.week.map(inOrder) })),
    days: Object.fromEntries(
      days.map(({ date, kind, intervals, note }) => [
        date,
        { kind, intervals: inOrder(intervals), note },
      ]),
    ),
    teamIds: [...new Set(rest.teamIds)].sort(),
    dealerIds: [...new Set(rest.dealerIds)].sort(),
  };
}

/**
 * Why a calendar cannot be used, by field; empty when it can.
 * @param policies the targets it has to carry, from `at` on
 */
export function calendarProblems(
  sent: SentCalendar,
  policies: readonly Targets[],
  at: Date,
): FieldProblem[] {
  if (!isZone(sent.zone)) {
    return [{ path: 'zone', rule: 'zone', message: 'is not a time zone, such as Europe/Moscow' }];
  }
  const lines = [...versionLines(sent), ...dayLines(sent, at)];
  if (lines.length > 0) return lines;

  const calendar = calendarOf(storedCalendar(sent));
  const today = localDate(sent.zone, at);
  // A deadline may be counted from today, and from the first day of every week to come.
  const starts = sent.versions.flatMap(({ validFrom }, i) => {
    const isNow = (sent.versions[i + 1]?.validFrom ?? '9999') > today;
    if (!isNow) return [];
    return [
      {
        i,
        from: validFrom !== null && validFrom > today ? new Date(`${validFrom}T00:00:00Z`) : at,
      },
    ];
  });
  return starts.flatMap(({ i, from }) => {
    if (policies.some((targets) => unreachable(targets, calendar, from).length > 0)) {
      const message = 'opens too rarely for the targets of the policies';
      return [{ path: `versions.${i}.week`, rule: 'too_little_time', message }];
    }
    if (policies.some((targets) => beyondKnownYears(targets, calendar, from).length > 0)) {
      const message = `promises reach beyond ${calendar.lastKnownYear ?? ''}, the last year whose days off are known`;
      return [{ path: `versions.${i}.country`, rule: 'beyond_known_year', message }];
    }
    return [];
  });
}

/**
 * What clocks have been counted by stays: a deadline of the past can be worked out again at any time.
 * @returns by field what the change would do to days before today
 */
export function pastProblems(before: StoredCalendar, sent: SentCalendar, at: Date): FieldProblem[] {
  const today = localDate(before.zone, at);
  const isPast = (date: string | null) => date === null || date < today;
  const message = 'lies before today and stays as it was';
  const problems: FieldProblem[] = [];
  if (sent.zone !== before.zone) {
    problems.push({ path: 'zone', rule: 'in_use', message: 'clocks have been counted by it' });
  }
  const after = storedCalendar(sent);
  const ruled = before.versions.filter(({ validFrom }) => isPast(validFrom));
  const changed = after.versions.findIndex(
    (version, i) => isPast(version.validFrom) && !isDeepStrictEqual(version, ruled[i]),
  );
  if (changed >= 0) problems.push({ path: `versions.${changed}`, rule: 'past', message });
  else if (after.versions.filter(({ validFrom }) => isPast(validFrom)).length < ruled.length) {
    problems.push({ path: 'versions', rule: 'past', message });
  }
  sent.days.forEach(({ date }, i) => {
    if (isPast(date) && !isDeepStrictEqual(after.days[date], before.days[date])) {
      problems.push({ path: `days.${i}`, rule: 'past', message });
    }
  });
  if (Object.keys(before.days).some((date) => isPast(date) && !(date in after.days))) {
    problems.push({ path: 'days', rule: 'past', message });
  }
  return problems;
}

function versionLines({ versions }: SentCalendar): FieldProblem[] {
  return versions.flatMap(({ validFrom, week }, i) => {
    const path = `versions.${i}`;
    const previous = versions[i - 1]?.validFrom ?? '';
    if ((i === 0) !== (validFrom === null)) {
      const message = 'only the first one is valid from the beginning';
      return [{ path: `${path}.validFrom`, rule: 'first', message }];
    }
    if (validFrom !== null && validFrom <= previous) {
      return [{ path: `${path}.validFrom`, rule: 'order', message: 'starts after the one before' }];
    }
    const overlaps = week.flatMap((day, weekday) => overlapsIn(day, `${path}.week.${weekday}`));
    if (overlaps.length > 0) return overlaps;
    if (week.every((day) => day.length === 0)) {
      return [{ path: `${path}.week`, rule: 'never_opens', message: 'has no working hours' }];
    }
    return [];
  });
}

function dayLines({ days }: SentCalendar, at: Date): FieldProblem[] {
  const seen = new Set<string>();
  const lastYear = at.getUTCFullYear() + YEARS_AHEAD;
  return days.flatMap(({ date, kind, intervals }, i) => {
    const path = `days.${i}`;
    const isTwice = seen.has(date);
    seen.add(date);
    if (isTwice) {
      return [{ path: `${path}.date`, rule: 'twice', message: `${date} stands in the list twice` }];
    }
    const year = Number(date.slice(0, 4));
    if (year < FIRST_YEAR || year > lastYear) {
      const message = `no deadline lies outside ${FIRST_YEAR}–${lastYear}`;
      return [{ path: `${path}.date`, rule: 'beyond', message }];
    }
    if ((kind === 'own') !== intervals.length > 0) {
      const message = kind === 'own' ? 'names its hours' : 'takes its hours from the week';
      return [{ path: `${path}.intervals`, rule: 'hours', message }];
    }
    return overlapsIn(intervals, `${path}.intervals`);
  });
}

/** Names the interval that begins inside an earlier one; touching ones are fine. */
function overlapsIn(day: readonly WorkInterval[], path: string): FieldProblem[] {
  const sorted = day
    .map((interval, j) => ({ ...interval, j }))
    .sort((a, b) => a.from - b.from || a.j - b.j);
  const problems: FieldProblem[] = [];
  let busyTo = 0;
  for (const { from, to, j } of sorted) {
    if (from < busyTo) {
      const message = 'overlaps another interval of the day';
      problems.push({ path: `${path}.${j}`, rule: 'overlap', message });
    }
    busyTo = Math.max(busyTo, to);
  }
  return problems;
}

function inOrder(day: readonly WorkInterval[]): WorkInterval[] {
  return [...day].sort((a, b) => a.from - b.from);
}
