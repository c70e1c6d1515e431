import type { Status } from '@otklik/shared/appeals';
import type { Side } from '@otklik/shared/people';
import type { Db, Tx } from '../../platform/db';
import type { Carried, Since } from './merge.clocks';

/** What one appeal was like before a merge. */
export interface Standing {
  status: Status;
  solved: boolean | null;
  owedBy: Side | null;
}

/** How a merge is undone. */
export interface Before {
  clocks: Carried;
  source: Standing;
  target: Standing;
  /** What the target was given: orders and people that it did not have. */
  orders: string[];
  people: { id: string; name: string; side: Side }[];
}

export interface Merge {
  id: string;
  sourceId: string;
  targetId: string;
  mergedAt: Date;
  targetSeq: number;
  before: Before;
}

type Queries = Pick<Db, 'query'>;

export const mergeRepository = {
  /** The merge that holds now, not one that was undone. */
  async of(q: Queries, sourceId: string): Promise<Merge | null> {
    const [found] = await q.query<Merge>(
      `SELECT id, source_id AS "sourceId", target_id AS "targetId", merged_at AS "mergedAt", target_seq AS "targetSeq", before
       FROM appeal_merge WHERE source_id = $1 AND undone_at IS NULL`,
      [sourceId],
    );
    return found ?? null;
  },

  add: (tx: Tx, { id, sourceId, targetId, mergedAt, targetSeq, before }: Merge) =>
    tx.query(
      `INSERT INTO appeal_merge (id, source_id, target_id, merged_at, target_seq, before) VALUES ($1, $2, $3, $4, $5, $6)`,
      [id, sourceId, targetId, mergedAt, targetSeq, JSON.stringify(before)],
    ),

  undo: (tx: Tx, id: string, at: Date) =>
    tx.query(`UPDATE appeal_merge SET undone_at = $2 WHERE id = $1`, [id, at]),

  /** Orders of the source that the target does not have. */
  async newOrders(q: Queries, sourceId: string, targetId: string): Promise<string[]> {
    const rows = await q.query<{ id: string }>(
      `SELECT s.order_id AS id FROM appeal_order s WHERE s.appeal_id = $1
         AND NOT EXISTS (SELECT FROM appeal_order t WHERE t.appeal_id = $2 AND t.order_id = s.order_id)`,
      [sourceId, targetId],
    );
    return rows.map(({ id }) => id);
  },

  /** Takes orders off again, but for those that somebody has named in the thread since. */
  unlink: (tx: Tx, appealId: string, orderIds: readonly string[], afterSeq: number) =>
    tx.query(
      `DELETE FROM appeal_order l USING dealer_order o
       WHERE o.id = l.order_id AND l.appeal_id = $1 AND l.order_id = ANY($2::uuid[])
         AND NOT EXISTS (SELECT FROM entry e WHERE e.appeal_id = $1 AND e.seq > $3 AND o.number = ANY(e.orders))`,
      [appealId, orderIds, afterSeq],
    ),

  /** People of these who have written in the appeal since. */
  async wroteSince(
    q: Queries,
    appealId: string,
    personIds: readonly string[],
    afterSeq: number,
  ): Promise<Set<string>> {
    const rows = await q.query<{ id: string }>(
      `SELECT DISTINCT author_id AS id FROM entry WHERE appeal_id = $1 AND seq > $3 AND author_id = ANY($2::uuid[])`,
      [appealId, personIds, afterSeq],
    );
    return new Set(rows.map(({ id }) => id));
  },

  /** What may have moved clocks since. */
  since: (q: Queries, appealId: string, afterSeq: number): Promise<Since[]> =>
    q.query<Since>(
      `SELECT kind, event_type, facts, author_side, to_jsonb(created_at) #>> '{}' AS created_at FROM entry
       WHERE appeal_id = $1 AND seq > $2 AND (kind = 'message' OR event_type IN ('status', 'no_answer_needed')) ORDER BY seq`,
      [appealId, afterSeq],
    ),

  /** Messages of the dealer that came after the last answer, oldest first. The opening one is his whoever typed it. */
  async unanswered(q: Queries, appealId: string): Promise<{ id: string; at: Date }[]> {
    return q.query(
      `SELECT id, created_at AS at FROM entry
       WHERE appeal_id = $1 AND kind = 'message' AND (author_side = 'dealer' OR seq = 1) AND deleted_at IS NULL
         AND seq > coalesce((SELECT max(seq) FROM entry WHERE appeal_id = $1 AND kind = 'message' AND author_side = 'staff' AND seq > 1), 0)
       ORDER BY seq`,
      [appealId],
    );
  },

  nameOf: (q: Queries, personIds: readonly string[]) =>
    q.query<{ id: string; name: string }>(
      `SELECT id, name FROM person WHERE id = ANY($1::uuid[]) ORDER BY lower(name), id`,
      [personIds],
    ),

  /** Who saw an appeal only because he was on it starts his sync afresh. */
  async forgetFor(tx: Tx, personIds: readonly string[]): Promise<void> {
    await tx.query(
      `UPDATE person SET rights_version = rights_version + 1 WHERE id = ANY($1::uuid[])`,
      [personIds],
    );
    for (const id of personIds) await tx.query(`SELECT pg_notify('rights_changed', $1)`, [id]);
  },
};
