import type { StaffRole } from '@otklik/shared/people';
import type { RightName } from '@otklik/shared/rights';
import type { Db, Tx } from '../../platform/db';

export interface StaffRow {
  id: string;
  login: string;
  name: string;
  jobTitle: string;
  role: StaffRole;
  customRoleId: string | null;
  /** Of the custom role; null with none. */
  customRole: string | null;
  customRights: RightName[] | null;
  teamIds: string[];
  accessAllowed: boolean;
  sessionsNow: number;
  lastSignInAt: Date | null;
  secondStepOn: boolean;
}

const STAFF = `
  SELECT p.id, p.login, p.name, p.job_title AS "jobTitle", p.role, p.access_allowed AS "accessAllowed",
         p.custom_role_id AS "customRoleId", r.name AS "customRole", r.rights AS "customRights",
         p.last_sign_in_at AS "lastSignInAt",
         EXISTS (SELECT FROM second_step x WHERE x.person_id = p.id AND x.confirmed_at IS NOT NULL) AS "secondStepOn",
         ARRAY(SELECT t.team_id FROM person_team t WHERE t.person_id = p.id ORDER BY t.team_id) AS "teamIds",
         (SELECT count(*)::int FROM session s
          WHERE s.person_id = p.id AND s.ended_at IS NULL AND s.expires_at > $1) AS "sessionsNow"
  FROM person p LEFT JOIN custom_role r ON r.id = p.custom_role_id WHERE p.role <> 'dealer'`;

/** The supplier's people as admins manage them. */
export const staffRepository = {
  /** Those with access first, each part by name. */
  list: (db: Pick<Db, 'query'>, at: Date) =>
    db.query<StaffRow>(`${STAFF} ORDER BY p.access_allowed DESC, lower(p.name), p.id`, [at]),

  async find(db: Pick<Db, 'query'>, personId: string, at: Date): Promise<StaffRow | null> {
    const [row] = await db.query<StaffRow>(`${STAFF} AND p.id = $2`, [at, personId]);
    return row ?? null;
  },

  async setTeams(tx: Tx, personId: string, teamIds: readonly string[]): Promise<void> {
    await tx.query(`DELETE FROM person_team WHERE person_id = $1`, [personId]);
    await tx.query(`INSERT INTO person_team (person_id, team_id) SELECT $1, unnest($2::uuid[])`, [
      personId,
      teamIds,
    ]);
  },

  /** How many of these teams there are; archived ones count for those who are in them. */
  async countTeams(tx: Tx, teamIds: readonly string[], personId: string | null): Promise<number> {
    const [row] = await tx.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM team t WHERE t.id = ANY($1) AND (t.active
         OR EXISTS (SELECT FROM person_team m WHERE m.team_id = t.id AND m.person_id = $2))`,
      [teamIds, personId],
    );
    return row?.count ?? 0;
  },
};
