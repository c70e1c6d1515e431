import type { Role } from '@otklik/shared/people';
import type { Db } from '../../platform/db';

interface SeatRow {
  role: Role;
  /** Null: the staff of this role. */
  dealerId: string | null;
  dealerName: string | null;
  accounts: number;
  allowed: number;
  sessions: number;
}

export const seatsRepository = {
  /** A line for each dealer and each role of the staff, most sessions first. */
  count: (db: Pick<Db, 'query'>, at: Date) =>
    db.query<SeatRow>(
      `WITH live AS (
         SELECT person_id, count(*) AS sessions FROM session WHERE ended_at IS NULL AND expires_at > $1 GROUP BY person_id)
       SELECT p.role, p.dealer_id AS "dealerId", d.name AS "dealerName", count(*) AS accounts,
         count(*) FILTER (WHERE p.access_allowed) AS allowed, coalesce(sum(l.sessions), 0) AS sessions
       FROM person p LEFT JOIN dealer d ON d.id = p.dealer_id LEFT JOIN live l ON l.person_id = p.id
       GROUP BY p.role, p.dealer_id, d.name ORDER BY sessions DESC, d.name`,
      [at],
    ),
};
