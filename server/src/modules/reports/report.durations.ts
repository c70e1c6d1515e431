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
 * SQL of the step of the smallest duration that at least so many per cent of the measured do not exceed; null when nothing was measured.
 * @param percent of rows `r` of one measure: `bucket` (below 0: not measured), `reached` (how many lie in it or below), `measured` (how many are)
 */
export const quantileSql = (percent: number): string =>
  `min(r.bucket) FILTER (WHERE r.bucket >= 0 AND r.reached * 100 >= r.measured * ${percent})`;
