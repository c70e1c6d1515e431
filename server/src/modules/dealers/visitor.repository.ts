import type { SessionRule, VisitorScope } from '@otklik/shared/people';
import type { Db } from '../../platform/db';

type Reader = Pick<Db, 'query'>;

/** A visitor with what decides about him and his sessions. */
export interface VisitorRow {
  id: string;
  dealerId: string;
  name: string;
  jobTitle: string;
  login: string;
  email: string;
  phone: string;
  accessAllowed: boolean;
  sessionRule: SessionRule;
  maxSessions: number | null;
  shared: boolean;
  scope: VisitorScope;
  chief: boolean;
  sessionsNow: number;
  lastSignInAt: Date | null;
  managerId: string | null;
  dealerSeveral: boolean;
  dealerMax: number;
}

const VISITOR = `
  SELECT p.id, p.dealer_id AS "dealerId", p.name, p.job_title AS "jobTitle", p.login, p.email, p.phone,
         p.access_allowed AS "accessAllowed", p.session_rule AS "sessionRule", p.max_sessions AS "maxSessions",
         p.shared, p.scope, p.chief, p.last_sign_in_at AS "lastSignInAt",
         (SELECT count(*) FROM session s WHERE s.person_id = p.id AND s.ended_at IS NULL AND s.expires_at > $1) AS "sessionsNow",
         d.manager_id AS "managerId", d.several_sessions AS "dealerSeveral", d.max_sessions AS "dealerMax"
  FROM person p JOIN dealer d ON d.id = p.dealer_id`;

export const visitorRepository = {
  list: (db: Reader, dealerId: string, at: Date) =>
    db.query<VisitorRow>(`${VISITOR} WHERE p.dealer_id = $2 ORDER BY lower(p.name), p.id`, [
      at,
      dealerId,
    ]),

  async find(db: Reader, id: string, at: Date): Promise<VisitorRow | null> {
    const [row] = await db.query<VisitorRow>(`${VISITOR} WHERE p.id = $2`, [at, id]);
    return row ?? null;
  },
};
