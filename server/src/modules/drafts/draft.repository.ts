import type { DraftContent, DraftMode } from '@otklik/shared/drafts';
import type { Db } from '../../platform/db';
import { appealScope } from '../appeals';
import type { Actor } from '../people';

type Reader = Pick<Db, 'query'>;

/** Which draft of a person. */
export interface DraftPlace {
  appealId: string | null;
  mode: DraftMode;
  pendingId: string | null;
}

export interface DraftRow {
  appeal_id: string | null;
  mode: DraftMode;
  pending_id: string | null;
  content: DraftContent | null;
  rev: number;
  session_id: string;
  changed_at: Date;
}

/** What a save met, and what it left behind. */
export interface SaveOutcome {
  /** The session still lives. */
  live: boolean;
  /** The appeal exists and the actor may see it. */
  visible: boolean;
  /** There is room for one more. */
  room: boolean;
  /** Null: nothing was written. */
  rev: number | null;
  changed_at: Date;
  /** Live sessions of the same writer, the acting one too. */
  sessions: string[];
}

const DRAFTS_AT_MOST = 500;
const PENDING_AT_MOST = 50;
/** More than anybody has; the rest is only older. */
const LISTED_AT_MOST = 1_500;

/** Over `s` (session) and `p` (person): who writes there. */
const WRITER = `CASE WHEN p.shared THEN coalesce(s.person_name, '') ELSE '' END`;
const ME = `SELECT s.person_id, ${WRITER} AS writer FROM session s JOIN person p ON p.id = s.person_id
  WHERE s.id = $1 AND s.person_id = $2 AND s.ended_at IS NULL`;
const SESSIONS = `ARRAY(SELECT s.id FROM session s JOIN person p ON p.id = s.person_id
  WHERE s.person_id = $2 AND s.ended_at IS NULL AND ${WRITER} = (SELECT writer FROM me))`;
/** Over `t` (draft): what was sent under its id is there. */
const ARRIVED = `(EXISTS (SELECT 1 FROM entry e WHERE e.author_id = t.person_id AND e.client_id = t.pending_id)
  OR EXISTS (SELECT 1 FROM appeal o WHERE o.opened_by = t.person_id AND o.client_id = t.pending_id))`;

/** SQL: the appeal of a draft is there for the actor; a draft of a new appeal always is. */
function visibleAppeal(actor: Actor, appealId: string, parameters: unknown[]): string {
  return `(${appealId} IS NULL OR EXISTS (SELECT 1 FROM appeal a JOIN dealer d ON d.id = a.dealer_id
    WHERE a.id = ${appealId} AND ${appealScope(actor, parameters)}))`;
}

export const draftRepository = {
  /**
   * Writes a draft in one statement; the last writer wins. `content` null takes away what is there and writes nothing otherwise.
   * A revision starts at the second of its birth, so that a draft that was swept and begun anew still counts higher than before.
   */
  async save(
    db: Reader,
    actor: Actor,
    { appealId, mode, pendingId }: DraftPlace,
    content: DraftContent | null,
  ): Promise<SaveOutcome> {
    const parameters: unknown[] = [
      actor.sessionId,
      actor.personId,
      appealId,
      mode,
      pendingId,
      content === null ? null : JSON.stringify(content),
      pendingId === null ? DRAFTS_AT_MOST : PENDING_AT_MOST,
    ];
    const visible = visibleAppeal(actor, '$3::uuid', parameters);
    const mine = `t.person_id = $2 AND t.writer = me.writer AND t.appeal_id IS NOT DISTINCT FROM $3::uuid
      AND t.mode = $4 AND t.pending_id IS NOT DISTINCT FROM $5::uuid`;
    const written =
      pendingId !== null && content === null
        ? `DELETE FROM draft t USING me, held WHERE held.visible AND $6::jsonb IS NULL AND ${mine} RETURNING t.rev + 1 AS rev`
        : `INSERT INTO draft AS t (person_id, writer, appeal_id, mode, pending_id, content, rev, session_id, changed_at)
           SELECT n.* FROM (
             SELECT me.person_id, me.writer, $3::uuid AS appeal_id, $4::text, $5::uuid AS pending_id, $6::jsonb,
               extract(epoch FROM held.at)::bigint, $1::uuid, held.at FROM me, held
             WHERE held.visible AND CASE WHEN $6::jsonb IS NULL THEN held.known ELSE held.known OR held.count < $7 END) n
           WHERE NOT EXISTS (SELECT 1 FROM (SELECT n.person_id, n.pending_id) t WHERE t.pending_id IS NOT NULL AND ${ARRIVED})
           ON CONFLICT ON CONSTRAINT draft_one DO UPDATE SET content = EXCLUDED.content,
             rev = greatest(t.rev + 1, EXCLUDED.rev), session_id = EXCLUDED.session_id, changed_at = EXCLUDED.changed_at
           RETURNING t.rev`;
    const [outcome] = await db.query<SaveOutcome>(
      `WITH me AS (${ME}),
       held AS MATERIALIZED (
         SELECT ${visible} AS visible, clock_timestamp() AS at,
           coalesce(bool_or(${mine}), false) AS known,
           count(*) FILTER (WHERE t.content IS NOT NULL AND (t.pending_id IS NULL) = ($5::uuid IS NULL)) AS count
         FROM me LEFT JOIN draft t ON t.person_id = $2),
       written AS (${written})
       SELECT EXISTS (SELECT 1 FROM me) AS live, held.visible, held.known OR held.count < $7 AS room,
         (SELECT rev FROM written) AS rev, held.at AS changed_at, ${SESSIONS} AS sessions
       FROM held`,
      parameters,
    );
    if (!outcome) throw new Error('an aggregate answers one row');
    return outcome;
  },

  /** Drafts of the actor on what he may see now, the latest first; those taken away lately too. What has arrived is no longer pending. */
  list(db: Reader, actor: Actor): Promise<DraftRow[]> {
    const parameters: unknown[] = [actor.sessionId, actor.personId, LISTED_AT_MOST];
    return db.query<DraftRow>(
      `WITH me AS (${ME})
       SELECT t.appeal_id, t.mode, t.pending_id, t.content, t.rev, t.session_id, t.changed_at
       FROM draft t JOIN me ON t.person_id = me.person_id AND t.writer = me.writer
       WHERE ${visibleAppeal(actor, 't.appeal_id', parameters)} AND NOT (t.pending_id IS NOT NULL AND ${ARRIVED})
       ORDER BY t.changed_at DESC LIMIT $3`,
      parameters,
    );
  },

  /** Forgets what was taken away or left pending before a moment, and what has arrived. */
  sweep: (db: Reader, before: Date) =>
    db.query(
      `DELETE FROM draft t WHERE (t.content IS NULL AND t.changed_at < $1)
         OR (t.pending_id IS NOT NULL AND (t.changed_at < $1 OR ${ARRIVED}))`,
      [before],
    ),
};
