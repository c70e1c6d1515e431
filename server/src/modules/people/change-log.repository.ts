import type { AuditKind } from '@otklik/shared/audit-words';
import type { Db } from '../../platform/db';
import type { Actor } from './actor';

export type Fields = Record<string, unknown>;

export interface Change {
  /** `change` unless said. */
  kind?: AuditKind;
  /** Null: the system, a tool run by hand, or nobody known. `address`: of the request; without it the one the session began from. */
  by:
    | (Pick<Actor, 'personId' | 'sessionId'> &
        Partial<Pick<Actor, 'name' | 'viewedBy' | 'address'>>)
    | null;
  /** Where it came from when nobody known did it. */
  address?: string | null;
  at: Date;
  /** `<subject>.<past tense>`, e.g. `visitor.changed`. */
  action: string;
  dealerId: string | null;
  subjectId: string | null;
  /** Its name, for people who read the log when the subject has changed again. */
  subject: string;
  /** Values of the changed fields only; never a password or its hash, a token, or the text of a message. */
  before: Fields | null;
  after: Fields | null;
}

/** Writes one line of the audit log, in the transaction of the change. */
export const recordChange = (tx: Pick<Db, 'query'>, change: Change): Promise<void> =>
  recordLines(tx, [change]);

export async function recordLines(q: Pick<Db, 'query'>, lines: readonly Change[]): Promise<void> {
  await q.query(
    `INSERT INTO audit_entry (at, kind, actor_id, session_id, address, action, dealer_id, subject_id, subject, before, after)
     SELECT l.at, l.kind, l.actor, l.session, coalesce(l.address, s.address), l.action, l.dealer, l.what, l.subject, l.before, l.after
     FROM jsonb_to_recordset($1::jsonb) AS l (at timestamptz, kind text, actor uuid, session uuid, address text, action text,
       dealer uuid, what uuid, subject text, before jsonb, after jsonb)
     LEFT JOIN session s ON s.id = l.session`,
    [
      JSON.stringify(
        lines.map(({ kind = 'change', by, address, dealerId, subjectId, ...line }) => ({
          ...line,
          kind,
          // Whoever sees as somebody else stays who he is; as whom, the line says.
          actor: (by?.viewedBy ?? by)?.personId,
          after: by?.viewedBy ? { ...line.after, viewedAs: by.name } : line.after,
          session: by?.sessionId,
          address: by?.address ?? address,
          dealer: dealerId,
          what: subjectId,
        })),
      ),
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
  /** With the name that a shared login was using. */
  actor: string;
  action: string;
  subject: string;
  before: Fields | null;
  after: Fields | null;
}

/** A dealer's log, newest first, from just after `after`: what was changed, and which sessions were ended by themselves. */
export const listChanges = (
  db: Db,
  dealerId: string,
  after: { at: string; id: string } | null,
  limit: number,
) =>
  db.query<ChangeRow>(
    `SELECT a.id, a.at, to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "exactAt",
            coalesce(p.name || coalesce(' · ' || nullif(s.person_name, p.name), ''), '') AS actor, a.action, a.subject, a.before, a.after
     FROM audit_entry a LEFT JOIN person p ON p.id = a.actor_id LEFT JOIN session s ON s.id = a.session_id
     WHERE a.dealer_id = $1 AND (a.kind = 'change' OR a.kind = 'session' AND a.before @> '{"asked": true}')
       AND ($2::timestamptz IS NULL OR (a.at, a.id) < ($2, $3::uuid))
     ORDER BY a.at DESC, a.id DESC LIMIT $4`,
    [dealerId, after?.at ?? null, after?.id ?? null, limit],
  );
