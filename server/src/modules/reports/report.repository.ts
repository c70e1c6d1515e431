import { REPORT_NOBODY } from '@otklik/shared/report-words';
import type { BreachCause, ReportGroup, ReportMeasure } from '@otklik/shared/reports';
import type { Db } from '../../platform/db';
import { DAY_MEASURES, DIMS, GROUP_COLUMNS, MEASURES, type Dim } from './report.measures';

/** SQL over `a` (appeal) and `d` (dealer), with its values put behind the parameters. */
export type AppealScope = (parameters: unknown[]) => string;

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

/** From a day on, until before another. */
interface Span {
  grain: 'd' | 'm' | 'y';
  from: string;
  until: string;
}

/** The days from–to as whole years, the months around them, and the days around these. */
function spansOf({ from, to }: Pick<Selection, 'from' | 'to'>): Span[] {
  const until = new Date(Date.parse(to) + 86_400_000).toISOString().slice(0, 10);
  const months = { from: beginning(from, 'month'), until: `${until.slice(0, 8)}01` };
  if (months.from >= months.until) return [{ grain: 'd', from, until }];
  const years = { from: beginning(from, 'year'), until: `${until.slice(0, 5)}01-01` };
  const isWhole = years.from < years.until;
  const spans: Span[] = [
    { grain: 'd', from, until: months.from },
    { grain: 'm', from: months.from, until: isWhole ? years.from : months.until },
    { grain: 'y', ...years },
    { grain: 'm', from: isWhole ? years.until : months.until, until: months.until },
    { grain: 'd', from: months.until, until },
  ];
  return spans.filter((span) => span.from < span.until);
}

/** The first month or year that begins on a day or after it. */
function beginning(day: string, unit: 'month' | 'year'): string {
  const first = new Date(
    `${unit === 'year' ? day.slice(0, 5) + '01' : day.slice(0, 7)}-01T00:00:00Z`,
  );
  if (first.toISOString().startsWith(day)) return day;
  if (unit === 'year') first.setUTCFullYear(first.getUTCFullYear() + 1);
  else first.setUTCMonth(first.getUTCMonth() + 1);
  return first.toISOString().slice(0, 10);
}

const periodOf = ({ from, to }: Selection, bind: Bind): string =>
  `f.opened_day BETWEEN ${bind(from)} AND ${bind(to)}`;

function divided<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

const within = (column: string, { from, until }: Span, bind: Bind): string =>
  `${column} >= ${bind(from)}::date AND ${column} < ${bind(until)}::date`;

/** The facts that are counted now, named `w`: whatever is counted of them, they are looked up once. */
const withFacts = (conditions: readonly string[]) =>
  `WITH w AS MATERIALIZED (SELECT f.* FROM appeal_fact f WHERE ${conditions.join(' AND ')})`;

/** `key, measure, bucket, n` of the facts `w`; the same measures over the same rows as the sums. */
function counted(key: string, measures: readonly ReportMeasure[]): string {
  const buckets = [...new Set(measures.map((name) => MEASURES[name].bucket))];
  return buckets
    .map((bucket) => {
      const names = measures.filter((name) => MEASURES[name].bucket === bucket);
      const holds = names.map((name) => MEASURES[name].holds);
      return `SELECT g.key, m.measure, g.bucket, m.n::integer AS n
        FROM (SELECT ${key} AS key, (${bucket})::integer AS bucket, ${names.map((name, place) => `count(*) FILTER (WHERE ${holds[place]}) AS ${name}`).join(', ')}
          FROM w f WHERE ${holds.join(' OR ')} GROUP BY 1, 2) g
        CROSS JOIN LATERAL (VALUES ${names.map((name) => `('${name}', g.${name})`).join(', ')}) m (measure, n) WHERE m.n > 0`;
    })
    .join(' UNION ALL ');
}
const ALL_MEASURES = Object.keys(MEASURES) as ReportMeasure[];

export const reportRepository = {
  /** Every measure of the period per key of a dimension: sums of whole years and months, and what is around them. */
  perKey(
    q: Queries,
    selection: Selection,
    dim: Dim,
    measures: readonly ReportMeasure[] = ALL_MEASURES,
  ): Promise<Counted[]> {
    const { parameters, bind } = binder();
    const sums = standing(selection, dim);
    if (sums === null) {
      const conditions = [...narrowed(selection, bind), periodOf(selection, bind)];
      return q.query(`${withFacts(conditions)} ${counted(DIMS[dim], measures)}`, parameters);
    }
    const byDay = measures.every((measure) => DAY_MEASURES.includes(measure));
    const [summed, around] = divided(spansOf(selection), ({ grain }) => byDay || grain !== 'd');
    const parts = summed.map(
      (
        span,
      ) => `SELECT ${dim === 'all' ? `''` : 't.key'} AS key, t.measure, t.bucket, t.n FROM report_tally t
         WHERE t.dim = ${bind(sums.dim)} AND t.grain = '${span.grain}' ${sums.key === null ? '' : `AND t.key = ${bind(sums.key)}`}
           AND t.measure = ANY(${bind(measures)}) AND ${within('t.start', span, bind)}`,
    );
    let facts = '';
    if (around.length > 0) {
      const days = around.map((span) => `(${within('f.opened_day', span, bind)})`).join(' OR ');
      facts = withFacts([...narrowed(selection, bind), `(${days})`]);
      parts.push(counted(DIMS[dim], measures));
    }
    return q.query(
      `${facts} SELECT u.key, u.measure, u.bucket, sum(u.n)::integer AS n FROM (${parts.join(' UNION ALL ')}) u GROUP BY 1, 2, 3`,
      parameters,
    );
  },

  /**
   * What a report shows of its period: each part from sums where they stand, and all others from one reading of the facts.
   * `steps` are opened, judged and in time per week or month, by their first days.
   */
  async figures(
    q: Queries,
    selection: Selection,
    by: ReportGroup,
    unit: 'week' | 'month',
  ): Promise<Record<FigureName, Counted[]>> {
    const answers: Record<FigureName, Counted[]> = {
      ...{ all: [], groups: [], topics: [], slots: [], steps: [] },
    };
    const parts: Part[] = [
      { name: 'all', dim: 'all' },
      { name: 'groups', dim: by },
      { name: 'topics', dim: 'topic_type', measures: ['opened'] },
      { name: 'slots', dim: 'slot', measures: ['opened'] },
    ];
    const isSummed = ({ dim }: Part) => standing(selection, dim) !== null;
    await Promise.all([
      ...parts.filter(isSummed).map(async ({ name, dim, measures }) => {
        answers[name] = await this.perKey(q, selection, dim, measures);
      }),
      this.steps(q, selection, unit).then((steps) => {
        if (steps) answers.steps = steps;
      }),
      countTogether(
        q,
        selection,
        parts.filter((part) => !isSummed(part)),
        standing(selection, 'all') === null ? unit : null,
      ).then((rows) => {
        for (const { part, ...row } of rows) answers[part].push(row);
      }),
    ]);
    return answers;
  },

  /** Opened, judged and in time per week or month of the period; null when no sums have it. */
  async steps(q: Queries, selection: Selection, unit: 'week' | 'month'): Promise<Counted[] | null> {
    const { parameters, bind } = binder();
    const sums = standing(selection, 'all');
    if (sums === null) return null;
    return q.query(
      `SELECT ${stepSql('t.start', unit)} AS key, t.measure, 0 AS bucket, sum(t.n)::integer AS n FROM report_tally t
       WHERE t.dim = ${bind(sums.dim)} ${sums.key === null ? '' : `AND t.key = ${bind(sums.key)}`} AND t.grain = 'd'
         AND t.measure = ANY(${bind(DAY_MEASURES)}) AND t.start BETWEEN ${bind(selection.from)} AND ${bind(selection.to)} GROUP BY 1, 2`,
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
    const sums = standing(selection, 'all');
    const counting = (period: string) =>
      `SELECT p.cause, coalesce(p.colleague_id::text, '') AS colleague, sum(p.ms)::bigint AS ms, count(DISTINCT p.appeal_id)::integer AS appeals
       FROM appeal_fact f JOIN breach_part p ON p.appeal_id = f.appeal_id
       WHERE ${['(f.late OR f.late_resolution)', period, ...narrowed(selection, bind)].join(' AND ')} GROUP BY 1, 2`;
    const summed = (span: Span, { dim, key }: NonNullable<typeof sums>) =>
      span.grain === 'd'
        ? counting(within('f.opened_day', span, bind))
        : `SELECT t.cause, t.colleague, t.ms, t.appeals FROM breach_tally t
           WHERE t.dim = ${bind(dim)} AND t.key = ${bind(key ?? '')} AND ${within('t.start', span, bind)}`;
    const parts = sums
      ? spansOf(selection).map((span) => summed(span, sums))
      : [counting(periodOf(selection, bind))];
    return q.query(
      `SELECT c.*, w.name FROM (SELECT u.cause, nullif(u.colleague, '')::uuid AS colleague_id, sum(u.ms)::bigint AS ms, sum(u.appeals)::integer AS appeals
       FROM (${parts.map((part) => `(${part})`).join(' UNION ALL ')}) u GROUP BY 1, 2) c
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

type FigureName = 'all' | 'groups' | 'topics' | 'slots' | 'steps';
interface Part {
  name: FigureName;
  dim: Dim;
  measures?: readonly ReportMeasure[];
}

const stepSql = (day: string, unit: 'week' | 'month') =>
  `date_trunc('${unit}', ${day}::timestamp)::date::text`;

/** Several countings of one selection, whose facts are read once. */
async function countTogether(
  q: Queries,
  selection: Selection,
  parts: readonly Part[],
  unit: 'week' | 'month' | null,
): Promise<(Counted & { part: FigureName })[]> {
  const { parameters, bind } = binder();
  const countings = parts.map(({ name, dim, measures = ALL_MEASURES }) => ({
    ...{ name, measures, key: DIMS[dim] },
  }));
  if (unit !== null)
    countings.push({
      ...{ name: 'steps', measures: DAY_MEASURES, key: stepSql('f.opened_day', unit) },
    });
  if (countings.length === 0) return [];
  const facts = withFacts([...narrowed(selection, bind), periodOf(selection, bind)]);
  return q.query(
    `${facts} ${countings.map(({ name, key, measures }) => `SELECT '${name}' AS part, c.* FROM (${counted(key, measures)}) c`).join(' UNION ALL ')}`,
    parameters,
  );
}

const NAMES: Record<ReportGroup, string> = {
  manager: `SELECT id::text AS key, name AS ru, name AS en FROM person WHERE id = ANY($1::uuid[])`,
  team: `SELECT id::text AS key, name_ru AS ru, name_en AS en FROM team WHERE id = ANY($1::uuid[])`,
  topic: `SELECT id::text AS key, name_ru AS ru, name_en AS en FROM topic WHERE id = ANY($1::uuid[])`,
  type: `SELECT code AS key, name_ru AS ru, name_en AS en FROM appeal_type WHERE code = ANY($1::text[])`,
  dealer: `SELECT id::text AS key, name AS ru, name AS en FROM dealer WHERE id = ANY($1::uuid[])`,
};
