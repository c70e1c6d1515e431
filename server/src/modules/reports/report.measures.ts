import type { ReportGroup, ReportMeasure } from '@otklik/shared/reports';
import type { Grain } from './report.days';

/** Everything a number or a list depends on is said once here, over a row `f` of `appeal_fact`. */
export const MEASURES: Record<ReportMeasure, { holds: string; bucket: string }> = {
  opened: { holds: 'true', bucket: '0' },
  judged: { holds: 'f.judged', bucket: '0' },
  in_time: { holds: 'f.judged AND NOT f.late', bucket: '0' },
  late: { holds: 'f.late', bucket: '0' },
  answered: { holds: 'f.first_bucket IS NOT NULL', bucket: 'f.first_bucket' },
  resolved: {
    holds: 'f.closed_day IS NOT NULL',
    bucket: 'coalesce(f.resolution_bucket, -1)',
  },
  late_resolution: { holds: 'f.late_resolution', bucket: '0' },
  open: { holds: 'f.closed_day IS NULL', bucket: '0' },
};
/** Of these sums are kept by day too; with steps of durations a day would hold about as many lines as appeals. */
export const DAY_MEASURES: readonly ReportMeasure[] = ['opened', 'judged', 'in_time'];

export const GROUP_COLUMNS: Record<ReportGroup, string> = {
  manager: 'manager_id',
  team: 'team_id',
  topic: 'topic_id',
  type: 'type_code',
  dealer: 'dealer_id',
};

/** The key of a row in each group, as text; nobody is ''. */
const keySql = (group: ReportGroup) => `coalesce(f.${GROUP_COLUMNS[group]}::text, '')`;

/** Groups of the appeals of one type: a type holds too many facts to count them. */
type OfType = `type_${Exclude<ReportGroup, 'type'>}`;
const ofType = (rest: string) => `f.type_code || '|' || ${rest}`;

/** `all` is one line; the last three count openings only. */
export type Dim = ReportGroup | OfType | 'all' | 'topic_type' | 'slot' | 'type_slot';
export const DIMS: Record<Dim, string> = {
  all: `''`,
  manager: keySql('manager'),
  team: keySql('team'),
  topic: keySql('topic'),
  type: keySql('type'),
  dealer: keySql('dealer'),
  type_manager: ofType(keySql('manager')),
  type_team: ofType(keySql('team')),
  type_topic: ofType(keySql('topic')),
  type_dealer: ofType(keySql('dealer')),
  topic_type: `f.topic_id::text || '|' || f.type_code`,
  slot: 'f.slot::text',
  type_slot: ofType('f.slot::text'),
};
const ONLY_OPENED: readonly Dim[] = ['topic_type', 'slot', 'type_slot'];
const OF_TYPE: readonly Dim[] = ['type_manager', 'type_team', 'type_topic', 'type_dealer'];
/** Of groups within a type sums stand by these alone: by month there would be about as many lines as appeals. */
export const GRAINS_OF_TYPE = ['h', 'y'] as const satisfies Grain[];

/** The first day of what a day belongs to. */
const GRAINS: Record<Grain, (day: string) => string> = {
  d: (day) => day,
  m: (day) => `date_trunc('month', ${day}::timestamp)::date`,
  h: (day) =>
    `make_date(extract(year FROM ${day})::integer, CASE WHEN extract(month FROM ${day}) < 7 THEN 1 ELSE 7 END, 1)`,
  y: (day) => `date_trunc('year', ${day}::timestamp)::date`,
};

/** Counts that share everything but their condition, so that one reading makes them all. */
interface Family {
  grain: Grain;
  day: string;
  bucket: string;
  counts: readonly [name: string, holds: string][];
  dims: readonly Dim[];
}

const every = Object.keys(DIMS) as Dim[];
const full = every.filter((dim) => !ONLY_OPENED.includes(dim) && !OF_TYPE.includes(dim));
const buckets = [...new Set(Object.values(MEASURES).map(({ bucket }) => bucket))];
const countsOf = (names: readonly ReportMeasure[]) =>
  names.map((name) => [name, MEASURES[name].holds] as const satisfies [string, string]);
const withBucket = (bucket: string) =>
  (Object.keys(MEASURES) as ReportMeasure[]).filter((name) => MEASURES[name].bucket === bucket);

const opened = { day: 'f.opened_day', bucket: '0' };
/** Every measure with its durations, by the day of opening. */
const inFull = (grain: Grain, dims: readonly Dim[]): Family[] =>
  buckets.map((bucket) => ({
    ...{ grain, day: 'f.opened_day', bucket, dims },
    counts: countsOf(withBucket(bucket)),
  }));
const FAMILIES: readonly Family[] = [
  { ...opened, grain: 'd', counts: countsOf(DAY_MEASURES), dims: full },
  {
    ...{ grain: 'd', day: 'f.closed_day', bucket: '0', dims: full },
    counts: [['closed', 'f.closed_day IS NOT NULL']],
  },
  ...(['m', 'h', 'y'] as const).flatMap((grain) => inFull(grain, full)),
  ...GRAINS_OF_TYPE.flatMap((grain) => inFull(grain, OF_TYPE)),
  ...(['d', 'm', 'h', 'y'] as const).map((grain) => ({
    ...{ ...opened, grain, dims: ONLY_OPENED },
    counts: countsOf(['opened']),
  })),
];

/** What is counted of facts, with their keys. */
const keyed = (facts: string) =>
  `SELECT f.appeal_id, f.opened_day, f.closed_day, f.judged, f.late, f.late_resolution, f.first_bucket, f.resolution_bucket,
     ${every.map((dim) => `${DIMS[dim]} AS k_${dim}`).join(', ')} FROM (${facts}) f`;

/** One grouping for each dimension: `dim, key` and what is asked for, over rows `f` of `keyed`. */
function perDim(dims: readonly Dim[], by: readonly string[], rest: string, where: string): string {
  const keys = dims.map((dim) => `f.k_${dim}`);
  const names = dims
    .map(
      (dim, place) => `WHEN ${2 ** dims.length - 1 - 2 ** (dims.length - 1 - place)} THEN '${dim}'`,
    )
    .join(' ');
  return `SELECT CASE GROUPING(${keys.join(', ')}) ${names} END AS dim, coalesce(${keys.join(', ')}) AS key, ${rest}
    WHERE ${where} GROUP BY GROUPING SETS (${keys.map((key) => `(${[...by, key].join(', ')})`).join(', ')})`;
}

/** Rows of `report_tally` of one family. @param keyedFacts SQL of rows of `keyed` */
function familySums({ grain, day, bucket, counts, dims }: Family, keyedFacts: string): string {
  const sums = counts.map(([name, holds]) => `count(*) FILTER (WHERE ${holds}) AS ${name}`);
  const grouped = perDim(
    dims,
    ['f.start', 'f.bucket'],
    `f.start, f.bucket, ${sums.join(', ')}
       FROM (SELECT f.*, ${GRAINS[grain](day)} AS start, (${bucket})::smallint AS bucket FROM ${keyedFacts} f) f`,
    counts.map(([, holds]) => holds).join(' OR '),
  );
  return `SELECT g.dim, '${grain}'::"char" AS grain, m.measure, g.start, g.key, g.bucket, m.n::integer AS n FROM (${grouped}) g
      CROSS JOIN LATERAL (VALUES ${counts.map(([name]) => `('${name}', g.${name})`).join(', ')}) m (measure, n) WHERE m.n > 0`;
}

/** Rows of `report_tally` for a few facts. @param facts SQL of rows like `appeal_fact` */
export const contributions = (facts: string) => `
  WITH k AS MATERIALIZED (${keyed(facts)})
  ${FAMILIES.map((family) => familySums(family, 'k')).join('\n  UNION ALL\n  ')}`;

/** All rows of `report_tally`, in parts that have none in common. */
export const ALL_SUMS: readonly string[] = FAMILIES.map((family) =>
  familySums(family, `(${keyed('SELECT * FROM appeal_fact')})`),
);

/**
 * Rows of `breach_tally` for parts of breaches, by month: time by cause, and how many appeals have some of it.
 * @param parts SQL of rows `appeal_id, cause, colleague_id, ms, is_new`: `is_new` where the appeal has no older part of that cause and colleague
 * @param facts SQL of the facts of their appeals
 */
export const causeSums = (parts: string, facts: string) => `
  SELECT g.dim, g.key, g.start, g.cause, g.colleague, g.ms, g.appeals FROM (
    ${perDim(
      full,
      ['f.start', 'f.cause', 'f.colleague'],
      `f.start, f.cause, f.colleague, sum(f.ms)::bigint AS ms, count(DISTINCT f.appeal_id) FILTER (WHERE f.is_new)::integer AS appeals
       FROM (SELECT f.*, p.cause, coalesce(p.colleague_id::text, '') AS colleague, p.ms, p.is_new, ${GRAINS.m('f.opened_day')} AS start
         FROM (${keyed(facts)}) f JOIN (${parts}) p ON p.appeal_id = f.appeal_id) f`,
      'true',
    )}) g`;
