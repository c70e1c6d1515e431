import type { Db, Tx } from '../../platform/db';
import type { Actor } from './actor';

export type Fields = Record<string, unknown>;

export interface Change {
  /** Null: the system, or a tool run by hand. */
  by: Pick<Actor, 'personId' | 'sessionId'> | null;
  at: Date;
  /** `<subject>.<past tense>`, e.g. `visitor.changed`. */
  action: string;
  dealerId: string | null;
  subjectId: string;
  /** Its name, for people who read the log when the subject has changed again. */
  subject: string;
  /** Values of the changed fields only; never a password or its hash. */
  before: Fields | null;
  after: Fields | null;
}

/** Writes one line of the log of changes, in the transaction of the change. */
export async function recordChange(tx: Tx, change: Change): Promise<void> {
  await tx.query(
    `INSERT INTO audit_entry (at, actor_id, session_id, action, dealer_id, subject_id, subject, before, after)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      change.at,
      change.by?.personId ?? null,
      change.by?.sessionId ?? null,
      change.action,
      change.dealerId,
      change.subjectId,
      change.subject,
      change.before === null ? null : JSON.stringify(change.before),
      change.after === null ? null : JSON.stringify(change.after),
    ],
  );
}

/** The fields whose values differ, as they were and as they became; null when nothing changed. */
export function changedFields(
  before: Fields,
  after: Fields,
): { before: Fields; after: Fields } | null {
  const names = Object.keys(after).filter(
    (name) => after[name] !== undefined && after[name] !== before[name],
  );
  if (names.length === 0) return null;
  const only = (from: Fields) =>
    Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
  return { before: only(before), after: only(after) };
}

export interface ChangeRow {
  id: string;
  at: Date;
  /** Microseconds too, for the cursor. */
  exactAt: string;
  actor: string;
  action: string;
  subject: string;
  before: Fields | null;
  after: Fields | null;
}

/** A dealer's log, newest first, from just after `after`. */
export const listChanges = (
  db: Db,
  dealerId: string,
  after: { at: string; id: string } | null,
  limit: number,
) =>
  db.query<ChangeRow>(
    `SELECT a.id, a.at, to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "exactAt",
            coalesce(p.name, '') AS actor, a.action, a.subject, a.before, a.after
     FROM audit_entry a LEFT JOIN person p ON p.id = a.actor_id
     WHERE a.dealer_id = $1 AND ($2::timestamptz IS NULL OR (a.at, a.id) < ($2, $3::uuid))
     ORDER BY a.at DESC, a.id DESC LIMIT $4`,
    [dealerId, after?.at ?? null, after?.id ?? null, limit],
  );
