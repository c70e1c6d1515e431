import type { Db, Tx } from '../../platform/db';
import { bucketSql } from './report.durations';
import { ALL_SUMS, causeSums, contributions } from './report.measures';

export interface Place {
  zone: string;
  xid: string;
  appeal_id: string;
  /** Do the sums stand? If not, they are made when all facts are there. */
  summed: boolean;
}
type Queries = Pick<Db, 'query'>;

/** Emptied when everything is counted anew. */
export const RECOUNTED_TABLES = ['report_tally', 'appeal_fact', 'breach_tally', 'breach_part'];
const NO_ID = '00000000-0000-0000-0000-000000000000';

/** Facts and their sums. Whoever writes holds the place, so that nobody else does. */
export const factRepository = {
  /**
   * Holds the right to follow until the transaction ends.
   * @param patienceMs fails when somebody else has it for longer
   */
  async lockPlace(tx: Tx, patienceMs: number): Promise<Place> {
    await tx.query(`SELECT set_config('lock_timeout', $1, true)`, [String(patienceMs)]);
    const [place] = await tx.query<Place>(
      `SELECT zone, xid::text, appeal_id, summed FROM report_place FOR UPDATE`,
    );
    if (!place) throw new Error('the place of the reports is missing: run the migrations');
    return place;
  },

  /** Forgets everything: the zone in which days are counted has changed, or the sums are to be made anew. */
  async clear(tx: Tx, zone: string): Promise<Place> {
    await tx.query(`TRUNCATE ${RECOUNTED_TABLES.join(', ')}`);
    const place = { zone, xid: '0', appeal_id: NO_ID, summed: false };
    await factRepository.keepPlace(tx, place);
    return place;
  },

  keepPlace: (tx: Tx, { zone, xid, appeal_id, summed }: Place) =>
    tx.query(`UPDATE report_place SET zone = $1, xid = $2::xid8, appeal_id = $3, summed = $4`, [
      ...[zone, xid, appeal_id, summed],
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

  /** How many appeals have changed after a place. */
  async countAfter(q: Queries, place: Place): Promise<number> {
    const [row] = await q.query<{ n: number }>(
      `SELECT count(*)::integer AS n FROM appeal WHERE (changed_xid, id) > ($1::xid8, $2::uuid)`,
      [place.xid, place.appeal_id],
    );
    return row?.n ?? 0;
  },

  /** Forgets the facts of these appeals; sums stay as they are. */
  forget: (tx: Tx, ids: readonly string[]) =>
    tx.query(`DELETE FROM appeal_fact WHERE appeal_id = ANY($1::uuid[])`, [ids]),

  /** Makes facts of these appeals, of which none has any, and no sums. */
  add: (tx: Tx, ids: readonly string[], zone: string) =>
    tx.query(`INSERT INTO appeal_fact ${FACTS}`, [ids, zone]),

  /** Makes all sums of the facts and parts that are there; there must be none. */
  async sumAll(tx: Tx): Promise<void> {
    await tx.query(
      `SELECT set_config('statement_timeout', '0', true), set_config('work_mem', '64MB', true)`,
    );
    for (const sums of ALL_SUMS)
      await tx.query(`INSERT INTO report_tally ${sums} ORDER BY dim, key, measure, start, bucket`);
    await tx.query(
      `INSERT INTO breach_tally ${causeSums(`SELECT appeal_id, cause, colleague_id, ms, true AS is_new FROM breach_part`, `SELECT * FROM appeal_fact`)}`,
    );
  },

  /** Makes the facts of these appeals anew from their own data, and moves the sums by the difference. Twice is once. */
  async recompute(tx: Tx, ids: readonly string[], zone: string): Promise<void> {
    await tx.query(
      `WITH fresh AS MATERIALIZED (${FACTS}),
       after AS MATERIALIZED (SELECT n.* FROM fresh n LEFT JOIN appeal_fact f ON f.appeal_id = n.appeal_id
         WHERE f.appeal_id IS NULL OR ROW(n.*) IS DISTINCT FROM ROW(f.*)),
       before AS MATERIALIZED (SELECT f.* FROM appeal_fact f JOIN after n ON n.appeal_id = f.appeal_id),
       put AS (INSERT INTO appeal_fact SELECT * FROM after
         ON CONFLICT (appeal_id) DO UPDATE SET ${CHANGING.map((column) => `${column} = excluded.${column}`).join(', ')}),
       moved AS MATERIALIZED (SELECT dim, grain, measure, start, key, bucket, sum(n)::integer AS n
         FROM (SELECT * FROM (${contributions('SELECT * FROM after')}) c
           UNION ALL SELECT dim, grain, measure, start, key, bucket, -n FROM (${contributions('SELECT * FROM before')}) c) c
         GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(n) <> 0),
       less AS (UPDATE report_tally t SET n = t.n + m.n FROM moved m
         WHERE m.n < 0 AND (t.dim, t.grain, t.measure, t.start, t.key, t.bucket) = (m.dim, m.grain, m.measure, m.start, m.key, m.bucket)),
       causes AS (SELECT dim, key, start, cause, colleague, sum(ms)::bigint AS ms, sum(appeals)::integer AS appeals
         FROM (SELECT * FROM (${causeSums(partsOf('after'), 'SELECT * FROM after')}) c
           UNION ALL SELECT dim, key, start, cause, colleague, -ms, -appeals FROM (${causeSums(partsOf('before'), 'SELECT * FROM before')}) c) c
         GROUP BY 1, 2, 3, 4, 5 HAVING sum(ms) <> 0 OR sum(appeals) <> 0),
       caused AS (${addingCauses('SELECT * FROM causes')})
       INSERT INTO report_tally AS t SELECT * FROM moved WHERE n > 0 ORDER BY grain, dim, key, measure, start, bucket
       ON CONFLICT (dim, grain, measure, start, key, bucket) DO UPDATE SET n = t.n + excluded.n`,
      [ids, zone],
    );
    await tx.query(`DELETE FROM report_tally WHERE n = 0`);
    await tx.query(`DELETE FROM breach_tally WHERE appeals = 0`);
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

  /** @param summed move the sums too: the facts of their appeals are there */
  addParts: (tx: Tx, parts: readonly NewPart[], summed: boolean) =>
    tx.query(summed ? ADD_SUMMED_PARTS : `INSERT INTO breach_part SELECT * FROM ${NEW_PARTS}`, [
      JSON.stringify(parts),
    ]),
};

export interface NewPart {
  appeal_id: string;
  kind: string;
  cycle: number;
  cause: string;
  ms: number;
  colleague_id: string | null;
}
const NEW_PARTS = `jsonb_populate_recordset(NULL::breach_part, $1::jsonb)`;

const partsOf = (facts: string) =>
  `SELECT p.appeal_id, p.cause, p.colleague_id, p.ms, true AS is_new FROM breach_part p WHERE p.appeal_id IN (SELECT appeal_id FROM ${facts})`;

const addingCauses = (sums: string) => `INSERT INTO breach_tally AS t ${sums}
  ON CONFLICT (dim, key, start, cause, colleague) DO UPDATE SET ms = t.ms + excluded.ms, appeals = t.appeals + excluded.appeals`;

const ADD_SUMMED_PARTS = `
  WITH n AS MATERIALIZED (SELECT * FROM ${NEW_PARTS}), put AS (INSERT INTO breach_part SELECT * FROM n)
  ${addingCauses(
    causeSums(
      `SELECT n.appeal_id, n.cause, n.colleague_id, n.ms,
         NOT EXISTS (SELECT FROM breach_part p WHERE p.appeal_id = n.appeal_id AND p.cause = n.cause
           AND p.colleague_id IS NOT DISTINCT FROM n.colleague_id) AS is_new FROM n`,
      `SELECT * FROM appeal_fact WHERE appeal_id IN (SELECT appeal_id FROM n)`,
    ),
  )}`;

/** All columns of a fact but its key. */
const CHANGING = [
  ...['opened_day', 'slot', 'dealer_id', 'type_code', 'topic_id', 'team_id', 'manager_id'],
  ...['judged', 'late', 'late_resolution', 'first_bucket', 'resolution_bucket', 'closed_day'],
];

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
