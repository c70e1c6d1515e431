import type { AuditKind } from '@otklik/shared/audit-words';
import type { Db } from '../../platform/db';
import type { Fields } from '../people';

export interface AuditPlace {
  /** Microseconds too. */
  at: string;
  id: string;
}

/** What a page is asked for; moments, not days. */
export interface Wanted {
  personId?: string | undefined;
  kind?: AuditKind | undefined;
  dealerId?: string | undefined;
  from: Date | null;
  until: Date | null;
  q: string;
}

export interface AuditRow {
  id: string;
  at: Date;
  exactAt: string;
  kind: AuditKind;
  action: string;
  actorId: string | null;
  /** With the name that a shared login was using. */
  actorName: string | null;
  sessionId: string | null;
  address: string | null;
  dealerId: string | null;
  dealerName: string | null;
  subjectId: string | null;
  subject: string;
  before: Fields | null;
  after: Fields | null;
  /** False: the last line that was looked at, for the next page to go on from. */
  fits: boolean;
}

/** Equal fields and places as they are; each set of filters gets the statement that its index can answer. */
function whereOf(wanted: Wanted, after: AuditPlace | null) {
  const values: unknown[] = [];
  const take = (value: unknown) => `$${values.push(value)}`;
  const parts: string[] = [];
  if (wanted.personId) parts.push(`a.actor_id = ${take(wanted.personId)}`);
  if (wanted.kind) parts.push(`a.kind = ${take(wanted.kind)}`);
  if (wanted.dealerId) parts.push(`a.dealer_id = ${take(wanted.dealerId)}`);
  if (wanted.from) parts.push(`a.at >= ${take(wanted.from)}`);
  if (wanted.until) parts.push(`a.at < ${take(wanted.until)}`);
  if (after) parts.push(`(a.at, a.id) < (${take(after.at)}::timestamptz, ${take(after.id)}::uuid)`);
  return { values, take, where: parts.length > 0 ? `WHERE ${parts.join(' AND ')}` : '' };
}

export const auditRepository = {
  /**
   * The newest lines after a place that fit, at most `limit` of them, out of the next `depth` lines that pass all filters but the text.
   * Reading along the index by time costs `depth` lines at most, however rare the text is.
   */
  page(
    db: Pick<Db, 'query'>,
    wanted: Wanted,
    after: AuditPlace | null,
    { limit, depth }: { limit: number; depth: number },
  ): Promise<AuditRow[]> {
    const { values, take, where } = whereOf(wanted, after);
    const looked = take(wanted.q === '' ? limit : depth);
    const text = take(wanted.q.toLowerCase());
    return db.query<AuditRow>(
      `WITH looked AS MATERIALIZED (
         SELECT a.*, row_number() OVER (ORDER BY a.at DESC, a.id DESC) AS place FROM (
           SELECT a.* FROM audit_entry a ${where} ORDER BY a.at DESC, a.id DESC LIMIT ${looked}) a),
       named AS (
         SELECT l.*, p.name || coalesce(' · ' || nullif(s.person_name, p.name), '') AS actor_name, d.name AS dealer_name
         FROM looked l LEFT JOIN person p ON p.id = l.actor_id LEFT JOIN session s ON s.id = l.session_id
         LEFT JOIN dealer d ON d.id = l.dealer_id),
       found AS (
         SELECT n.*, ${text}::text = '' OR position(${text} IN lower(concat_ws(' ', n.actor_name, n.dealer_name, n.subject, n.action,
           n.address, n.subject_id, n.before, n.after))) > 0 AS fits FROM named n)
       SELECT id, at, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "exactAt", kind, action, actor_id AS "actorId",
         actor_name AS "actorName", session_id AS "sessionId", address, dealer_id AS "dealerId", dealer_name AS "dealerName",
         subject_id AS "subjectId", subject, before, after, fits
       FROM found WHERE fits OR place = ${looked} ORDER BY found.at DESC, found.id DESC LIMIT ${take(limit)}`,
      values,
    );
  },

  /** The moment a day of the company begins. */
  async dayBegins(db: Pick<Db, 'query'>, day: string, plusDays: number, zone: string) {
    const [row] = await db.query<{ at: Date }>(
      `SELECT ($1::date + $2::int)::timestamp AT TIME ZONE $3 AS at`,
      [day, plusDays, zone],
    );
    if (row === undefined) throw new Error('a query without a table answers one row');
    return row.at;
  },

  /** Deletes lines whose time is over, by the database's clock. @returns how many */
  async sweep(db: Pick<Db, 'query'>, most: number): Promise<number> {
    const rows = await db.query(
      `DELETE FROM audit_entry WHERE id IN (
         SELECT id FROM audit_entry WHERE at < now() - make_interval(days => (SELECT audit_days FROM company)) ORDER BY at LIMIT $1)
       RETURNING id`,
      [most],
    );
    return rows.length;
  },
};
