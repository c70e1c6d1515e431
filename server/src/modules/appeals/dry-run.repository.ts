import type { Tx } from '../../platform/db';
import { clockRepository, type Clock, type ClockRow } from '../sla';

/** Something of the thread that may have moved clocks. */
export interface PastEntry {
  kind: 'message' | 'event';
  event_type: string | null;
  facts: Record<string, unknown> | null;
  author_side: 'dealer' | 'staff' | null;
  is_public: boolean;
  created_at: string;
}

/** An appeal with all that its clocks went by. */
export interface PastAppeal {
  id: string;
  dealerId: string;
  dealerName: string;
  assigneeId: string | null;
  assigneeName: string | null;
  teamId: string | null;
  topicId: string;
  typeCode: string;
  priority: string;
  clocks: Clock[];
  entries: PastEntry[];
}

type Row = Omit<PastAppeal, 'clocks'> & { clocks: ClockRow[] };

// Whatever moves a clock also speaks in the thread: an appeal that was silent throughout has none that began.
// What an appeal owes that was merged or split is told by two threads: it is left out.
const TOUCHED = `a.created_at <= $2 AND (a.last_at >= $1 OR EXISTS (
  SELECT FROM sla_clock c WHERE c.appeal_id = a.id AND c.started_at >= $1))
  AND NOT EXISTS (SELECT FROM sla_clock c WHERE c.appeal_id = a.id AND (c.carried_at IS NOT NULL OR c.state = 'carried'))`;

export const dryRunRepository = {
  /** One moment for all questions, and nothing can be written. */
  begin: (tx: Tx) => tx.query(`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY`),

  async total(tx: Tx, since: Date, at: Date): Promise<number> {
    const [row] = await tx.query<{ total: number }>(
      `SELECT count(*) AS total FROM appeal a WHERE ${TOUCHED}`,
      [since, at],
    );
    return row?.total ?? 0;
  },

  async after(
    tx: Tx,
    { since, at, afterId, limit }: { since: Date; at: Date; afterId: string | null; limit: number },
  ): Promise<PastAppeal[]> {
    const rows = await tx.query<Row>(
      `SELECT a.id, a.dealer_id AS "dealerId", d.name AS "dealerName", a.assignee_id AS "assigneeId", p.name AS "assigneeName",
         a.team_id AS "teamId", a.topic_id AS "topicId", a.type_code AS "typeCode", a.priority,
         (SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.started_at, c.kind, c.cycle), '[]') FROM sla_clock c WHERE c.appeal_id = a.id) AS clocks,
         (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', e.kind, 'event_type', e.event_type, 'facts', e.facts,
             'author_side', e.author_side, 'is_public', e.public_seq IS NOT NULL, 'created_at', e.created_at) ORDER BY e.seq), '[]') FROM entry e
           WHERE e.appeal_id = a.id AND (e.kind = 'message'
             OR e.event_type IN ('status', 'fields', 'no_answer_needed', 'dispute_settled'))) AS entries
       FROM appeal a JOIN dealer d ON d.id = a.dealer_id LEFT JOIN person p ON p.id = a.assignee_id
       WHERE ${TOUCHED} AND ($3::uuid IS NULL OR a.id > $3) ORDER BY a.id LIMIT $4`,
      [since, at, afterId, limit],
    );
    return rows.map((row) => ({ ...row, clocks: row.clocks.map(clockRepository.toClock) }));
  },
};
