const DAY_MS = 86_400_000;

export const addDays = (day: string, days: number) =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
export const daysBetween = (from: string, to: string) =>
  Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);

/** From a day on, until before another: added, or taken away. */
export interface Span {
  grain: 'd' | 'm' | 'y';
  from: string;
  until: string;
  sign: 1 | -1;
}

/**
 * The days from–to as whole years, months beside them and days beside these. What is nearer is gone to, so days and months too many are
 * taken away again: a period until yesterday is its years without the rest of this one.
 */
export function spansOf({ from, to }: { from: string; to: string }): Span[] {
  const until = addDays(to, 1);
  const months = [nearestMonth(from), nearestMonth(until)] as const;
  const days = [...stretch('d', from, months[0]), ...stretch('d', months[1], until)];
  if (lengthOf(days) >= daysBetween(from, until)) return stretch('d', from, until);
  const years = [nearestYear(months[0]), nearestYear(months[1])] as const;
  const beside = [...stretch('m', months[0], years[0]), ...stretch('m', years[1], months[1])];
  if (lengthOf(beside) >= daysBetween(...months)) return [...days, ...stretch('m', ...months)];
  return [...days, ...beside, ...stretch('y', ...years)];
}

/** From one day to another; backwards it is taken away. */
function stretch(grain: Span['grain'], start: string, end: string): Span[] {
  if (start === end) return [];
  return start < end
    ? [{ grain, from: start, until: end, sign: 1 }]
    : [{ grain, from: end, until: start, sign: -1 }];
}

const lengthOf = (spans: readonly Span[]) =>
  spans.reduce((sum, { from, until }) => sum + daysBetween(from, until), 0);

function nearestMonth(day: string): string {
  const first = `${day.slice(0, 8)}01`;
  const next = `${addDays(first, 31).slice(0, 8)}01`;
  return daysBetween(first, day) <= daysBetween(day, next) ? first : next;
}
const nearestYear = (month: string): string =>
  `${month.slice(5, 7) <= '06' ? month.slice(0, 4) : addDays(month, 184).slice(0, 4)}-01-01`;
