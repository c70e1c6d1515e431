import type { Db, Tx } from '../../platform/db';
import { bucketSql } from './report.durations';
import { contributions } from './report.measures';

export interface Place {
  zone: string;
  xid: string;
  appeal_id: string;
}
type Queries = Pick<Db, 'query'>;

const NO_ID = '00000000-0000-0000-0000-000000000000';

/** Facts and their sums. Whoever writes holds the place, so that nobody else does. */
export const factRepository = {
  /** Holds the right to follow until the transaction ends. */
  async lockPlace(tx: Tx): Promise<Place> {
    const [place] = await tx.query<Place>(
      `SELECT zone, xid::text, appeal_id FROM report_place FOR UPDATE`,
    );
    if (!place) throw new Error('the place of the reports is missing: run the migrations');
    return place;
  },

  /** Forgets everything: the zone in which days are counted has changed, or the sums are to be made anew. */
  async clear(tx: Tx, zone: string): Promise<Place> {
    await tx.query(`TRUNCATE report_tally, appeal_fact, breach_part`);
    const place = { zone, xid: '0', appeal_id: NO_ID };
    await factRepository.keepPlace(tx, place);
    return place;
  },

  keepPlace: (tx: Tx, { zone, xid, appeal_id }: Place) =>
    tx.query(`UPDATE report_place SET zone = $1, xid = $2::xid8, appeal_id = $3`, [
      zone,
      xid,
      appeal_id,
    ]),

  /** Appeals that changed after a place, in the order of changes, and how far the place may move for good. */
  async changedAfter(tx: Queries, place: Place, limit: number) {
    const rows = await tx.query<{ id: string; xid: string; safe: string; is_safe: boolean }>(
      `SELECT id, changed_xid::text AS xid, pg_snapshot_xmin(pg_current_snapshot())::text AS safe,
         changed_xid < pg_snapshot_xmin(pg_current_snapshot()) AS is_safe
       FROM appeal WHERE (changed_xid, id) > ($1::xid8, $2::uuid) ORDER BY changed_xid, id LIMIT $3`,
      [place.xid, place.appeal_id, limit],
    );
    return rows;
  },

  /**
   * Makes the facts of these appeals anew from their own data, and moves the sums by the difference. Twice is once.
   * @returns how many facts were other than before
   */
  async recompute(tx: Tx, ids: readonly string[], zone: string): Promise<number> {
    const changed = await tx.query<{ appeal_id: string }>(
      `WITH fresh AS (${FACTS})
       SELECT n.appeal_id FROM fresh n LEFT JOIN appeal_fact f ON f.appeal_id = n.appeal_id
       WHERE f.appeal_id IS NULL OR ROW(n.*) IS DISTINCT FROM ROW(f.*)`,
      [ids, zone],
    );
    if (changed.length === 0) return 0;
    const other = changed.map((row) => row.appeal_id);
    const stored = `SELECT * FROM appeal_fact WHERE appeal_id = ANY($1::uuid[])`;
    await tx.query(
      `UPDATE report_tally t SET n = t.n - c.n FROM (${contributions(stored)}) c
       WHERE (t.dim, t.grain, t.measure, t.start, t.key, t.bucket) = (c.dim, c.grain, c.measure, c.start, c.key, c.bucket)`,
      [other],
    );
    await tx.query(`DELETE FROM appeal_fact WHERE appeal_id = ANY($1::uuid[])`, [other]);
    await tx.query(`INSERT INTO appeal_fact ${FACTS}`, [other, zone]);
    await tx.query(
      `INSERT INTO report_tally AS t ${contributions(stored)}
       ON CONFLICT (dim, grain, measure, start, key, bucket) DO UPDATE SET n = t.n + excluded.n`,
      [other],
    );
    await tx.query(`DELETE FROM report_tally WHERE n = 0`);
    return other.length;
  },

  /** Ended breaches of these appeals that have no parts yet, each with what happened to its appeal. An ended clock stays as it is. */
  newBreaches: (tx: Tx, ids: readonly string[]) =>
    tx.query<{
      appeal_id: string;
      kind: string;
      cycle: number;
      calendar_id: string;
      started_at: Date;
      ended_at: Date;
      is_assigned: boolean;
      assigned: { at: string; to: boolean; from: boolean }[];
      waits: { at: string; waits: boolean }[];
      approvals: { at: string; inApproval: boolean }[];
      questions: { id: string; to: string; at: string; until: string | null }[];
    }>(
      `SELECT c.appeal_id, c.kind, c.cycle, c.calendar_id, c.started_at, c.ended_at, a.assignee_id IS NOT NULL AS is_assigned,
         coalesce((SELECT jsonb_agg(jsonb_build_object('at', e.created_at, 'to', jsonb_typeof(e.facts->'to') = 'object',
             'from', jsonb_typeof(e.facts->'from') = 'object') ORDER BY e.seq)
           FROM entry e WHERE e.appeal_id = c.appeal_id AND e.event_type = 'assigned'), '[]') AS assigned,
         coalesce((SELECT jsonb_agg(jsonb_build_object('at', s.at, 'waits', s.action = 'paused') ORDER BY s.no)
           FROM sla_clock_step s WHERE s.appeal_id = c.appeal_id AND s.kind = c.kind AND s.cycle = c.cycle
             AND s.action IN ('paused', 'resumed')), '[]') AS waits,
         coalesce((SELECT jsonb_agg(jsonb_build_object('at', e.created_at, 'inApproval', e.facts->>'to' = 'approval') ORDER BY e.seq)
           FROM entry e WHERE e.appeal_id = c.appeal_id AND e.event_type = 'status'
             AND 'approval' IN (e.facts->>'from', e.facts->>'to')), '[]') AS approvals,
         coalesce((SELECT jsonb_agg(jsonb_build_object('id', q.id, 'to', q.asked_to, 'at', q.asked_at, 'until', q.ended_at) ORDER BY q.asked_at, q.id)
           FROM colleague_question q WHERE q.appeal_id = c.appeal_id), '[]') AS questions
       FROM sla_clock c JOIN appeal a ON a.id = c.appeal_id
       WHERE c.appeal_id = ANY($1::uuid[]) AND c.state = 'breached' AND c.ended_at IS NOT NULL AND ${MISSED_HERE}
         AND NOT EXISTS (SELECT FROM breach_part p WHERE p.appeal_id = c.appeal_id AND p.kind = c.kind AND p.cycle = c.cycle)`,
      [ids],
    ),

  addParts: (
    tx: Tx,
    parts: readonly {
      appeal_id: string;
      kind: string;
      cycle: number;
      cause: string;
      ms: number;
      colleague_id: string | null;
    }[],
  ) =>
    tx.query(
      `INSERT INTO breach_part SELECT * FROM jsonb_populate_recordset(NULL::breach_part, $1::jsonb)`,
      [JSON.stringify(parts)],
    ),
};

/** A missed deadline that came along from another clock `c` is counted there. */
const MISSED_HERE = `(c.breached_at < c.carried_at) IS NOT TRUE`;

/** The facts of the appeals $1 in the zone $2, with columns as the table has them. */
const FACTS = `
  SELECT a.id AS appeal_id, t.opened::date AS opened_day,
    ((extract(isodow FROM t.opened) - 1) * 24 + extract(hour FROM t.opened))::smallint AS slot,
    a.dealer_id, a.type_code, a.topic_id, a.team_id, a.assignee_id AS manager_id,
    coalesce(k.judged, false) AS judged, coalesce(k.late, false) AS late,
    coalesce(k.late_resolution, false) AS late_resolution,
    ${bucketSql('k.first_ms')} AS first_bucket,
    CASE WHEN a.status IN ('resolved', 'closed') THEN ${bucketSql('k.resolution_ms')} END AS resolution_bucket,
    CASE WHEN a.status IN ('resolved', 'closed') THEN (coalesce(k.resolved_at,
      (SELECT max(e.created_at) FROM entry e WHERE e.appeal_id = a.id AND e.event_type IN ('status', 'merged_into')),
      a.last_at) AT TIME ZONE $2)::date END AS closed_day
  FROM appeal a
  CROSS JOIN LATERAL (SELECT a.created_at AT TIME ZONE $2 AS opened) t
  LEFT JOIN LATERAL (
    SELECT bool_or(c.kind <> 'resolution' AND c.state IN ('met', 'breached') AND ${MISSED_HERE}) AS judged,
      bool_or(c.kind <> 'resolution' AND c.state = 'breached' AND ${MISSED_HERE}) AS late,
      bool_or(c.kind = 'resolution' AND c.state = 'breached' AND ${MISSED_HERE}) AS late_resolution,
      -- The first promise that staff kept or missed by answering; one that a closing settled was never answered.
      (array_agg(c.counted_ms ORDER BY c.started_at, c.cycle) FILTER (WHERE c.kind <> 'resolution' AND EXISTS (
        SELECT FROM sla_clock_step s WHERE s.appeal_id = c.appeal_id AND s.kind = c.kind AND s.cycle = c.cycle
          AND s.action IN ('met', 'ended') AND s.reason = 'staff_message')))[1] AS first_ms,
      (array_agg(c.counted_ms ORDER BY c.cycle DESC) FILTER (WHERE c.kind = 'resolution' AND c.ended_at IS NOT NULL AND c.state <> 'carried'))[1] AS resolution_ms,
      max(c.ended_at) FILTER (WHERE c.kind = 'resolution' AND c.state <> 'carried') AS resolved_at
    FROM sla_clock c WHERE c.appeal_id = a.id) k ON true
  WHERE a.id = ANY($1::uuid[])`;
