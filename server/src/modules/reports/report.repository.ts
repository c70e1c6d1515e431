import { REPORT_NOBODY } from '@otklik/shared/report-words';
import type { BreachCause, ReportGroup, ReportMeasure } from '@otklik/shared/reports';
import type { Db } from '../../platform/db';
import { GROUP_COLUMNS, MEASURES, DIMS, type Dim } from './report.measures';

/** Days of the company's zone, both included, and what appeals are narrowed to. */
export interface Selection {
  from: string;
  to: string;
  filters: Partial<Record<ReportGroup, string>>;
}

type Queries = Pick<Db, 'query'>;
interface Counted {
  key: string;
  measure: ReportMeasure;
  bucket: number;
  n: number;
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
 * Where sums already stand for a selection: without a filter under the asked dimension; with one filter, its own line has the totals.
 * @returns null – facts must be counted
 */
function standing(selection: Selection, dim: Dim): { dim: Dim; key: string | null } | null {
  const [first, ...more] = filtersOf(selection);
  if (first === undefined) return { dim, key: null };
  if (more.length > 0 || (dim !== 'all' && dim !== first[0])) return null;
  return { dim: first[0], key: first[1] === REPORT_NOBODY ? '' : first[1] };
}

/** The days from–to as whole months and the days around them: conditions over `t.grain` and `t.start`. */
function spans({ from, to }: Selection, bind: Bind): string {
  const after = new Date(Date.parse(to) + 86_400_000).toISOString().slice(0, 10);
  const first = from.endsWith('-01') ? from : nextMonth(from);
  const last = `${after.slice(0, 8)}01`;
  if (first >= last)
    return `t.grain = 'd' AND t.start >= ${bind(from)} AND t.start < ${bind(after)}`;
  const [a, b, c, d] = [bind(from), bind(first), bind(last), bind(after)];
  return `((t.grain = 'm' AND t.start >= ${b} AND t.start < ${c})
    OR (t.grain = 'd' AND t.start >= ${a} AND t.start < ${b}) OR (t.grain = 'd' AND t.start >= ${c} AND t.start < ${d}))`;
}

function nextMonth(day: string): string {
  const month = new Date(`${day.slice(0, 8)}01T00:00:00Z`);
  month.setUTCMonth(month.getUTCMonth() + 1);
  return month.toISOString().slice(0, 10);
}

/** `key, measure, bucket, n` of facts that are counted now; the same measures over the same rows as the sums. */
const counted = (key: string, conditions: string[], measures: readonly ReportMeasure[]) => `
  SELECT g.key, m.measure, m.bucket, sum(g.n)::integer AS n
  FROM (SELECT key, ${FLAGS.map(([name]) => name).join(', ')}, count(*) AS n
    FROM (SELECT ${key} AS key, ${FLAGS.map(([name, sql]) => `${sql} AS ${name}`).join(', ')}
      FROM appeal_fact f WHERE ${conditions.join(' AND ')}) f
    GROUP BY key, ${FLAGS.map(([name]) => name).join(', ')}) g
  CROSS JOIN LATERAL (VALUES ${measures.map((name) => `('${name}', g.has_${name}, g.bucket_${name})`).join(', ')}) m (measure, holds, bucket)
  WHERE m.holds GROUP BY 1, 2, 3`;
const FLAGS = Object.entries(MEASURES).flatMap(
  ([name, { holds, bucket }]) =>
    [
      [`has_${name}`, holds],
      [`bucket_${name}`, `(${bucket})::integer`],
    ] as const,
);
const ALL_MEASURES = Object.keys(MEASURES) as ReportMeasure[];

export const reportRepository = {
  /** Every measure of the period per key of a dimension. */
  perKey(
    q: Queries,
    selection: Selection,
    dim: Dim,
    measures: readonly ReportMeasure[] = ALL_MEASURES,
  ): Promise<Counted[]> {
    const { parameters, bind } = binder();
    const sums = standing(selection, dim);
    if (sums === null) {
      const conditions = [
        ...narrowed(selection, bind),
        `f.opened_day BETWEEN ${bind(selection.from)} AND ${bind(selection.to)}`,
      ];
      return q.query(counted(DIMS[dim], conditions, measures), parameters);
    }
    return q.query(
      `SELECT ${dim === 'all' ? `''` : 't.key'} AS key, t.measure, t.bucket, sum(t.n)::integer AS n FROM report_tally t
       WHERE t.dim = ${bind(sums.dim)} ${sums.key === null ? '' : `AND t.key = ${bind(sums.key)}`}
         AND t.measure = ANY(${bind(measures)}) AND ${spans(selection, bind)} GROUP BY 1, 2, 3`,
      parameters,
    );
  },

  /** Opened, judged and in time per week or month of the period. */
  perStep(
    q: Queries,
    selection: Selection,
    unit: 'week' | 'month',
  ): Promise<{ start: string; measure: ReportMeasure; n: number }[]> {
    const { parameters, bind } = binder();
    const sums = standing(selection, 'all');
    const step = (day: string) => `date_trunc('${unit}', ${day}::timestamp)::date`;
    const period = (day: string) =>
      `${day} BETWEEN ${bind(selection.from)} AND ${bind(selection.to)}`;
    if (sums === null) {
      const conditions = [...narrowed(selection, bind), period('f.opened_day')];
      return q.query(
        `SELECT c.key AS start, c.measure, c.n FROM (${counted(step('f.opened_day'), conditions, STEP_MEASURES)}) c`,
        parameters,
      );
    }
    return q.query(
      `SELECT ${step('t.start')} AS start, t.measure, sum(t.n)::integer AS n FROM report_tally t
       WHERE t.dim = ${bind(sums.dim)} ${sums.key === null ? '' : `AND t.key = ${bind(sums.key)}`}
         AND t.grain = 'd' AND t.measure = ANY(${bind(STEP_MEASURES)}) AND ${period('t.start')} GROUP BY 1, 2`,
      parameters,
    );
  },

  /** How many appeals were opened and closed on each day up to the period's end; the first line is everything before the period. */
  flow(q: Queries, selection: Selection): Promise<{ day: string; n: number }[]> {
    const { parameters, bind } = binder();
    const sums = standing(selection, 'all');
    const day = (column: string) => `greatest(${column}, ${bind(selection.from)}::date - 1)`;
    if (sums === null) {
      const conditions = ['true', ...narrowed(selection, bind)].join(' AND ');
      const to = bind(selection.to);
      return q.query(
        `SELECT day, sum(n)::integer AS n FROM (
           SELECT ${day('f.opened_day')} AS day, count(*) AS n FROM appeal_fact f WHERE ${conditions} AND f.opened_day <= ${to} GROUP BY 1
           UNION ALL
           SELECT ${day('f.closed_day')}, -count(*) FROM appeal_fact f WHERE ${conditions} AND f.closed_day <= ${to} GROUP BY 1
         ) u GROUP BY day ORDER BY day`,
        parameters,
      );
    }
    return q.query(
      `SELECT ${day('t.start')} AS day, sum(CASE t.measure WHEN 'opened' THEN t.n ELSE -t.n END)::integer AS n FROM report_tally t
       WHERE t.dim = ${bind(sums.dim)} ${sums.key === null ? '' : `AND t.key = ${bind(sums.key)}`}
         AND t.grain = 'd' AND t.measure IN ('opened', 'closed') AND t.start <= ${bind(selection.to)} GROUP BY 1 ORDER BY 1`,
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
    const conditions = [
      ...narrowed(selection, bind),
      `f.opened_day BETWEEN ${bind(selection.from)} AND ${bind(selection.to)}`,
    ];
    return q.query(
      `SELECT p.cause, p.colleague_id, (SELECT w.name FROM person w WHERE w.id = p.colleague_id) AS name,
         sum(p.ms)::bigint AS ms, count(DISTINCT p.appeal_id)::integer AS appeals
       FROM appeal_fact f JOIN breach_part p ON p.appeal_id = f.appeal_id
       WHERE (f.late OR f.late_resolution) AND ${conditions.join(' AND ')} GROUP BY 1, 2`,
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

const STEP_MEASURES: readonly ReportMeasure[] = ['opened', 'judged', 'in_time'];
const NAMES: Record<ReportGroup, string> = {
  manager: `SELECT id::text AS key, name AS ru, name AS en FROM person WHERE id = ANY($1::uuid[])`,
  team: `SELECT id::text AS key, name_ru AS ru, name_en AS en FROM team WHERE id = ANY($1::uuid[])`,
  topic: `SELECT id::text AS key, name_ru AS ru, name_en AS en FROM topic WHERE id = ANY($1::uuid[])`,
  type: `SELECT code AS key, name_ru AS ru, name_en AS en FROM appeal_type WHERE code = ANY($1::text[])`,
  dealer: `SELECT id::text AS key, name AS ru, name AS en FROM dealer WHERE id = ANY($1::uuid[])`,
};
