import type { Side } from '@otklik/shared/people';
import type { Db, Tx } from '../../platform/db';
import { appealScope } from '../appeals';
import { isStaff, type Actor } from '../people';

export interface DigestRow {
  entries: number;
  last_seq: number;
  sha256: string;
  at: Date;
}

/** Numbers `from` to `got` are held by a session, `from` to `shown` were on its screen. */
export interface ReceivedItem {
  appealId: string;
  from: number;
  got: number;
  shown: number;
}

export interface ReceiptRow {
  session_id: string;
  person_id: string;
  person_name: string;
  side: Side;
  device: string;
  got_at: Date;
  shown_at: Date | null;
}

/** Sessions told about one entry; a thread that was open in more for years is beyond any list. */
const MOST_SESSIONS = 500;

/** The number an entry has for this actor's side. */
const numberFor = (actor: Actor) => (isStaff(actor) ? 'e.seq' : 'e.public_seq');
const lastFor = (actor: Actor) => (isStaff(actor) ? 'a.last_seq' : 'a.last_public_seq');

export const proofRepository = {
  /**
   * The fingerprint of a stretch, both ends included, in the actor's numbering; null when he may not see the appeal.
   * Names nothing of an entry but its number, id, version and words: nothing here moves for a dealer when a note is written.
   */
  async digest(
    db: Db,
    actor: Actor,
    stretch: { appealId: string; fromSeq: number; toSeq: number },
  ): Promise<DigestRow | null> {
    const parameters: unknown[] = [stretch.appealId, stretch.fromSeq, stretch.toSeq];
    const number = numberFor(actor);
    const [row] = await db.query<DigestRow>(
      `SELECT count(e.id)::int AS entries, ${lastFor(actor)} AS last_seq, clock_timestamp() AS at,
         encode(sha256(convert_to(coalesce(string_agg(
           ${number} || ' ' || e.id || ' ' || e.version || ' ' || octet_length(e.body) || ' ' || e.body || E'\\n', '' ORDER BY ${number}), ''),
           'UTF8')), 'hex') AS sha256
       FROM appeal a JOIN dealer d ON d.id = a.dealer_id
       LEFT JOIN entry e ON e.appeal_id = a.id AND ${number} BETWEEN $2 AND $3
       WHERE a.id = $1 AND ${appealScope(actor, parameters)} GROUP BY a.id`,
      parameters,
    );
    return row ?? null;
  },

  /** Holds the receipts of a session until the transaction ends: its tabs may report at once, to any node. */
  async lockSession(tx: Tx, sessionId: string): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 7215005))`, [sessionId]);
  },

  /**
   * Adds what is new of the reported stretches, in one statement. Numbers the appeal does not have and appeals the actor may not see
   * are left out. Call {@link lockSession} first, in a statement of its own.
   */
  async add(
    tx: Tx,
    actor: Actor,
    items: readonly ReceivedItem[],
    now: Date | undefined,
  ): Promise<void> {
    const parameters: unknown[] = [
      actor.sessionId,
      items.map(({ appealId }) => appealId),
      items.map(({ from }) => from),
      items.map(({ got }) => got),
      items.map(({ shown }) => shown),
      now ?? null,
    ];
    const last = lastFor(actor);
    await tx.query(
      `WITH told AS (
         SELECT a.id AS appeal_id, k.kind, i.from_seq, least(k.upto, ${last}) AS to_seq
         FROM unnest($2::uuid[], $3::int[], $4::int[], $5::int[]) i (appeal_id, from_seq, got, shown)
         JOIN appeal a ON a.id = i.appeal_id JOIN dealer d ON d.id = a.dealer_id
         CROSS JOIN LATERAL (VALUES ('got', i.got), ('shown', least(i.shown, i.got))) k (kind, upto)
         WHERE least(k.upto, ${last}) >= i.from_seq AND ${appealScope(actor, parameters)}),
       wanted AS (
         SELECT appeal_id, kind, range_agg(int4range(from_seq, to_seq, '[]')) AS numbers FROM told GROUP BY appeal_id, kind)
       INSERT INTO receipt (session_id, appeal_id, kind, from_seq, to_seq, at)
       SELECT $1, w.appeal_id, w.kind, lower(n.numbers), upper(n.numbers) - 1, coalesce($6::timestamptz, clock_timestamp())
       FROM wanted w CROSS JOIN LATERAL unnest(w.numbers - coalesce(
         (SELECT range_agg(int4range(r.from_seq, r.to_seq, '[]')) FROM receipt r
          WHERE r.session_id = $1 AND r.appeal_id = w.appeal_id AND r.kind = w.kind), '{}'::int4multirange)) n (numbers)`,
      parameters,
    );
  },

  /** True when the entry is there and the actor may see its appeal. */
  async seesEntry(db: Db, actor: Actor, appealId: string, entryId: string): Promise<boolean> {
    const parameters: unknown[] = [appealId, entryId];
    const found = await db.query(
      `SELECT 1 AS one FROM entry e JOIN appeal a ON a.id = e.appeal_id JOIN dealer d ON d.id = a.dealer_id
       WHERE e.appeal_id = $1 AND e.id = $2 AND ${appealScope(actor, parameters)}`,
      parameters,
    );
    return found.length > 0;
  },

  /** The sessions that have an entry, the dealer's first, in the order in which they got it. */
  ofEntry: (db: Db, appealId: string, entryId: string) =>
    db.query<ReceiptRow>(
      // Each side counts by its own numbers; a note has none for dealers.
      `SELECT s.id AS session_id, p.id AS person_id, coalesce(s.person_name, p.name) AS person_name, s.device,
         CASE WHEN p.dealer_id IS NULL THEN 'staff' ELSE 'dealer' END AS side,
         min(r.at) AS got_at, min(r.at) FILTER (WHERE r.kind = 'shown') AS shown_at
       FROM entry e JOIN receipt r ON r.appeal_id = e.appeal_id
       JOIN session s ON s.id = r.session_id JOIN person p ON p.id = s.person_id
       WHERE e.appeal_id = $1 AND e.id = $2
         AND CASE WHEN p.dealer_id IS NULL THEN e.seq ELSE e.public_seq END BETWEEN r.from_seq AND r.to_seq
       GROUP BY s.id, p.id ORDER BY side, got_at, s.id LIMIT ${MOST_SESSIONS}`,
      [appealId, entryId],
    ),
};
