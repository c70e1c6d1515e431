import type { DealerGroup } from '@otklik/shared/policies';
import type { Db, Tx } from '../../platform/db';

/** Dealer → his group, as one value of a select. */
export const GROUPS_AS_JSON = `
  (SELECT coalesce(jsonb_object_agg(m.dealer_id, m.group_id), '{}')
   FROM dealer_group_member m JOIN dealer_group g ON g.id = m.group_id WHERE g.deleted_at IS NULL)`;

export interface GroupRow {
  id: string;
  name: string;
  deleted: boolean;
}

export const dealerGroupRepository = {
  list: (q: Pick<Db, 'query'>, id: string | null = null) =>
    q.query<DealerGroup>(
      `SELECT g.id, g.name, coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'name', d.name) ORDER BY lower(d.name), d.id)
           FILTER (WHERE d.id IS NOT NULL), '[]') AS dealers
       FROM dealer_group g LEFT JOIN dealer_group_member m ON m.group_id = g.id LEFT JOIN dealer d ON d.id = m.dealer_id
       WHERE g.deleted_at IS NULL AND ($1::uuid IS NULL OR g.id = $1)
       GROUP BY g.id, g.name ORDER BY lower(g.name), g.id`,
      [id],
    ),

  /** Deleted or not. */
  async find(tx: Tx, id: string): Promise<GroupRow | null> {
    const [row] = await tx.query<GroupRow>(
      `SELECT id, name, deleted_at IS NOT NULL AS deleted FROM dealer_group WHERE id = $1`,
      [id],
    );
    return row ?? null;
  },

  async nameTaken(tx: Tx, { id, name }: Pick<GroupRow, 'id' | 'name'>): Promise<boolean> {
    const rows = await tx.query(
      `SELECT 1 FROM dealer_group WHERE lower(name) = lower($2) AND deleted_at IS NULL AND id <> $1`,
      [id, name],
    );
    return rows.length > 0;
  },

  save: (tx: Tx, { id, name, deleted }: GroupRow) =>
    tx.query(
      `INSERT INTO dealer_group (id, name, deleted_at) VALUES ($1, $2, CASE WHEN $3 THEN now() END)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, deleted_at = excluded.deleted_at`,
      [id, name, deleted],
    ),

  /** The dealer with the group he is in; null when there is no such dealer. */
  async dealer(
    tx: Tx,
    dealerId: string,
  ): Promise<{ name: string; groupId: string | null; groupName: string | null } | null> {
    const [row] = await tx.query<{
      name: string;
      groupId: string | null;
      groupName: string | null;
    }>(
      `SELECT d.name, g.id AS "groupId", g.name AS "groupName" FROM dealer d
       LEFT JOIN dealer_group_member m ON m.dealer_id = d.id
       LEFT JOIN dealer_group g ON g.id = m.group_id AND g.deleted_at IS NULL
       WHERE d.id = $1`,
      [dealerId],
    );
    return row ?? null;
  },

  put: (tx: Tx, dealerId: string, groupId: string | null) =>
    groupId === null
      ? tx.query(`DELETE FROM dealer_group_member WHERE dealer_id = $1`, [dealerId])
      : tx.query(
          `INSERT INTO dealer_group_member (dealer_id, group_id) VALUES ($1, $2)
           ON CONFLICT (dealer_id) DO UPDATE SET group_id = excluded.group_id`,
          [dealerId, groupId],
        ),
};
