import type { ContactsChange } from '@otklik/shared/notices';
import type { LadderAction } from '@otklik/shared/ladder';
import type { PersonRef } from '@otklik/shared/people';
import type { ClockKind } from '@otklik/shared/sla';
import { v7 as uuid } from 'uuid';
import type { Db, Tx } from '../../platform/db';
import { holds, type Actor } from '../people';
import { appealScope } from './appeal.policy';

/** Something a person is to be told. */
export interface NewNotice {
  personId: string;
  madeAt: Date;
  /** Told from then on: at once, or when he works again. */
  showAt: Date;
  /** Null: about no appeal; what it is about, it says itself. */
  appealId: string | null;
  about:
    | {
        kind: 'reminder' | 'given' | 'taken';
        stepId: string;
        action: LadderAction;
        clockKind: ClockKind;
        cycle: number;
        dueAt: Date;
      }
    | { kind: 'answer_awaited'; waitsSince: Date; closesAt: Date | null }
    | { kind: 'question_asked' | 'question_missed'; questionId: string; dueAt: Date | null }
    | { kind: 'contacts_changed'; dealerId: string; changeId: string; change: ContactsChange };
}

/** A notice as its person reads it. */
export interface NoticeRow {
  id: string;
  kind: NewNotice['about']['kind'];
  action: LadderAction | null;
  clockKind: ClockKind | null;
  dueAt: Date | null;
  closesAt: Date | null;
  madeAt: Date;
  showAt: Date;
  toldAt: Date;
  readAt: Date | null;
  /** Null: it is about no appeal. */
  appeal: { id: string; no: number; subject: string } | null;
  dealerId: string;
  dealerName: string;
  /** Of changed contacts. */
  change: ContactsChange | null;
  /** Of a question to a colleague: who asked whom. */
  question: { by: PersonRef; to: PersonRef } | null;
}

/** Tells every node whose notices have changed: ids of people, with commas; at most 200, so that it fits a notification. */
export const NOTICES_CHANGED = 'notices_changed';
/** First half of the advisory lock of a person who is being told. */
const TELLING = 20_261;

type Queries = Pick<Db, 'query'>;

export const noticeRepository = {
  /** A second one for the same is none. */
  async add(tx: Tx, notices: readonly NewNotice[]): Promise<void> {
    for (const { personId, appealId, madeAt, showAt, about } of notices) {
      const step = 'stepId' in about ? about : null;
      const wait = 'waitsSince' in about ? about : null;
      const question = 'questionId' in about ? about : null;
      const contacts = 'changeId' in about ? about : null;
      await tx.query(
        `INSERT INTO notice (id, person_id, appeal_id, kind, step_id, action, clock_kind, cycle, due_at, waits_since, closes_at, made_at, show_at, question_id,
           dealer_id, change_id, facts)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT ON CONSTRAINT notice_once DO NOTHING`,
        [
          ...[uuid(), personId, appealId, about.kind],
          ...[step?.stepId, step?.action, step?.clockKind, step?.cycle, (step ?? question)?.dueAt],
          ...[wait?.waitsSince, wait?.closesAt, madeAt, showAt, question?.questionId],
          ...[contacts?.dealerId, contacts?.changeId, contacts && JSON.stringify(contacts.change)],
        ].map((value) => value ?? null),
      );
    }
  },

  /**
   * Tells what has come to be told, all of a person's at once. What has lost its meaning while it waited is dropped: the
   * clock has stopped or pauses, or the appeal is somebody else's.
   * @param at null: the database's clock
   */
  async deliver(q: Queries, at: Date | null): Promise<void> {
    await q.query(
      `WITH moment AS MATERIALIZED (SELECT coalesce($1, clock_timestamp()) AS at),
       waiting AS MATERIALIZED (SELECT DISTINCT person_id FROM (
         SELECT person_id FROM notice WHERE told_at IS NULL AND show_at <= (SELECT at FROM moment) ORDER BY show_at LIMIT 200) first),
       -- One node at a time tells a person, so that his list is not torn in two.
       people AS MATERIALIZED (SELECT person_id FROM waiting WHERE pg_try_advisory_xact_lock(${TELLING}, hashtext(person_id::text))),
       due AS (SELECT n.id FROM notice n JOIN people USING (person_id)
         WHERE n.told_at IS NULL AND n.show_at <= (SELECT at FROM moment) FOR UPDATE OF n SKIP LOCKED),
       moot AS (DELETE FROM notice n USING due, appeal a WHERE n.id = due.id AND a.id = n.appeal_id AND n.show_at > n.made_at AND (
         n.kind = 'reminder' AND (a.status = 'waiting' OR NOT EXISTS (SELECT 1 FROM sla_clock c
             WHERE c.appeal_id = n.appeal_id AND c.kind = n.clock_kind AND c.cycle = n.cycle AND c.ended_at IS NULL AND c.state <> 'paused')
           OR n.action = 'remind_owner' AND a.assignee_id IS NOT NULL AND a.assignee_id <> n.person_id)
         OR n.kind = 'given' AND a.assignee_id IS DISTINCT FROM n.person_id
         OR n.kind = 'answer_awaited' AND a.status <> 'waiting') RETURNING n.id),
       told AS (UPDATE notice n SET told_at = (SELECT at FROM moment) FROM due
         WHERE n.id = due.id AND n.id NOT IN (SELECT id FROM moot) RETURNING n.person_id)
       SELECT pg_notify('${NOTICES_CHANGED}', ids) FROM (SELECT string_agg(DISTINCT person_id::text, ',') AS ids FROM told) whom WHERE ids IS NOT NULL`,
      [at],
    );
  },

  /** The newest first, of appeals and cards the actor may see. */
  async list(
    q: Queries,
    actor: Actor,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<NoticeRow[]> {
    const parameters: unknown[] = [actor.personId, limit, cursor ?? null];
    return q.query<NoticeRow>(
      `SELECT n.id, n.kind, n.action, n.clock_kind AS "clockKind", n.due_at AS "dueAt", n.closes_at AS "closesAt",
         n.made_at AS "madeAt", n.show_at AS "showAt", n.told_at AS "toldAt", n.read_at AS "readAt",
         CASE WHEN a.id IS NOT NULL THEN jsonb_build_object('id', a.id, 'no', a.no, 'subject', a.subject) END AS appeal,
         d.id AS "dealerId", d.name AS "dealerName", n.facts AS change,
         (SELECT jsonb_build_object('by', jsonb_build_object('id', q.asked_by, 'name', q.asked_by_name),
            'to', jsonb_build_object('id', q.asked_to, 'name', q.asked_to_name))
          FROM colleague_question q WHERE q.id = n.question_id) AS question
       ${visible(actor, parameters)} AND ($3::uuid IS NULL
         OR (n.told_at, n.id) < (SELECT c.told_at, c.id FROM notice c WHERE c.id = $3 AND c.person_id = $1))
       ORDER BY n.told_at DESC, n.id DESC LIMIT $2`,
      parameters,
    );
  },

  async unread(q: Queries, actor: Actor): Promise<number> {
    const parameters: unknown[] = [actor.personId];
    const [found] = await q.query<{ unread: number }>(
      `SELECT count(*)::int AS unread ${visible(actor, parameters)} AND n.read_at IS NULL`,
      parameters,
    );
    return found?.unread ?? 0;
  },

  async mark(
    q: Queries,
    personId: string,
    { noticeIds, read, at }: { noticeIds: readonly string[]; read: boolean; at: Date },
  ): Promise<void> {
    await q.query(
      `WITH marked AS (UPDATE notice SET read_at = CASE WHEN $3 THEN $4::timestamptz END
         WHERE person_id = $1 AND id = ANY($2::uuid[]) AND told_at IS NOT NULL AND (read_at IS NULL) = $3 RETURNING person_id)
       SELECT pg_notify('${NOTICES_CHANGED}', person_id::text) FROM marked LIMIT 1`,
      [personId, noticeIds, read, at],
    );
  },

  /** What was told long ago goes. */
  async sweep(q: Queries): Promise<void> {
    await q.query(`DELETE FROM notice WHERE told_at < now() - interval '90 days'`);
  },
};

/** `$1` is the person. Each side has kinds of its own. */
function visible(actor: Actor, parameters: unknown[]): string {
  const readsCards = holds(actor, 'dealer.read');
  return `FROM notice n LEFT JOIN appeal a ON a.id = n.appeal_id JOIN dealer d ON d.id = coalesce(a.dealer_id, n.dealer_id)
    WHERE n.person_id = $1 AND n.told_at IS NOT NULL AND (n.kind = 'answer_awaited') = ${String(actor.dealerId !== null)}
      AND CASE WHEN n.appeal_id IS NULL THEN ${String(readsCards)} ELSE ${appealScope(actor, parameters)} END`;
}
