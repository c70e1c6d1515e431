import type { PersonSettings, Role } from '@otklik/shared/people';
import type { RightName } from '@otklik/shared/rights';
import type { Db, Tx } from '../../platform/db';
import type { Person } from './person.entity';
import { channels } from './session.repository';
import { viewingRepository } from './viewing.repository';

type Reader = Pick<Db, 'query'>;

export interface Credentials {
  id: string;
  passwordHash: string;
  /** Who it is, for the log. */
  name: string;
  dealerId: string | null;
}

/** The rest starts with what the table says. */
export type NewPerson = Pick<
  Person,
  | 'id'
  | 'login'
  | 'passwordHash'
  | 'name'
  | 'jobTitle'
  | 'role'
  | 'customRoleId'
  | 'dealerId'
  | 'email'
  | 'phone'
  | 'accessAllowed'
  | 'shared'
  | 'scope'
  | 'chief'
  | 'createdAt'
>;

export interface ColleagueRow {
  id: string;
  name: string;
  jobTitle: string;
  role: Role;
  teamIds: string[];
  openAppeals: number;
  atRisk: number;
}

/** What a person has his rights by. */
export interface Standing {
  role: Role;
  customRoleId: string | null;
  customRights: RightName[] | null;
}

export const personRepository = {
  async findCredentials(db: Reader, login: string): Promise<Credentials | null> {
    const [row] = await db.query<Credentials>(
      `SELECT id, password_hash AS "passwordHash", name, dealer_id AS "dealerId" FROM person WHERE lower(login) = lower($1)`,
      [login],
    );
    return row ?? null;
  },

  async getPasswordHash(db: Reader, personId: string): Promise<string> {
    const [row] = await db.query<Pick<Credentials, 'passwordHash'>>(
      `SELECT password_hash AS "passwordHash" FROM person WHERE id = $1`,
      [personId],
    );
    if (row === undefined)
      throw new Error(`person ${personId} is gone, though people are never deleted`);
    return row.passwordHash;
  },

  /** @returns false when the login is taken, in whatever case; nothing is written then */
  async insert(tx: Tx, person: NewPerson): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO person (id, login, password_hash, name, job_title, role, dealer_id, email, phone, access_allowed, shared, scope, chief, created_at, custom_role_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (lower(login)) DO NOTHING RETURNING id`,
      [
        person.id,
        person.login,
        person.passwordHash,
        person.name,
        person.jobTitle,
        person.role,
        person.dealerId,
        person.email,
        person.phone,
        person.accessAllowed,
        person.shared,
        person.scope,
        person.chief,
        person.createdAt,
        person.customRoleId,
      ],
    );
    return rows.length > 0;
  },

  /**
   * Holds these people until the transaction ends, so that no session of theirs begins meanwhile.
   * Read what depends on them in a later statement: this one sees joined rows as they were before the wait.
   */
  lock: (tx: Tx, ids: readonly string[]) =>
    tx.query<Credentials & { accessAllowed: boolean }>(
      // Weaker than FOR UPDATE: messages that refer to the person are not held up.
      `SELECT id, password_hash AS "passwordHash", access_allowed AS "accessAllowed"
       FROM person WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE`,
      [ids],
    ),

  /** Makes his sockets come back with new rooms, once the transaction commits. */
  async reconnect(tx: Tx, personId: string): Promise<void> {
    await tx.query(`SELECT pg_notify('${channels.rightsChanged}', $1)`, [personId]);
  },

  /** As {@link reconnect}, for all of these roles who have no second step. */
  async reconnectUnenrolled(tx: Tx, roles: readonly Role[]): Promise<void> {
    await tx.query(
      `SELECT pg_notify('${channels.rightsChanged}', p.id::text) FROM person p
       WHERE p.role = ANY($1) AND p.access_allowed
         AND NOT EXISTS (SELECT FROM second_step x WHERE x.person_id = p.id AND x.confirmed_at IS NOT NULL)`,
      [roles],
    );
  },

  /** What this person may see changed: old sync cursors are of no use, and sockets come back with new rooms. */
  async changeRights(tx: Tx, personId: string): Promise<void> {
    await tx.query(`UPDATE person SET rights_version = rights_version + 1 WHERE id = $1`, [
      personId,
    ]);
    await personRepository.reconnect(tx, personId);
    await viewingRepository.endLost(tx, null, { personId });
  },

  async signedIn(tx: Tx, personId: string, at: Date): Promise<void> {
    await tx.query(`UPDATE person SET last_sign_in_at = $2 WHERE id = $1`, [personId, at]);
  },

  /** A link that would set it goes with the password before. */
  async setPassword(tx: Tx, personId: string, passwordHash: string): Promise<void> {
    await tx.query(`UPDATE person SET password_hash = $2 WHERE id = $1`, [personId, passwordHash]);
    await tx.query(`DELETE FROM password_link WHERE person_id = $1`, [personId]);
  },

  async dealerOf(tx: Tx, personId: string): Promise<string | null> {
    const [row] = await tx.query<{ dealerId: string | null }>(
      `SELECT dealer_id AS "dealerId" FROM person WHERE id = $1`,
      [personId],
    );
    return row?.dealerId ?? null;
  },

  async nameOf(tx: Tx, personId: string): Promise<string> {
    const [row] = await tx.query<{ name: string }>(`SELECT name FROM person WHERE id = $1`, [
      personId,
    ]);
    return row?.name ?? '';
  },

  /** What somebody with access has his rights by, now. */
  async standingOf(tx: Tx, personId: string): Promise<Standing | null> {
    const [row] = await tx.query<Standing>(
      `SELECT p.role, p.custom_role_id AS "customRoleId", r.rights AS "customRights"
       FROM person p LEFT JOIN custom_role r ON r.id = p.custom_role_id WHERE p.id = $1 AND p.access_allowed`,
      [personId],
    );
    return row ?? null;
  },

  /** Fields that are not named keep their values. */
  async mergeSettings(db: Reader, personId: string, settings: PersonSettings): Promise<unknown> {
    const [row] = await db.query<{ settings: unknown }>(
      `UPDATE person SET settings = settings || $2::jsonb || CASE
         WHEN $2::jsonb ? 'sort' THEN jsonb_build_object('sort', coalesce(settings->'sort', '{}') || ($2::jsonb->'sort'))
         ELSE '{}' END || CASE
         WHEN $2::jsonb ? 'boardViews' THEN jsonb_build_object('boardViews',
           jsonb_strip_nulls(coalesce(settings->'boardViews', '{}') || ($2::jsonb->'boardViews')))
         ELSE '{}' END
       WHERE id = $1 RETURNING settings`,
      [personId, JSON.stringify(settings)],
    );
    return row?.settings;
  },

  /** A dealer's people with access. */
  listVisitors: (db: Reader, dealerId: string) =>
    db.query<{ id: string; name: string; jobTitle: string }>(
      `SELECT id, name, job_title AS "jobTitle" FROM person
       WHERE dealer_id = $1 AND access_allowed ORDER BY lower(name), id`,
      [dealerId],
    ),

  /** Staff with access, and how much is on each one's desk. At risk: an open appeal with a clock that warned, ran out, or should have. */
  listStaff: (db: Reader, at: Date) =>
    db.query<ColleagueRow>(
      `SELECT p.id, p.name, p.job_title AS "jobTitle", p.role,
              ARRAY(SELECT t.team_id FROM person_team t WHERE t.person_id = p.id ORDER BY t.team_id) AS "teamIds",
              coalesce(desk.open, 0) AS "openAppeals", coalesce(desk.at_risk, 0) AS "atRisk"
       FROM person p LEFT JOIN (
         SELECT a.assignee_id, count(*) AS open,
                count(*) FILTER (WHERE EXISTS (
                  SELECT FROM sla_clock c WHERE c.appeal_id = a.id AND c.ended_at IS NULL
                    AND (c.state = 'breached' OR (c.state = 'running' AND least(c.warn_at, c.due_at) <= $1)))) AS at_risk
         FROM appeal a WHERE a.assignee_id IS NOT NULL AND a.status NOT IN ('resolved', 'closed')
         GROUP BY a.assignee_id) desk ON desk.assignee_id = p.id
       WHERE p.role <> 'dealer' AND p.access_allowed
       ORDER BY lower(p.name), p.id`,
      [at],
    ),
};
