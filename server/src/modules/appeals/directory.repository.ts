import type { DirectoryLists } from '@otklik/shared/directories';
import type { Db, Tx } from '../../platform/db';
import type { Actor } from '../people';

/** Tells every node that topics or teams have changed. */
export const DIRECTORIES_CHANGED = 'directories_changed';

export interface TopicRow {
  id: string;
  rev: number;
  nameRu: string;
  nameEn: string;
  teamId: string | null;
  active: boolean;
}
export type TeamRow = Omit<TopicRow, 'teamId'>;

const NAMED = `rev, name_ru AS "nameRu", name_en AS "nameEn", active`;

export const directoryRepository = {
  /** One statement, so that topics and teams belong together. */
  async lists(q: Pick<Db, 'query'>): Promise<DirectoryLists> {
    const [lists] = await q.query<DirectoryLists>(`
      SELECT
        (SELECT coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'rev', t.rev, 'nameRu', t.name_ru, 'nameEn', t.name_en,
            'teamId', t.team_id, 'active', t.active, 'openAppeals', coalesce(a.open, 0)) ORDER BY t.position, t.name_ru, t.id), '[]')
         FROM topic t LEFT JOIN (SELECT topic_id, count(*) AS open FROM appeal WHERE status NOT IN ('resolved', 'closed')
           GROUP BY topic_id) a ON a.topic_id = t.id) AS topics,
        (SELECT coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'rev', t.rev, 'nameRu', t.name_ru, 'nameEn', t.name_en,
            'active', t.active, 'members', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name)
              ORDER BY lower(p.name), p.id), '[]') FROM person_team m JOIN person p ON p.id = m.person_id
              WHERE m.team_id = t.id AND p.access_allowed)) ORDER BY lower(t.name_ru), t.id), '[]')
         FROM team t) AS teams`);
    if (!lists) throw new Error('a select without FROM answers one row');
    return lists;
  },

  /** Nobody else changes topics or teams until the transaction ends; whoever opens an appeal is not held up by it. */
  async lock(tx: Tx): Promise<{ topics: TopicRow[]; teams: TeamRow[] }> {
    await tx.query(`LOCK TABLE team, topic IN SHARE ROW EXCLUSIVE MODE`);
    const [topics, teams] = [
      await tx.query<TopicRow>(
        `SELECT id, ${NAMED}, team_id AS "teamId" FROM topic ORDER BY position, name_ru, id`,
      ),
      await tx.query<TeamRow>(`SELECT id, ${NAMED} FROM team`),
    ];
    return { topics, teams };
  },

  /** A new one comes last. Waits for those who open appeals with it, see `chosenTopic`. */
  saveTopic: (tx: Tx, topic: TopicRow) =>
    tx.query(
      `INSERT INTO topic (id, code, rev, name_ru, name_en, active, team_id, position)
       VALUES ($1::uuid, $1::uuid::text, $2, $3, $4, $5, $6, (SELECT coalesce(max(position), 0) + 1 FROM topic))
       ON CONFLICT (id) DO UPDATE SET rev = EXCLUDED.rev, name_ru = EXCLUDED.name_ru, name_en = EXCLUDED.name_en,
         active = EXCLUDED.active, team_id = EXCLUDED.team_id`,
      [topic.id, topic.rev, topic.nameRu, topic.nameEn, topic.active, topic.teamId],
    ),

  saveTeam: (tx: Tx, team: TeamRow) =>
    tx.query(
      `INSERT INTO team (id, code, rev, name_ru, name_en, active) VALUES ($1::uuid, $1::uuid::text, $2, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET rev = EXCLUDED.rev, name_ru = EXCLUDED.name_ru, name_en = EXCLUDED.name_en,
         active = EXCLUDED.active`,
      [team.id, team.rev, team.nameRu, team.nameEn, team.active],
    ),

  order: (tx: Tx, topicIds: readonly string[]) =>
    tx.query(
      `UPDATE topic t SET position = n.place FROM unnest($1::uuid[]) WITH ORDINALITY n (id, place)
       WHERE t.id = n.id AND t.position <> n.place`,
      [topicIds],
    ),

  /**
   * The appeals of a topic that are with a team go to another one, each with a line in its thread; those that somebody has handed to a
   * third team by hand stay there. @returns how many went
   */
  async moveAppeals(
    tx: Tx,
    actor: Actor,
    move: { topicId: string; from: string | null; to: string | null; at: Date },
  ): Promise<number> {
    const { topicId, from, to, at } = move;
    // In the order in which everybody locks appeals.
    await tx.query(
      `SELECT id FROM appeal WHERE topic_id = $1 AND team_id IS NOT DISTINCT FROM $2 ORDER BY id FOR NO KEY UPDATE`,
      [topicId, from],
    );
    const [moved] = await tx.query<{ count: number }>(
      `WITH moved AS (
         UPDATE appeal SET team_id = $3, last_seq = last_seq + 1, rev = rev + 1, changed_xid = pg_current_xact_id()
         WHERE topic_id = $1 AND team_id IS NOT DISTINCT FROM $2 RETURNING id, last_seq),
       told AS (
         INSERT INTO entry (id, appeal_id, seq, kind, author_id, author_name, author_side, author_title, session_id, event_type, facts, created_at)
         SELECT gen_random_uuid(), id, last_seq, 'event', $4, $5, 'staff', $6, $7, 'fields', $8::jsonb, $9 FROM moved RETURNING 1)
       SELECT count(*)::int AS count FROM told`,
      [
        ...[topicId, from, to, actor.personId, actor.name, actor.jobTitle, actor.sessionId],
        JSON.stringify({ changes: [{ field: 'team_id', from, to }] }),
        at,
      ],
    );
    return moved?.count ?? 0;
  },

  /** Managers of a team, or all of them: who sees an appeal because of the team it is with. */
  async managersOf(tx: Tx, teamId: string | null): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `SELECT id FROM person p WHERE role = 'manager' AND access_allowed AND ($1::uuid IS NULL
         OR EXISTS (SELECT FROM person_team m WHERE m.person_id = p.id AND m.team_id = $1)) ORDER BY id`,
      [teamId],
    );
    return rows.map(({ id }) => id);
  },

  announce: (tx: Tx) => tx.query(`SELECT pg_notify('${DIRECTORIES_CHANGED}', '')`),
};
