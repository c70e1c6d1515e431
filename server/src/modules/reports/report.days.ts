const DAY_MS = 86_400_000;

export const addDays = (day: string, days: number) =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
export const daysBetween = (from: string, to: string) =>
  Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);

/** Sums stand by day, month, half-year and year; each is whole in the next. */
export type Grain = 'd' | 'm' | 'h' | 'y';

/** From a day on, until before another: added, or taken away. */
export interface Span {
  grain: Grain;
  from: string;
  until: string;
  sign: 1 | -1;
}

/** Where the next longer stretch begins that is nearest to the beginning of a shorter one. */
const LONGER: readonly { grain: Grain; nearest: (day: string) => string }[] = [
  { grain: 'm', nearest: nearestMonth },
  { grain: 'h', nearest: nearestHalf },
  { grain: 'y', nearest: (half) => `${half.slice(0, 4)}-01-01` },
];

/**
 * The days from–to as whole years, half-years beside them, months beside these and days beside those. What is nearer is gone to, so what
 * is too much is taken away again: a period until yesterday is its years without the rest of this one.
 */
export const spansOf = ({ from, to }: { from: string; to: string }): Span[] =>
  covered('d', LONGER, from, addDays(to, 1));

function covered(
  grain: Grain,
  [longer, ...longest]: typeof LONGER,
  from: string,
  until: string,
): Span[] {
  if (longer === undefined) return stretch(grain, from, until);
  const edges = [longer.nearest(from), longer.nearest(until)] as const;
  const beside = [...stretch(grain, from, edges[0]), ...stretch(grain, edges[1], until)];
  if (lengthOf(beside) >= daysBetween(from, until)) return stretch(grain, from, until);
  return [...beside, ...covered(longer.grain, longest, ...edges)];
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
function nearestHalf(month: string): string {
  const [year, no] = [month.slice(0, 4), month.slice(5, 7)];
  if (no <= '04') return `${year}-01-01`;
  return no <= '10' ? `${year}-07-01` : `${String(Number(year) + 1).padStart(4, '0')}-01-01`;
}
