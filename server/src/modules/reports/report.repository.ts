import { REPORT_NOBODY } from '@otklik/shared/report-words';
import type { BreachCause, ReportGroup, ReportMeasure } from '@otklik/shared/reports';
import type { Db } from '../../platform/db';
import { spansOf, type Span } from './report.days';
import { quantileSql } from './report.durations';
import {
  DAY_MEASURES,
  DIMS,
  GRAINS_OF_TYPE,
  GROUP_COLUMNS,
  MEASURES,
  type Dim,
} from './report.measures';

/** SQL over `a` (appeal) and `d` (dealer), with its values put behind the parameters. */
export type AppealScope = (parameters: unknown[]) => string;

/** Days of the company's zone, both included, and what appeals are narrowed to. */
export interface Selection {
  from: string;
  to: string;
  filters: Partial<Record<ReportGroup, string>>;
}

type Queries = Pick<Db, 'query'>;
/** How many appeals of a key a measure holds for; `median` and `p90` are steps of the scale of durations, of measures that have one. */
export interface Numbers {
  key: string;
  measure: ReportMeasure;
  n: number;
  median: number | null;
  p90: number | null;
}
/** What happened on a day. */
export interface Day {
  day: string;
  opened: number;
  judged: number;
  in_time: number;
  closed: number;
}
type Bind = (value: unknown) => string;

const binder = (): { parameters: unknown[]; bind: Bind } => {
  const parameters: unknown[] = [];
  return { parameters, bind: (value) => `$${parameters.push(value)}` };
};

const filtersOf = ({ filters }: Selection) => Object.entries(filters) as [ReportGroup, string][];

/** Facts of the selection, without its period. */
const narrowed = (selection: Selection, bind: Bind): string[] =>
  filtersOf(selection).map(([group, value]) =>
    value === REPORT_NOBODY
      ? `f.${GROUP_COLUMNS[group]} IS NULL`
      : `f.${GROUP_COLUMNS[group]} = ${bind(value)}`,
  );

/**
 * Where the totals of a selection stand: without a filter, or in the line of its only one.
 * @returns null – facts must be counted
 */
function standing(selection: Selection): { dim: Dim; key: string } | null {
  const [first, ...more] = filtersOf(selection);
  if (first === undefined) return { dim: 'all', key: '' };
  if (more.length > 0) return null;
  return { dim: first[0], key: first[1] === REPORT_NOBODY ? '' : first[1] };
}

const periodOf = ({ from, to }: Selection, bind: Bind): string =>
  `f.opened_day BETWEEN ${bind(from)} AND ${bind(to)}`;

const within = (column: string, { from, until }: Span, bind: Bind): string =>
  `${column} >= ${bind(from)}::date AND ${column} < ${bind(until)}::date`;

const signed = ({ sign }: Span, value: string) => (sign < 0 ? `-${value}` : value);

const PLAIN = (Object.keys(MEASURES) as ReportMeasure[]).filter(
  (measure) => MEASURES[measure].bucket === '0',
);
/** Measures that are counted together, in one statement: the only one with durations gives the steps. */
const COUNTINGS = [
  { timed: 'answered', plain: PLAIN },
  { timed: 'resolved', plain: [] },
] as const satisfies { timed: ReportMeasure; plain: readonly ReportMeasure[] }[];
type Counting = (typeof COUNTINGS)[number];

/** Which lines of sums are read. */
interface Keys {
  dim: Dim;
  /** Of this key alone. */
  key?: string;
  /** Of the keys within this type: what comes behind it is the key. */
  ofType?: string;
  /** Sums stand by these alone; left out: by all. */
  grains?: readonly Span['grain'][];
}

/** The lines of a group, within what stands. @returns null – there are none, facts must be counted */
function keysOf(sums: ReturnType<typeof standing>, by: ReportGroup): Keys | null {
  if (sums === null || sums.dim === by) return sums;
  if (sums.dim === 'all') return { dim: by };
  if (sums.dim !== 'type' || by === 'type') return null;
  return { dim: `type_${by}`, ofType: sums.key, grains: GRAINS_OF_TYPE };
}

/** Lines of sums over a span. */
function lines(
  span: Span,
  { dim, key, ofType }: Keys,
  measures: readonly ReportMeasure[],
  bind: Bind,
): string {
  const conditions = [
    `t.dim = '${dim}' AND t.grain = '${span.grain}' AND t.measure = ANY(${bind(measures)})`,
    within('t.start', span, bind),
    ...(key === undefined ? [] : [`t.key = ${bind(key)}`]),
    // Bytes are compared: behind '|' comes '}'.
    ...(ofType === undefined
      ? []
      : [`t.key >= ${bind(`${ofType}|`)} AND t.key < ${bind(`${ofType}}`)}`]),
  ];
  const keySql = ofType === undefined ? 't.key' : `substr(t.key, ${ofType.length + 2})`;
  return `SELECT '${dim}' AS dim, ${keySql} AS key, t.measure, t.bucket, ${signed(span, 't.n')} AS n FROM report_tally t
   WHERE ${conditions.join(' AND ')}`;
}

/** The same lines of facts, which are read once. */
function counted(
  { timed, plain }: Counting,
  by: ReportGroup,
  conditions: readonly string[],
  sign: Span['sign'],
): string {
  const counts = plain.map(
    (measure) => `, count(*) FILTER (WHERE ${MEASURES[measure].holds}) AS ${measure}`,
  );
  const signed = sign < 0 ? '-' : '';
  const perGroup =
    plain.length === 0
      ? ''
      : `UNION ALL SELECT '${by}', g.key, m.measure, 0, ${signed}m.n::integer
         FROM (SELECT ${DIMS[by]} AS key, ${plain.map((measure) => `sum(f.${measure}) AS ${measure}`).join(', ')} FROM w f GROUP BY 1) g
         CROSS JOIN LATERAL (VALUES ${plain.map((measure) => `('${measure}', g.${measure})`).join(', ')}) m (measure, n) WHERE m.n <> 0`;
  return `(WITH w AS MATERIALIZED (
      SELECT f.${GROUP_COLUMNS[by]}, CASE WHEN ${MEASURES[timed].holds} THEN ${MEASURES[timed].bucket} END AS bucket, count(*) AS n ${counts.join('')}
      FROM appeal_fact f WHERE ${conditions.join(' AND ')} GROUP BY 1, 2)
    SELECT '${by}', ${DIMS[by]}, '${timed}', f.bucket, ${signed}f.n::integer FROM w f WHERE f.bucket IS NOT NULL ${perGroup})`;
}

export const reportRepository = {
  /** Every measure with its quantiles, of all appeals of the period (`is_all`) and of each group. */
  async numbers(
    q: Queries,
    selection: Selection,
    by: ReportGroup,
  ): Promise<(Numbers & { is_all: boolean })[]> {
    const rows = await Promise.all(
      COUNTINGS.map((counting) => this.numbersOf(q, selection, by, counting)),
    );
    return rows.flat();
  },

  /**
   * From sums of years, half-years and months and the facts of the few days beside them; groups of a type from those of years and
   * half-years. Under another filter by something else facts are counted.
   */
  numbersOf(
    q: Queries,
    selection: Selection,
    by: ReportGroup,
    counting: Counting,
  ): Promise<(Numbers & { is_all: boolean })[]> {
    const { parameters, bind } = binder();
    const sums = standing(selection);
    const own = keysOf(sums, by);
    const measures = [counting.timed, ...counting.plain];
    const facts = (period: string, sign: Span['sign']) =>
      counted(counting, by, [period, ...narrowed(selection, bind)], sign);
    const parts = own
      ? spansOf(selection).map((span) =>
          span.grain === 'd' || own.grains?.includes(span.grain) === false
            ? facts(within('f.opened_day', span, bind), span.sign)
            : lines(span, own, measures, bind),
        )
      : [facts(periodOf(selection, bind), 1)];
    return q.query(
      `WITH u (dim, key, measure, bucket, n) AS (${parts.join(' UNION ALL ')}),
       g AS MATERIALIZED (SELECT key, measure, bucket, sum(n)::integer AS n FROM u GROUP BY 1, 2, 3 HAVING sum(n) <> 0),
       s AS (SELECT false AS is_all, * FROM g UNION ALL SELECT true, '', measure, bucket, sum(n)::integer FROM g GROUP BY measure, bucket),
       r AS (SELECT *, sum(n) FILTER (WHERE bucket >= 0) OVER (PARTITION BY is_all, key, measure ORDER BY bucket) AS reached,
         sum(n) FILTER (WHERE bucket >= 0) OVER (PARTITION BY is_all, key, measure) AS measured FROM s)
       SELECT is_all, key, measure, sum(n)::integer AS n, ${quantileSql(50)} AS median, ${quantileSql(90)} AS p90 FROM r GROUP BY 1, 2, 3`,
      parameters,
    );
  },

  /** How many appeals of the period were opened by topic and type, and by hour of the week. */
  openings(
    q: Queries,
    selection: Selection,
  ): Promise<{ dim: 'topic_type' | 'slot'; key: string; n: number }[]> {
    const { parameters, bind } = binder();
    const dims = ['topic_type', 'slot'] as const;
    const sums = standing(selection);
    if (sums?.dim === 'all' || sums?.dim === 'type') {
      const own: Keys[] =
        sums.dim === 'all'
          ? dims.map((dim) => ({ dim }))
          : [{ dim: 'topic_type' }, { dim: 'type_slot', ofType: sums.key }];
      const parts = own.flatMap((keys) =>
        spansOf(selection).map((span) => lines(span, keys, ['opened'], bind)),
      );
      // Behind a topic's id and '|'.
      const type =
        sums.dim === 'all' ? '' : `WHERE dim = 'slot' OR substr(key, 38) = ${bind(sums.key)}`;
      return q.query(
        `SELECT u.dim, u.key, sum(u.n)::integer AS n
         FROM (SELECT CASE dim WHEN 'topic_type' THEN dim ELSE 'slot' END AS dim, key, n FROM (${parts.join(' UNION ALL ')}) l) u
         ${type} GROUP BY 1, 2 HAVING sum(u.n) <> 0`,
        parameters,
      );
    }
    const where = [...narrowed(selection, bind), periodOf(selection, bind)].join(' AND ');
    return q.query(
      `WITH w AS MATERIALIZED (SELECT f.topic_id, f.type_code, f.slot, count(*) AS n FROM appeal_fact f WHERE ${where} GROUP BY 1, 2, 3)
       ${dims.map((dim) => `SELECT '${dim}' AS dim, ${DIMS[dim]} AS key, sum(f.n)::integer AS n FROM w f GROUP BY 2`).join(' UNION ALL ')}`,
      parameters,
    );
  },

  /** What happened on each day up to the period's end; the first line is everything before `since`. */
  days(q: Queries, selection: Selection, since: string): Promise<Day[]> {
    const { parameters, bind } = binder();
    const sums = standing(selection);
    const to = bind(selection.to);
    const day = (column: string) => `greatest(${column}, ${bind(since)}::date - 1) AS day`;
    if (sums === null) {
      const where = narrowed(selection, bind).join(' AND ');
      const counts = DAY_MEASURES.map(
        (measure) => `count(*) FILTER (WHERE ${MEASURES[measure].holds}) AS ${measure}`,
      );
      const opened = 'g.opened_day IS NOT NULL';
      return q.query(
        `WITH g AS MATERIALIZED (SELECT f.opened_day, f.closed_day, ${counts.join(', ')} FROM appeal_fact f
           WHERE ${where} GROUP BY GROUPING SETS ((1), (2)))
         SELECT ${day('coalesce(g.opened_day, g.closed_day)')},
           ${DAY_MEASURES.map((measure) => `coalesce(sum(g.${measure}) FILTER (WHERE ${opened}), 0)::integer AS ${measure}`).join(', ')},
           coalesce(sum(g.opened) FILTER (WHERE g.closed_day IS NOT NULL), 0)::integer AS closed
         FROM g WHERE coalesce(g.opened_day, g.closed_day) <= ${to} GROUP BY 1 ORDER BY 1`,
        parameters,
      );
    }
    const counts = [...DAY_MEASURES, 'closed'].map(
      (measure) =>
        `coalesce(sum(t.n) FILTER (WHERE t.measure = '${measure}'), 0)::integer AS ${measure}`,
    );
    return q.query(
      `SELECT ${day('t.start')}, ${counts.join(', ')} FROM report_tally t
       WHERE t.dim = ${bind(sums.dim)} AND t.key = ${bind(sums.key)} AND t.grain = 'd' AND t.start <= ${to} GROUP BY 1 ORDER BY 1`,
      parameters,
    );
  },

  /** Time of ended breaches by cause, of colleagues by person, and how many appeals have some of it. */
  causes(
    q: Queries,
    selection: Selection,
  ): Promise<
    {
      cause: BreachCause;
      colleague_id: string | null;
      name: string | null;
      ms: number;
      appeals: number;
    }[]
  > {
    const { parameters, bind } = binder();
    const sums = standing(selection);
    const counting = (period: string) =>
      // Parts are looked up by their appeal: the database would rather read all there are.
      `SELECT p.cause, coalesce(p.colleague_id::text, '') AS colleague, sum(p.ms)::bigint AS ms, count(DISTINCT f.appeal_id)::integer AS appeals
       FROM appeal_fact f CROSS JOIN LATERAL (SELECT * FROM breach_part p WHERE p.appeal_id = f.appeal_id OFFSET 0) p
       WHERE ${['(f.late OR f.late_resolution)', period, ...narrowed(selection, bind)].join(' AND ')} GROUP BY 1, 2`;
    const summed = (span: Span, { dim, key }: NonNullable<typeof sums>) =>
      `SELECT t.cause, t.colleague, ${signed(span, 't.ms')} AS ms, ${signed(span, 't.appeals')} AS appeals FROM ${
        span.grain === 'd'
          ? `(${counting(within('f.opened_day', span, bind))}) t`
          : `breach_tally t WHERE t.dim = ${bind(dim)} AND t.key = ${bind(key)} AND ${within('t.start', span, bind)}`
      }`;
    const parts = sums
      ? spansOf(selection).map((span) => summed(span, sums))
      : [counting(periodOf(selection, bind))];
    return q.query(
      `SELECT c.*, w.name FROM (SELECT u.cause, nullif(u.colleague, '')::uuid AS colleague_id, sum(u.ms)::bigint AS ms, sum(u.appeals)::integer AS appeals
       FROM (${parts.map((part) => `(${part})`).join(' UNION ALL ')}) u GROUP BY 1, 2 HAVING sum(u.appeals) <> 0) c
       LEFT JOIN person w ON w.id = c.colleague_id`,
      parameters,
    );
  },

  /** The appeals behind a number, newest first, and how many they are. */
  async appeals(
    q: Queries,
    selection: Selection,
    bar: {
      measure: ReportMeasure;
      slot?: number | undefined;
      openOn?: string | undefined;
      cause?: BreachCause | undefined;
      colleagueId?: string | undefined;
    },
    page: { limit: number; after: { day: string; id: string } | null },
    scope: AppealScope | null,
  ) {
    const { parameters, bind } = binder();
    const conditions = [...narrowed(selection, bind), MEASURES[bar.measure].holds];
    if (bar.slot !== undefined) conditions.push(`f.slot = ${bind(bar.slot)}`);
    if (bar.cause !== undefined)
      conditions.push(
        `EXISTS (SELECT FROM breach_part p WHERE p.appeal_id = f.appeal_id AND p.cause = ${bind(bar.cause)})`,
      );
    if (bar.colleagueId !== undefined)
      conditions.push(
        `EXISTS (SELECT FROM breach_part p WHERE p.appeal_id = f.appeal_id AND p.colleague_id = ${bind(bar.colleagueId)})`,
      );
    if (bar.openOn === undefined) {
      conditions.push(`f.opened_day BETWEEN ${bind(selection.from)} AND ${bind(selection.to)}`);
    } else {
      const end = bind(bar.openOn);
      conditions.push(`f.opened_day <= ${end} AND (f.closed_day IS NULL OR f.closed_day > ${end})`);
    }
    if (scope !== null)
      conditions.push(
        `EXISTS (SELECT FROM appeal a JOIN dealer d ON d.id = a.dealer_id WHERE a.id = f.appeal_id AND ${scope(parameters)})`,
      );
    const where = conditions.join(' AND ');
    const [count] = await q.query<{ n: number }>(
      `SELECT count(*)::integer AS n FROM appeal_fact f WHERE ${where}`,
      parameters,
    );
    const after = page.after
      ? `AND (f.opened_day < ${bind(page.after.day)}::date OR (f.opened_day = ${bind(page.after.day)}::date AND f.appeal_id > ${bind(page.after.id)}::uuid))`
      : '';
    const rows = await q.query<{
      id: string;
      opened_day: string;
      no: number;
      subject: string;
      status: string;
      dealer: string;
      manager: string | null;
      opened_at: Date;
      late: boolean;
    }>(
      `SELECT p.appeal_id AS id, p.opened_day, p.late, a.no, a.subject, a.status, a.created_at AS opened_at, d.name AS dealer, m.name AS manager
       FROM (SELECT f.* FROM appeal_fact f WHERE ${where} ${after} ORDER BY f.opened_day DESC, f.appeal_id LIMIT ${bind(page.limit)}) p
       JOIN appeal a ON a.id = p.appeal_id JOIN dealer d ON d.id = a.dealer_id LEFT JOIN person m ON m.id = a.assignee_id
       ORDER BY p.opened_day DESC, p.appeal_id`,
      parameters,
    );
    return { total: count?.n ?? 0, rows };
  },

  /** What keys of a group are called. */
  names: (q: Queries, group: ReportGroup, keys: readonly string[]) =>
    q.query<{ key: string; ru: string; en: string }>(NAMES[group], [keys.filter(Boolean)]),
};

const NAMES: Record<ReportGroup, string> = {
  manager: `SELECT id::text AS key, name AS ru, name AS en FROM person WHERE id = ANY($1::uuid[])`,
  team: `SELECT id::text AS key, name_ru AS ru, name_en AS en FROM team WHERE id = ANY($1::uuid[])`,
  topic: `SELECT id::text AS key, name_ru AS ru, name_en AS en FROM topic WHERE id = ANY($1::uuid[])`,
  type: `SELECT code AS key, name_ru AS ru, name_en AS en FROM appeal_type WHERE code = ANY($1::text[])`,
  dealer: `SELECT id::text AS key, name AS ru, name AS en FROM dealer WHERE id = ANY($1::uuid[])`,
};
