import type { SessionEndReason } from '@otklik/shared/errors';
import type { PersonSettings, Role, SessionRule, VisitorScope } from '@otklik/shared/people';
import type { RightName } from '@otklik/shared/rights';
import type { Db, Tx } from '../../platform/db';
import type { Device } from './device';
import { viewingRepository } from './viewing.repository';

/** What only reads works inside a transaction and outside. */
type Reader = Pick<Db, 'query'>;

/** Channels of NOTIFY that every node listens to, so that sockets are cut wherever they are. */
export const channels = {
  /** Payload: JSON `{ sessionId, reason }`. The session is over; its sockets are told and closed. */
  sessionEnded: 'session_ended',
  /** Payload: a person's id. His sockets are closed and come back with new rooms; his sessions stay. */
  rightsChanged: 'rights_changed',
  /** Payload: a session's id. It got a name, or sees as somebody else; its sockets come back knowing it, if they may. */
  sessionNamed: 'session_named',
  /** Payload: a person's id. Somebody signed in as him from a browser not seen before. */
  deviceMet: 'device_met',
} as const;

/** A session with all that makes its actor. */
export interface SessionRow {
  sessionId: string;
  personName: string | null;
  lastSeenAt: Date;
  expiresAt: Date;
  remembered: boolean;
  /** When the password was last typed in it. */
  provenAt: Date;
  secondStepOn: boolean;
  secondStepRequired: boolean;
  /** Came in through the sign-on provider. */
  signedOn: boolean;
  endedReason: SessionEndReason | null;
  /** The view as somebody else that was begun in it; null: none. */
  viewId: string | null;
  viewEndsAt: Date | null;
  personId: string;
  login: string;
  name: string;
  jobTitle: string;
  role: Role;
  /** Of a custom role; null: he has none. */
  customRights: RightName[] | null;
  scope: VisitorScope;
  chief: boolean;
  shared: boolean;
  accessAllowed: boolean;
  sessionRule: SessionRule;
  maxSessions: number | null;
  rightsVersion: number;
  settings: PersonSettings;
  dealerId: string | null;
  dealerName: string | null;
  dealerZone: string | null;
  dealerSeveral: boolean | null;
  dealerMax: number | null;
  teamIds: string[];
}

const COLUMNS = `
  s.id AS "sessionId", s.person_name AS "personName", s.last_seen_at AS "lastSeenAt", s.expires_at AS "expiresAt",
  s.remembered, s.proven_at AS "provenAt", s.signed_on AS "signedOn", s.ended_reason AS "endedReason",
  v.id AS "viewId", v.ends_at AS "viewEndsAt",
  EXISTS (SELECT FROM second_step x WHERE x.person_id = p.id AND x.confirmed_at IS NOT NULL) AS "secondStepOn",
  p.role = ANY ((SELECT c.second_step_roles FROM company c)::text[]) AS "secondStepRequired",
  p.id AS "personId", p.login, p.name, p.job_title AS "jobTitle", p.role, r.rights AS "customRights", p.scope, p.chief, p.shared,
  p.access_allowed AS "accessAllowed", p.session_rule AS "sessionRule", p.max_sessions AS "maxSessions",
  p.rights_version AS "rightsVersion", p.settings,
  d.id AS "dealerId", d.name AS "dealerName", d.zone AS "dealerZone",
  d.several_sessions AS "dealerSeveral", d.max_sessions AS "dealerMax",
  ARRAY(SELECT t.team_id FROM person_team t WHERE t.person_id = p.id ORDER BY t.team_id) AS "teamIds"`;
const OF_SESSION = `JOIN person p ON p.id = s.person_id LEFT JOIN dealer d ON d.id = p.dealer_id
  LEFT JOIN custom_role r ON r.id = p.custom_role_id LEFT JOIN viewing v ON v.session_id = s.id`;
/** The same with the person who is viewed in it in place of whose it is. */
const OF_VIEW = `JOIN viewing v ON v.session_id = s.id JOIN person p ON p.id = v.person_id
  LEFT JOIN dealer d ON d.id = p.dealer_id LEFT JOIN custom_role r ON r.id = p.custom_role_id`;

/** One signed-in device, for lists. */
export interface DeviceRow {
  id: string;
  personId: string;
  /** Of the person whose login it is. */
  ownerName: string;
  personName: string | null;
  device: string;
  deviceKind: 'phone' | 'computer';
  address: string | null;
  createdAt: Date;
  lastSeenAt: Date;
  /** Of a browser met in the last month that the person has not spoken about. */
  newDevice: boolean;
}

/** With the moment of now as $2. */
const DEVICE = `
  SELECT s.id, s.person_id AS "personId", p.name AS "ownerName", s.person_name AS "personName", s.device,
         s.device_kind AS "deviceKind", s.address, s.created_at AS "createdAt", s.last_seen_at AS "lastSeenAt",
         coalesce(k.confirmed_at IS NULL AND k.created_at > $2::timestamptz - interval '30 days', false) AS "newDevice"
  FROM session s JOIN person p ON p.id = s.person_id LEFT JOIN known_device k ON k.id = s.device_id`;

export interface NewSession {
  tokenHash: Buffer;
  personId: string;
  device: Device;
  deviceId: string | null;
  /** Came in through the sign-on provider. */
  signedOn: boolean;
  address: string | null;
  network: string | null;
  remembered: boolean;
  at: Date;
  expiresAt: Date;
}

export const sessionRepository = {
  /** Sessions of tokens, in one query: the answers in the order of the hashes. */
  async findByTokens(db: Reader, hashes: readonly Buffer[]): Promise<(SessionRow | null)[]> {
    const rows = await db.query<SessionRow & { place: number }>(
      `SELECT h.place, ${COLUMNS} FROM unnest($1::bytea[]) WITH ORDINALITY h (hash, place)
       JOIN session s ON s.token_hash = h.hash ${OF_SESSION}`,
      [hashes],
    );
    const byPlace = new Map(rows.map(({ place, ...row }) => [place, row]));
    return hashes.map((_, index) => byPlace.get(index + 1) ?? null);
  },

  async find(db: Reader, sessionId: string): Promise<SessionRow | null> {
    const [row] = await db.query<SessionRow>(
      `SELECT ${COLUMNS} FROM session s ${OF_SESSION} WHERE s.id = $1`,
      [sessionId],
    );
    return row ?? null;
  },

  /** The session as if it were of the person who is viewed in it; null: nobody is. */
  async findViewed(db: Reader, sessionId: string): Promise<SessionRow | null> {
    const [row] = await db.query<SessionRow>(
      `SELECT ${COLUMNS} FROM session s ${OF_VIEW} WHERE s.id = $1`,
      [sessionId],
    );
    return row ?? null;
  },

  async get(db: Reader, sessionId: string): Promise<SessionRow> {
    const row = await sessionRepository.find(db, sessionId);
    if (row === null)
      throw new Error(`session ${sessionId} is gone, though sessions are never deleted`);
    return row;
  },

  async insert(tx: Tx, session: NewSession): Promise<string> {
    const [row] = await tx.query<{ id: string }>(
      `INSERT INTO session (token_hash, person_id, device, device_kind, device_id, signed_on, address, network, remembered, created_at, last_seen_at, proven_at, expires_at)
       VALUES ($1, $2, $3, $4, $10, $11, $5, $6, $7, $8, $8, $8, $9) RETURNING id`,
      [
        session.tokenHash,
        session.personId,
        session.device.name,
        session.device.kind,
        session.address,
        session.network,
        session.remembered,
        session.at,
        session.expiresAt,
        session.deviceId,
        session.signedOn,
      ],
    );
    if (row === undefined) throw new Error('an inserted session has no row');
    return row.id;
  },

  /** Sessions of these people that are neither ended nor expired, the last seen first. */
  listLive: (db: Reader, personIds: readonly string[], at: Date) =>
    db.query<DeviceRow>(
      `${DEVICE} WHERE s.person_id = ANY($1) AND s.ended_at IS NULL AND s.expires_at > $2
       ORDER BY s.last_seen_at DESC, s.created_at DESC, s.id`,
      [personIds, at],
    ),

  /**
   * Ends those of the sessions that still live, writes it down, and tells every node once the transaction commits.
   * Lock the person first when several may end at once: two such transactions would otherwise wait for each other.
   * @returns how many ended
   */
  async end(
    tx: Tx,
    sessionIds: readonly string[],
    end: {
      reason: SessionEndReason;
      by: string | null;
      bySession?: string | undefined;
      asked?: true;
      at: Date;
    },
  ): Promise<number> {
    if (sessionIds.length === 0) return 0;
    const ended = await tx.query<{ id: string }>(
      `WITH ended AS (
         UPDATE session SET ended_at = $2, ended_reason = $3, ended_by = $4
         WHERE id = ANY($1) AND ended_at IS NULL RETURNING id, person_id, device),
       written AS (
         INSERT INTO audit_entry (at, kind, actor_id, session_id, address, action, dealer_id, subject_id, subject, before)
         SELECT $2::timestamptz, 'session', $4::uuid, $5::uuid, (SELECT address FROM session WHERE id = $5::uuid), 'session.ended',
           p.dealer_id, p.id, p.name, jsonb_build_object('device', e.device, 'reason', $3::text, 'session', e.id, 'asked', $6::boolean)
         FROM ended e JOIN person p ON p.id = e.person_id)
       SELECT id, pg_notify('${channels.sessionEnded}', json_build_object('sessionId', id, 'reason', $3::text)::text) FROM ended`,
      [sessionIds, end.at, end.reason, end.by, end.bySession ?? null, end.asked ?? false],
    );
    await viewingRepository.endLost(tx, end.at, { sessionIds });
    return ended.length;
  },

  /** Sessions past their time that nobody came back to. */
  async findExpired(db: Reader, at: Date): Promise<string[]> {
    const rows = await db.query<{ id: string }>(
      `SELECT id FROM session WHERE ended_at IS NULL AND expires_at <= $1 ORDER BY id LIMIT 500`,
      [at],
    );
    return rows.map(({ id }) => id);
  },

  /**
   * A sign of life; at most one write per session in `everyMs`.
   * @param end puts the end off to `idle`, but never past `absoluteMs` from sign-in; null: the end stays
   */
  touch: (
    db: Reader,
    sessionId: string,
    at: Date,
    everyMs: number,
    end: { idle: Date; absoluteMs: number } | null,
  ) =>
    db.query(
      `UPDATE session SET last_seen_at = $2,
         expires_at = coalesce(least($4::timestamptz, created_at + $5::bigint * interval '1 millisecond'), expires_at)
       WHERE id = $1 AND ended_at IS NULL AND last_seen_at <= $3`,
      [sessionId, at, new Date(at.getTime() - everyMs), end?.idle ?? null, end?.absoluteMs ?? null],
    ),

  /** Holds the session, unless it has ended. */
  async lockLive(tx: Tx, sessionId: string): Promise<boolean> {
    const rows = await tx.query(
      `SELECT FROM session WHERE id = $1 AND ended_at IS NULL FOR UPDATE`,
      [sessionId],
    );
    return rows.length > 0;
  },

  /** Makes its sockets come back, if they may, once the transaction commits. */
  async reconnect(tx: Tx, sessionId: string): Promise<void> {
    await tx.query(`SELECT pg_notify('${channels.sessionNamed}', $1)`, [sessionId]);
  },

  async name(tx: Tx, sessionId: string, name: string): Promise<void> {
    await tx.query(`UPDATE session SET person_name = $2 WHERE id = $1`, [sessionId, name]);
    await sessionRepository.reconnect(tx, sessionId);
  },

  /** The password was typed in it again. */
  async prove(tx: Tx, sessionId: string, at: Date): Promise<void> {
    await tx.query(`UPDATE session SET proven_at = $2 WHERE id = $1`, [sessionId, at]);
  },

  /** True when this person has signed in from there before. */
  async knowsNetwork(db: Reader, personId: string, network: string): Promise<boolean> {
    const rows = await db.query(
      `SELECT 1 FROM session WHERE person_id = $1 AND network = $2 LIMIT 1`,
      [personId, network],
    );
    return rows.length > 0;
  },
};
