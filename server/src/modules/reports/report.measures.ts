import type { ReportGroup, ReportMeasure } from '@otklik/shared/reports';

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

export const GROUP_COLUMNS: Record<ReportGroup, string> = {
  manager: 'manager_id',
  team: 'team_id',
  topic: 'topic_id',
  type: 'type_code',
  dealer: 'dealer_id',
};

/** The key of a row in each group, as text; nobody is ''. */
const keySql = (group: ReportGroup) => `coalesce(f.${GROUP_COLUMNS[group]}::text, '')`;

/** `all` is one line; the last two count openings only. */
export type Dim = ReportGroup | 'all' | 'topic_type' | 'slot';
export const DIMS: Record<Dim, string> = {
  all: `''`,
  manager: keySql('manager'),
  team: keySql('team'),
  topic: keySql('topic'),
  type: keySql('type'),
  dealer: keySql('dealer'),
  topic_type: `f.topic_id::text || '|' || f.type_code`,
  slot: 'f.slot::text',
};

/** Rows of `report_tally` for facts, a relation of rows like `appeal_fact`. */
export const contributions = (facts: string) => `
  SELECT d.dim, g.grain, m.measure, g.start, d.key, m.bucket::smallint AS bucket, count(*)::integer AS n
  FROM (${facts}) f
  CROSS JOIN LATERAL (VALUES ${Object.entries(DIMS)
    .map(([dim, key]) => `('${dim}', ${key}, ${dim === 'topic_type' || dim === 'slot'})`)
    .join(', ')}) d (dim, key, only_opened)
  CROSS JOIN LATERAL (VALUES ${Object.entries(MEASURES)
    .map(([name, { holds, bucket }]) => `('${name}', ${holds}, f.opened_day, ${bucket})`)
    .join(
      ', ',
    )}, ('closed', f.closed_day IS NOT NULL, f.closed_day, 0)) m (measure, holds, day, bucket)
  CROSS JOIN LATERAL (VALUES ('d'::"char", m.day), ('m'::"char", date_trunc('month', m.day::timestamp)::date)) g (grain, start)
  WHERE m.holds AND (m.measure = 'opened' OR NOT d.only_opened)
  GROUP BY 1, 2, 3, 4, 5, 6`;
