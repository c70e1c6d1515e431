import type { MacroAction } from '@otklik/shared/macros';
import type { Db, Tx } from '../../platform/db';
import type { Actor } from '../people';
import { macroScope, type MacroPlace } from './macro.policy';

type Reader = Pick<Db, 'query'>;

/** What a macro says and does. */
export interface MacroWords {
  name: string;
  body: string;
  thenStatus: MacroAction | null;
}
export type MacroRow = MacroWords &
  MacroPlace & {
    id: string;
    contentHash: string;
    rev: number;
    changedBy: string;
    changedByName: string;
    changedAt: Date;
    deletedAt: Date | null;
  };

const MACRO = `
  SELECT m.id, m.content_hash AS "contentHash", m.name, m.body, m.then_status AS "thenStatus", m.scope, m.owner_id AS "ownerId",
         m.team_id AS "teamId", m.rev, m.changed_by AS "changedBy", p.name AS "changedByName", m.changed_at AS "changedAt",
         m.deleted_at AS "deletedAt"
  FROM macro m JOIN person p ON p.id = m.changed_by`;

export const macroRepository = {
  /** Everything the actor may use, one's own first, each kind by name. */
  listVisible(db: Reader, actor: Actor): Promise<MacroRow[]> {
    const parameters: unknown[] = [];
    const visible = macroScope(actor, parameters);
    return db.query<MacroRow>(
      `${MACRO} WHERE m.deleted_at IS NULL AND ${visible}
       ORDER BY array_position(ARRAY['own', 'team', 'everybody'], m.scope), lower(m.name), m.id`,
      parameters,
    );
  },

  /** Holds the macro until the transaction ends; deleted ones too. */
  async lock(tx: Tx, id: string): Promise<MacroRow | null> {
    // Alone: a join would be judged by who changed it before the wait, and find nothing.
    await tx.query(`SELECT 1 FROM macro WHERE id = $1 FOR UPDATE`, [id]);
    return this.find(tx, id);
  },

  async find(tx: Tx, id: string): Promise<MacroRow | null> {
    const [row] = await tx.query<MacroRow>(`${MACRO} WHERE m.id = $1`, [id]);
    return row ?? null;
  },

  async findSent(tx: Tx, authorId: string, clientId: string): Promise<MacroRow | null> {
    const [row] = await tx.query<MacroRow>(`${MACRO} WHERE m.author_id = $1 AND m.client_id = $2`, [
      authorId,
      clientId,
    ]);
    return row ?? null;
  },

  /** How many there are beside each other: of one owner, or shared. */
  async count(tx: Tx, ownerId: string | null): Promise<number> {
    const [row] = await tx.query<{ count: number }>(
      `SELECT count(*) AS count FROM macro WHERE deleted_at IS NULL AND owner_id IS NOT DISTINCT FROM $1`,
      [ownerId],
    );
    return row?.count ?? 0;
  },

  /** @returns the new id; null when this author has used the client id already, also a moment ago on another node */
  async insert(
    tx: Tx,
    macro: MacroWords &
      MacroPlace & { authorId: string; clientId: string; contentHash: string; at: Date },
  ): Promise<string | null> {
    const [row] = await tx.query<{ id: string }>(
      `INSERT INTO macro (author_id, client_id, content_hash, name, body, then_status, scope, owner_id, team_id, changed_by, changed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $1, $10) ON CONFLICT (author_id, client_id) DO NOTHING RETURNING id`,
      [
        macro.authorId,
        macro.clientId,
        macro.contentHash,
        macro.name,
        macro.body,
        macro.thenStatus,
        macro.scope,
        macro.ownerId,
        macro.teamId,
        macro.at,
      ],
    );
    return row?.id ?? null;
  },

  /** Writes the macro as it is now, as the next revision. */
  async save(
    tx: Tx,
    macro: MacroWords & MacroPlace & { id: string; deletedAt: Date | null; by: string; at: Date },
  ): Promise<void> {
    await tx.query(
      `UPDATE macro SET name = $2, body = $3, then_status = $4, scope = $5, owner_id = $6, team_id = $7, deleted_at = $8,
         changed_by = $9, changed_at = $10, rev = rev + 1 WHERE id = $1`,
      [
        macro.id,
        macro.name,
        macro.body,
        macro.thenStatus,
        macro.scope,
        macro.ownerId,
        macro.teamId,
        macro.deletedAt,
        macro.by,
        macro.at,
      ],
    );
  },

  /** The team cannot go away while the transaction runs. */
  async hasTeam(tx: Tx, teamId: string): Promise<boolean> {
    const rows = await tx.query(`SELECT 1 FROM team WHERE id = $1 FOR KEY SHARE`, [teamId]);
    return rows.length > 0;
  },
};
