import type { Priority } from '@otklik/shared/appeals';
import type { Db, Tx } from '../../platform/db';
import type { PolicyMatch } from './policy-choice';
import type { Targets } from './rules-check';

/** What is promised to the appeals it matches. */
export interface SlaPolicy extends PolicyMatch, Targets {
  id: string;
  rev: number;
  name: string;
  priority: Priority | null;
  /** Share of a target after which staff are warned, 1–99. */
  warnPercent: number;
  /** Matches nothing any more; clocks that were started by it run on. */
  deleted: boolean;
}

/** A policy with the words for what it names. */
export interface NamedPolicy extends SlaPolicy {
  dealerName: string | null;
  groupName: string | null;
  topicName: { ru: string; en: string } | null;
}

/** Channel that tells every node to forget the rules it remembers. */
export const RULES_CHANGED = 'sla_changed';

/** A list of all policies, as one value of a select. */
export const POLICIES_AS_JSON = `
  (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'id', id, 'rev', rev, 'name', name,
      'dealerId', dealer_id, 'groupId', group_id, 'priority', priority, 'topicId', topic_id, 'typeCode', type_code,
      'firstResponseMinutes', first_response_minutes, 'nextResponseMinutes', next_response_minutes,
      'resolutionMinutes', resolution_minutes, 'questionMinutes', question_minutes,
      'warnPercent', warn_percent, 'deleted', deleted_at IS NOT NULL
    ) ORDER BY name, id), '[]') FROM sla_policy)`;

/** With the commit every node forgets the old rules, and a job brings the open clocks to the new ones, from the first on. */
export async function announceRules(tx: Tx): Promise<void> {
  await tx.query(
    `UPDATE sla_recompute SET run = run + 1, after_id = NULL, done = 0, total = NULL, finished_at = NULL`,
  );
  await tx.query(`SELECT pg_notify($1, '')`, [RULES_CHANGED]);
  await tx.addJob('retargetClocks', {}, { key: 'retargetClocks' });
}

export const policyRepository = {
  /** The ones that hold. */
  list: (q: Pick<Db, 'query'>, id: string | null = null) =>
    q.query<NamedPolicy>(
      `SELECT p.id, p.rev, p.name, p.dealer_id AS "dealerId", p.group_id AS "groupId", p.priority, p.topic_id AS "topicId",
         p.type_code AS "typeCode", p.first_response_minutes AS "firstResponseMinutes",
         p.next_response_minutes AS "nextResponseMinutes", p.resolution_minutes AS "resolutionMinutes",
         p.question_minutes AS "questionMinutes", p.warn_percent AS "warnPercent", false AS deleted,
         d.name AS "dealerName", g.name AS "groupName",
         CASE WHEN t.id IS NOT NULL THEN jsonb_build_object('ru', t.name_ru, 'en', t.name_en) END AS "topicName"
       FROM sla_policy p LEFT JOIN dealer d ON d.id = p.dealer_id LEFT JOIN dealer_group g ON g.id = p.group_id
         LEFT JOIN topic t ON t.id = p.topic_id
       WHERE p.deleted_at IS NULL AND ($1::uuid IS NULL OR p.id = $1)`,
      [id],
    ),

  /** Stores it as it is now; a new one when there is none of this id. */
  save: (tx: Tx, policy: SlaPolicy) =>
    tx.query(
      `INSERT INTO sla_policy (id, rev, name, dealer_id, group_id, priority, topic_id, type_code, first_response_minutes,
         next_response_minutes, resolution_minutes, question_minutes, warn_percent, deleted_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, CASE WHEN $14 THEN now() END)
       ON CONFLICT (id) DO UPDATE SET rev = excluded.rev, name = excluded.name, dealer_id = excluded.dealer_id,
         group_id = excluded.group_id, priority = excluded.priority, topic_id = excluded.topic_id,
         type_code = excluded.type_code, first_response_minutes = excluded.first_response_minutes,
         next_response_minutes = excluded.next_response_minutes, resolution_minutes = excluded.resolution_minutes,
         question_minutes = excluded.question_minutes, warn_percent = excluded.warn_percent, deleted_at = excluded.deleted_at`,
      [
        ...[policy.id, policy.rev, policy.name],
        ...[policy.dealerId, policy.groupId, policy.priority, policy.topicId, policy.typeCode],
        ...[policy.firstResponseMinutes, policy.nextResponseMinutes, policy.resolutionMinutes],
        ...[policy.questionMinutes, policy.warnPercent, policy.deleted],
      ],
    ),

  /** Which of the things it names are not there. */
  async unknown(tx: Tx, match: PolicyMatch): Promise<(keyof PolicyMatch)[]> {
    const [row] = await tx.query<{ missing: (keyof PolicyMatch)[] }>(
      `SELECT array_remove(ARRAY[
         CASE WHEN $1::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM dealer WHERE id = $1) THEN 'dealerId' END,
         CASE WHEN $2::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM dealer_group WHERE id = $2 AND deleted_at IS NULL) THEN 'groupId' END,
         CASE WHEN $3::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM topic WHERE id = $3) THEN 'topicId' END,
         CASE WHEN $4::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM appeal_type WHERE code = $4) THEN 'typeCode' END
       ], NULL) AS missing`,
      [match.dealerId, match.groupId, match.topicId, match.typeCode],
    );
    return row?.missing ?? [];
  },
};
