import type { Db, Tx } from '../../platform/db';

/**
 * Deletes views and writes a line for each that this call has ended: $1 now, or null.
 * @param which of the view `v`, its session `s`, its admin `a` and the viewed person `p`
 * @param reason in SQL
 */
const ending = (which: string, reason: string) => `
  WITH gone AS (
    DELETE FROM viewing v USING session s, person a, person p
    WHERE s.id = v.session_id AND a.id = s.person_id AND p.id = v.person_id AND (${which})
    RETURNING v.session_id, s.address, a.id AS admin_id, p.id AS person_id, p.name, p.dealer_id, ${reason} AS reason)
  INSERT INTO audit_entry (at, kind, actor_id, session_id, address, action, dealer_id, subject_id, subject, before)
  SELECT coalesce($1::timestamptz, now()), 'session', admin_id, session_id, address, 'view_as.ended', dealer_id, person_id, name,
    jsonb_build_object('reason', reason)
  FROM gone RETURNING id`;

/** The admin may no more: his role, or a right that his role leaves out (see `rights.ts`). */
const MAY_NOT = `a.role <> 'admin' OR NOT a.access_allowed
  OR EXISTS (SELECT FROM custom_role r WHERE r.id = a.custom_role_id AND NOT 'person.view_as' = ANY (r.rights))`;
/** What a view cannot do without. */
const LOST = `s.ended_at IS NOT NULL OR s.expires_at <= $1 OR v.ends_at <= $1
  OR ${MAY_NOT} OR p.role = 'admin' OR NOT p.access_allowed`;
const WHY = `CASE WHEN s.ended_at IS NOT NULL THEN s.ended_reason
  WHEN ${MAY_NOT} OR p.role = 'admin' THEN 'rights_changed'
  WHEN NOT p.access_allowed THEN 'access_closed' ELSE 'expired' END`;

export const viewingRepository = {
  /** @returns false when one goes on in this session already */
  async insert(
    tx: Tx,
    view: { sessionId: string; personId: string; begunAt: Date; endsAt: Date },
  ): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO viewing (session_id, person_id, begun_at, ends_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (session_id) DO NOTHING RETURNING id`,
      [view.sessionId, view.personId, view.begunAt, view.endsAt],
    );
    return rows.length > 0;
  },

  /** Ends the view in this session, if there is one. */
  async end(q: Pick<Db, 'query'>, sessionId: string, at: Date): Promise<void> {
    await q.query(ending(`v.session_id = $2::uuid`, `'ended_by_self'`), [at, sessionId]);
  },

  /**
   * Ends views whose admin, session or viewed person has lost what they need, or whose time is over.
   * @param at null: whatever the time
   * @param of only those in these sessions, or of this person, who views or is viewed
   */
  async endLost(
    q: Pick<Db, 'query'>,
    at: Date | null,
    of: { sessionIds?: readonly string[]; personId?: string } = {},
  ): Promise<void> {
    const { sessionIds = null, personId = null } = of;
    const some = `($2::uuid[] IS NULL OR v.session_id = ANY($2)) AND ($3::uuid IS NULL OR $3 IN (a.id, p.id))`;
    await q.query(ending(`${some} AND (${LOST})`, WHY), [at, sessionIds, personId]);
  },
};
