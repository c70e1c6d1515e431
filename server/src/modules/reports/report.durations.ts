/**
 * The scale of durations: each minute of the first hour is a step, and above it every step is 5 % longer than the one before.
 * So a median is exact to the minute within an hour and to 2.5 % above, and sums of a period need no single appeal.
 */
const MINUTES_EXACT = 60;
const GROWTH = 1.05;

/** The step of a duration in milliseconds (an SQL expression of a bigint); null of null, which `least` would pass over. */
export const bucketSql = (ms: string) =>
  `(CASE WHEN ${ms} IS NULL THEN NULL WHEN ${ms} < ${MINUTES_EXACT * 60_000} THEN ${ms} / 60000
    ELSE least(${MINUTES_EXACT} + floor(ln(${ms} / ${MINUTES_EXACT * 60_000}.0) / ln(${GROWTH})), 400) END)::smallint`;

/** The middle of a step, in minutes. */
export const minutesOf = (bucket: number): number =>
  bucket < MINUTES_EXACT
    ? bucket
    : Math.round(MINUTES_EXACT * GROWTH ** (bucket - MINUTES_EXACT + 0.5));

/**
 * The smallest duration that at least `share` of the measured do not exceed.
 * @param steps how many lie in each step, in any order; steps below 0 were not measured
 */
export function quantile(
  steps: readonly { bucket: number; n: number }[],
  share: number,
): number | null {
  const measured = steps.filter(({ bucket }) => bucket >= 0).sort((a, b) => a.bucket - b.bucket);
  const wanted = share * measured.reduce((sum, { n }) => sum + n, 0);
  let passed = 0;
  for (const { bucket, n } of measured) {
    passed += n;
    if (passed >= wanted) return minutesOf(bucket);
  }
  return null;
}
