import type { Tx } from '../../platform/db';

/** Open appeals that policies cannot tell apart, and what their clocks run by. */
export interface Alike {
  dealerId: string;
  topicId: string;
  typeCode: string;
  priority: string;
  /** The policy of clocks that would move with the rules; null: none runs. */
  runsBy: string | null;
  count: number;
}

export interface PreviewRow {
  id: string;
  no: number;
  subject: string;
  dealerName: string;
  openedAt: Date;
  dealerId: string;
  topicId: string;
  typeCode: string;
  priority: string;
  runsBy: string | null;
}

// A clock past its moment is late whatever the rules become; so is one whose breach is written.
const OPEN = `
  SELECT a.id, a.no, a.subject, a.created_at, a.dealer_id, a.topic_id, a.type_code, a.priority,
    (SELECT c.policy_id FROM sla_clock c
     WHERE c.appeal_id = a.id AND c.ended_at IS NULL
       AND (c.state = 'paused' OR (c.state = 'running' AND c.due_at >= $1))
     ORDER BY c.kind LIMIT 1) AS runs_by
  FROM appeal a WHERE a.status NOT IN ('resolved', 'closed')`;

/** How long the reading may take; a preview that takes longer is refused like a busy database. */
const PATIENCE_MS = 4_000;

export const previewRepository = {
  /** Both questions see the same moment, and neither can write. */
  begin: (tx: Tx) =>
    tx
      .query(`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY`)
      .then(() => tx.query(`SET LOCAL statement_timeout = ${PATIENCE_MS}`)),

  alike: (tx: Tx, at: Date) =>
    tx.query<Alike>(
      `SELECT dealer_id AS "dealerId", topic_id AS "topicId", type_code AS "typeCode", priority, runs_by AS "runsBy", count(*) AS count
       FROM (${OPEN}) AS open GROUP BY dealer_id, topic_id, type_code, priority, runs_by`,
      [at],
    ),

  /** The appeals of these kinds, newest first, below the number `before`. */
  list: (
    tx: Tx,
    kinds: readonly Omit<Alike, 'count'>[],
    { at, before, limit }: { at: Date; before: number | null; limit: number },
  ) =>
    tx.query<PreviewRow>(
      `SELECT o.id, o.no, o.subject, d.name AS "dealerName", o.created_at AS "openedAt", o.dealer_id AS "dealerId",
         o.topic_id AS "topicId", o.type_code AS "typeCode", o.priority, o.runs_by AS "runsBy"
       FROM (${OPEN}) AS o
       JOIN jsonb_to_recordset($2::jsonb) AS k ("dealerId" uuid, "topicId" uuid, "typeCode" text, priority text, "runsBy" uuid)
         ON k."dealerId" = o.dealer_id AND k."topicId" = o.topic_id AND k."typeCode" = o.type_code AND k.priority = o.priority
        AND k."runsBy" IS NOT DISTINCT FROM o.runs_by
       JOIN dealer d ON d.id = o.dealer_id
       WHERE ($3::integer IS NULL OR o.no < $3) ORDER BY o.no DESC LIMIT $4`,
      [at, JSON.stringify(kinds), before, limit],
    ),

  recompute: async (q: Pick<Tx, 'query'>) => {
    const [row] = await q.query<{ done: number; total: number | null; finishedAt: Date | null }>(
      `SELECT done, total, finished_at AS "finishedAt" FROM sla_recompute`,
    );
    if (row === undefined) throw new Error('the row of the recompute is missing');
    return row;
  },
};
