import type { LastWord, Priority, ReadMark, Source, Status } from '@otklik/shared/appeals';
import type { Side } from '@otklik/shared/people';
import type { BatchTx, Db } from '../../platform/db';
import { clockRepository, type Clock, type ClockRow, type ClockStep } from '../sla';
import type { Subject } from './appeal.policy';
import type { FactsCache } from './facts.cache';

/** Anything that runs a statement; a batch prepares those that have a name. */
interface Querying {
  query<Row extends object>(
    sql: string,
    parameters?: readonly unknown[],
    name?: string,
  ): Promise<Row[]>;
}

/** A row of `appeal` as JSON: moments are ISO strings. */
export interface AppealRow {
  id: string;
  no: number;
  client_id: string;
  content_hash: string;
  dealer_id: string;
  opened_by: string;
  opened_by_name: string;
  type_code: string;
  topic_id: string;
  subject: string;
  status: Status;
  solved: boolean | null;
  priority: Priority;
  source: Source;
  contact_name: string | null;
  assignee_id: string | null;
  team_id: string | null;
  answer_owed_by: Side | null;
  last_seq: number;
  last_public_seq: number;
  messages: number;
  public_messages: number;
  seen_by_staff: number;
  seen_by_dealer: number;
  last_word: LastWord | null;
  public_last_word: LastWord | null;
  last_at: string;
  public_last_at: string;
  /** The last two different speakers of each side, newest first. */
  spoke: Record<Side, Spoke[]>;
  /** Number of the appeal it was merged into; it is closed then. */
  merged_into: number | null;
  rev: number;
  public_rev: number;
  created_at: string;
}

/** Somebody who wrote to the other side, and his latest number in both numberings. */
export interface Spoke {
  personId: string;
  /** With a shared login the name tells who it was. */
  name: string;
  seq: number;
  publicSeq: number;
}

/** Somebody who is on the appeal now. */
export interface Member {
  id: string;
  side: Side;
  /** Has written to the other side. */
  spoke: boolean;
}

/** A row of `colleague_question` as JSON. */
export interface QuestionRow {
  id: string;
  appeal_id: string;
  entry_id: string;
  asked_by: string;
  asked_by_name: string;
  asked_to: string;
  asked_to_name: string;
  asked_at: string;
  due_at: string | null;
  missed: boolean;
  ended_at: string | null;
  outcome: 'answered' | 'withdrawn' | 'closed' | null;
}

/** Everything a view or a decision about one appeal needs. */
export interface AppealFacts {
  row: AppealRow;
  dealerName: string;
  dealerManagerId: string | null;
  assigneeName: string | null;
  members: Member[];
  mentions: { personId: string; seq: number }[];
  /** The latest clock of each kind. */
  clocks: Clock[];
  /** Open questions to colleagues, the longest open first. */
  questions: QuestionRow[];
}

/** A row of `entry` as JSON. */
export interface EntryRow {
  id: string;
  appeal_id: string;
  seq: number;
  public_seq: number | null;
  kind: 'message' | 'note' | 'event';
  author_id: string | null;
  author_name: string;
  author_side: Side | null;
  author_title: string;
  session_id: string | null;
  client_id: string | null;
  content_hash: string | null;
  body: string;
  event_type: string | null;
  facts: Record<string, unknown> | null;
  mentions: string[];
  orders: string[];
  files: number;
  created_at: string;
  version: number;
  edited_at: string | null;
  deleted_at: string | null;
  reply_to: string | null;
  /** A copy of a message of another appeal, that was split off with it; left out otherwise. */
  origin?: { no: number; entryId: string } | null;
}

export interface MarkChange {
  appeal_id: string;
  person_id: string;
  seq: number;
  public_seq: number;
  messages: number;
}

export interface ParticipantChange {
  appeal_id: string;
  person_id: string;
  side: Side;
  joined_at: string;
  left_at: string | null;
  wrote_publicly: boolean;
}

/** What one transaction writes about appeals; see `save`. */
export interface AppealChange {
  facts: AppealFacts;
  /** The dealer may notice it: his revision and sync position move too. */
  public: boolean;
  /** A new appeal is inserted, an old one updated. */
  isNew: boolean;
  entries: EntryRow[];
  /** Entries that were there before and say something else now. */
  changed: { before: EntryRow; after: EntryRow }[];
  clocks: Clock[];
  steps: ClockStep[];
  marks: MarkChange[];
  participants: ParticipantChange[];
  mentions: { appeal_id: string; person_id: string; seq: number }[];
  /** It begins to wait for the dealer now. */
  waitsSince: Date | null;
  questions: QuestionRow[];
}

interface FactsRow {
  row: AppealRow;
  dealer_name: string;
  dealer_manager_id: string | null;
  assignee_name: string | null;
  members: Member[];
  mentions: { personId: string; seq: number }[];
  clocks: ClockRow[];
  questions: QuestionRow[];
}

/** Columns of the facts, over `a` (appeal) and `d` (dealer). One text for lists, sync, news and locks, so that they cannot differ. */
const FACTS = `
  to_jsonb(a) AS row,
  d.name AS dealer_name,
  d.manager_id AS dealer_manager_id,
  (SELECT p.name FROM person p WHERE p.id = a.assignee_id) AS assignee_name,
  coalesce((SELECT jsonb_agg(jsonb_build_object('id', m.person_id, 'side', m.side, 'spoke', m.wrote_publicly) ORDER BY m.joined_at, m.person_id)
    FROM participant m WHERE m.appeal_id = a.id AND m.left_at IS NULL), '[]') AS members,
  coalesce((SELECT jsonb_agg(jsonb_build_object('personId', n.person_id, 'seq', n.seq) ORDER BY n.person_id)
    FROM mention n WHERE n.appeal_id = a.id), '[]') AS mentions,
  coalesce((SELECT jsonb_agg(to_jsonb(c)) FROM (
    SELECT DISTINCT ON (k.kind) k.* FROM sla_clock k WHERE k.appeal_id = a.id ORDER BY k.kind, k.cycle DESC) c), '[]') AS clocks,
  coalesce((SELECT jsonb_agg(to_jsonb(q) ORDER BY q.asked_at, q.id) FROM colleague_question q
    WHERE q.appeal_id = a.id AND q.ended_at IS NULL), '[]') AS questions`;

/** Appeals changed since a moment of the database; see `appealRepository.changes`. */
export interface Changes {
  /** The oldest transaction that still ran: whatever commits later has this id or a higher one. */
  oldest: bigint;
  /** Above the id of every transaction so far. */
  next: bigint;
  now: Date;
  rows: { xid: bigint; mark: ReadMark | null; facts: AppealFacts }[];
}

function factsOf(found: FactsRow): AppealFacts {
  return {
    row: found.row,
    dealerName: found.dealer_name,
    dealerManagerId: found.dealer_manager_id,
    assigneeName: found.assignee_name,
    members: found.members,
    mentions: found.mentions,
    clocks: found.clocks.map(clockRepository.toClock),
    questions: found.questions,
  };
}

/** An appeal as SLA policies and calendars look at it. */
export const matchedOf = (row: AppealRow) => ({
  dealerId: row.dealer_id,
  teamId: row.team_id,
  topicId: row.topic_id,
  typeCode: row.type_code,
  priority: row.priority,
});

/** The facts as the policy looks at them. */
export function subjectOf({ row, members, dealerManagerId }: AppealFacts): Subject {
  return {
    dealerId: row.dealer_id,
    openedBy: row.opened_by,
    teamId: row.team_id,
    assigneeId: row.assignee_id,
    dealerManagerId,
    staffIds: members.filter((member) => member.side === 'staff').map((member) => member.id),
    visitorIds: members.filter((member) => member.side === 'dealer').map((member) => member.id),
    status: row.status,
  };
}

export interface Locked {
  /** By appeal id; an appeal that is missing does not exist or, with `skipLocked`, is held by somebody else. */
  appeals: Map<string, AppealFacts>;
  /** Sessions of the given ones that still live. */
  liveSessions: Set<string>;
  /** Entries already written under one of the given client ids, by `<author>:<client id>`. */
  sent: Map<string, EntryRow>;
  /** The database's clock after the locks were taken, so that it never runs back within an appeal. */
  now: Date;
}

/** What a send needs to know before it is decided. */
export interface Wanted {
  appealIds: string[];
  sessionIds: string[];
  sent: { authorId: string; clientId: string }[];
}

/** A row of a batch's lock, or what memory thinks that it is. */
interface Held {
  id: string;
  rev: number;
  dealer_name: string;
  dealer_manager_id: string | null;
  assignee_name: string | null;
}

/** What a batch took for granted when it decided from memory; see `saveIfStill`. */
export interface Assumed {
  appeals: Held[];
  sessionIds: string[];
  sent: Wanted['sent'];
  /** The guessed moment; null when it is not the database's to confirm. */
  at: Date | null;
}

const byId = (facts: AppealFacts[]) => new Map(facts.map((one) => [one.row.id, one]));

async function sendersOf(tx: Querying, wanted: Wanted): Promise<Omit<Locked, 'appeals'>> {
  const [known] = await tx.query<{ live: string[]; sent: EntryRow[]; now: Date }>(
    `SELECT
      -- Filtered after the search, so that whatever the plan, sessions are found by key.
      coalesce((SELECT jsonb_agg(s.id) FILTER (WHERE s.ended_at IS NULL AND s.expires_at > clock_timestamp())
        FROM session s WHERE s.id = ANY($1::uuid[])), '[]') AS live,
      coalesce((SELECT jsonb_agg(to_jsonb(e)) FROM unnest($2::uuid[], $3::uuid[]) w (author_id, client_id)
        JOIN entry e ON e.author_id = w.author_id AND e.client_id = w.client_id), '[]') AS sent,
      clock_timestamp() AS now`,
    [
      wanted.sessionIds,
      wanted.sent.map((one) => one.authorId),
      wanted.sent.map((one) => one.clientId),
    ],
    'appeal-senders',
  );
  if (!known) throw new Error('a select without FROM answers one row');
  return {
    liveSessions: new Set(known.live),
    sent: new Map(known.sent.map((entry) => [`${entry.author_id}:${entry.client_id}`, entry])),
    now: known.now,
  };
}

export const appealRepository = {
  /**
   * Locks appeals until the transaction ends and reads them with what a send must know.
   * The lock and the read are two statements: the second sees what the former owner of the lock committed.
   */
  async lock(tx: Querying, wanted: Wanted, { skipLocked = false } = {}): Promise<Locked> {
    const held = await tx.query<{ id: string }>(
      `SELECT id FROM appeal WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE${skipLocked ? ' SKIP LOCKED' : ''}`,
      [wanted.appealIds],
    );
    const facts = await this.facts(
      tx,
      held.map((row) => row.id),
    );
    return { appeals: byId(facts), ...(await sendersOf(tx, wanted)) };
  },

  /**
   * The same for a batch: appeals that somebody else holds are left out, and what the cache still knows for certain is not read.
   * Lock and senders travel together; the clock is read after the lock, in the order of the statements.
   */
  async lockBatch(tx: Querying, wanted: Wanted, cache: FactsCache): Promise<Locked> {
    const locking = tx.query<Held>(
      `SELECT a.id, a.rev, d.name AS dealer_name, d.manager_id AS dealer_manager_id, p.name AS assignee_name
       FROM appeal a JOIN dealer d ON d.id = a.dealer_id LEFT JOIN person p ON p.id = a.assignee_id
       WHERE a.id = ANY($1::uuid[]) ORDER BY a.id FOR UPDATE OF a SKIP LOCKED`,
      [wanted.appealIds],
      'appeal-try-lock',
    );
    const asking = sendersOf(tx, wanted);
    const [held, senders] = await Promise.all([locking, asking]);
    const known = held.flatMap((row) => {
      const facts = cache.take(row.id, row.rev);
      // Names may change without the appeal; they came with the lock.
      return facts
        ? [
            {
              ...facts,
              dealerName: row.dealer_name,
              dealerManagerId: row.dealer_manager_id,
              assigneeName: row.assignee_name,
            },
          ]
        : [];
    });
    const missing = held
      .map((row) => row.id)
      .filter((id) => !known.some((facts) => facts.row.id === id));
    const read = missing.length > 0 ? await this.facts(tx, missing) : [];
    return { appeals: byId([...known, ...read]), ...senders };
  },

  /** What has to be true of an appeal for a decision made with these facts. Ask before the decision: it moves them. */
  assumptionOf({ row, dealerName, dealerManagerId, assigneeName }: AppealFacts): Held {
    return {
      id: row.id,
      rev: row.rev,
      dealer_name: dealerName,
      dealer_manager_id: dealerManagerId,
      assignee_name: assigneeName,
    };
  },

  /**
   * Writes changes that were decided without a lock, in one statement that is its own transaction: it locks the appeals (waiting for
   * nobody), compares, and writes everything or nothing. It fits when every appeal has the assumed revision and names and is free,
   * every session lives, none of the client ids was used, and the moment is not after the database's clock nor far before it.
   * @returns `now`: the database's clock. When it does not fit, nothing was written and the facts in memory are worthless
   */
  async saveIfStill(
    db: Pick<Db, 'single'>,
    changes: AppealChange[],
    assumed: Assumed,
  ): Promise<{ fits: boolean; now: Date }> {
    const { sql, parameters, name } = saving(changes, assumed);
    const [answer] = await db.single<{ fits: boolean; now: Date }>(sql, parameters, name);
    if (!answer) throw new Error('a select without FROM answers one row');
    return answer;
  },

  /** Facts of appeals by id, in no order, without lock. */
  async facts(q: Querying, ids: string[]): Promise<AppealFacts[]> {
    const found = await q.query<FactsRow>(
      `SELECT ${FACTS} FROM appeal a JOIN dealer d ON d.id = a.dealer_id WHERE a.id = ANY($1::uuid[])`,
      [ids],
      'appeal-facts',
    );
    return found.map(factsOf);
  },

  /** Facts by any condition over `a` and `d`; the caller brings the rest of the statement. */
  async select(q: Querying, rest: string, parameters: unknown[]): Promise<AppealFacts[]> {
    const found = await q.query<FactsRow>(
      `SELECT ${FACTS} FROM appeal a JOIN dealer d ON d.id = a.dealer_id ${rest}`,
      parameters,
    );
    return found.map(factsOf);
  },

  /**
   * Changed appeals in the order of their changes, with the reader's marks, and the horizon of the snapshot that they were read in: one
   * statement, so that nothing commits in between.
   * @param page `xid`: the column that orders; `reader`: the place of the person's id in `parameters`; `where`: a condition over `a` and `d`
   */
  async changes(
    q: Querying,
    page: { xid: string; reader: string; where: string; limit: number },
    parameters: readonly unknown[],
  ): Promise<Changes> {
    type Found = { oldest: string; next: string; now: Date } & (
      (FactsRow & { xid: string; mark: ReadMark | null }) | { xid: null }
    );
    const found = await q.query<Found>(
      `SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS oldest, pg_snapshot_xmax(pg_current_snapshot())::text AS next,
         clock_timestamp() AS now, f.*, f.place::text AS xid
       FROM (SELECT) one LEFT JOIN (
         SELECT ${page.xid} AS place, a.id AS appeal_id,
           (SELECT jsonb_build_object('appealId', r.appeal_id, 'seq', r.seq, 'messages', r.messages, 'rev', r.rev)
            FROM read_mark r WHERE r.appeal_id = a.id AND r.person_id = ${page.reader}) AS mark, ${FACTS}
         FROM appeal a JOIN dealer d ON d.id = a.dealer_id
         WHERE ${page.where} ORDER BY ${page.xid}, a.id LIMIT ${page.limit}) f ON true
       ORDER BY f.place, f.appeal_id`,
      [...parameters],
    );
    const [first] = found;
    if (!first) throw new Error('a left join of one row answers at least one');
    return {
      oldest: BigInt(first.oldest),
      next: BigInt(first.next),
      now: first.now,
      rows: found.flatMap((row) =>
        row.xid === null ? [] : [{ xid: BigInt(row.xid), mark: row.mark, facts: factsOf(row) }],
      ),
    };
  },

  async entry(q: Querying, id: string): Promise<EntryRow | null> {
    const [found] = await q.query<{ entry: EntryRow }>(
      `SELECT to_jsonb(e) AS entry FROM entry e WHERE e.id = $1`,
      [id],
    );
    return found?.entry ?? null;
  },

  /** What was split off this entry, in other appeals. */
  async copiesOf(q: Querying, entryId: string): Promise<EntryRow[]> {
    const found = await q.query<{ entry: EntryRow }>(
      `SELECT to_jsonb(e) AS entry FROM entry e WHERE e.origin->>'entryId' = $1 AND e.origin IS NOT NULL`,
      [entryId],
    );
    return found.map(({ entry }) => entry);
  },

  /** Entries by id, in no order. */
  async entries(q: Querying, ids: readonly string[]): Promise<EntryRow[]> {
    if (ids.length === 0) return [];
    const found = await q.query<{ entry: EntryRow }>(
      `SELECT to_jsonb(e) AS entry FROM entry e WHERE e.id = ANY($1::uuid[])`,
      [ids],
    );
    return found.map(({ entry }) => entry);
  },

  /** A question of this appeal, be it over. */
  async questionOf(
    q: Querying,
    { appealId, questionId }: { appealId: string; questionId: string },
  ): Promise<QuestionRow | null> {
    const [found] = await q.query<{ question: QuestionRow }>(
      `SELECT to_jsonb(q) AS question FROM colleague_question q WHERE q.id = $1 AND q.appeal_id = $2`,
      [questionId, appealId],
    );
    return found?.question ?? null;
  },

  /** Is nothing said after this entry, as staff and as the dealer see it? Then the row's last word is this entry. */
  async isLastWord(
    q: Querying,
    { appeal_id: appealId, seq, public_seq: publicSeq }: EntryRow,
  ): Promise<{ last: boolean; publicLast: boolean }> {
    const [found] = await q.query<{ any: boolean; public: boolean }>(
      `SELECT count(*) > 0 AS any, count(*) FILTER (WHERE e.public_seq IS NOT NULL) > 0 AS public
       FROM entry e WHERE e.appeal_id = $1 AND e.seq > $2 AND e.kind <> 'event'`,
      [appealId, seq],
    );
    return {
      last: found?.any === false,
      publicLast: publicSeq !== null && found?.public === false,
    };
  },

  /** Public messages of the actor's side by other people, above a number of that side. */
  async countAnswers(
    q: Querying,
    appealId: string,
    { personId, name, side }: { personId: string; name: string; side: Side },
    aboveSeq: number,
  ): Promise<number> {
    const [found] = await q.query<{ messages: number }>(
      `SELECT count(*)::int AS messages FROM entry e
       WHERE e.appeal_id = $1 AND e.kind = 'message' AND e.author_side = $2 AND e.${side === 'staff' ? 'seq' : 'public_seq'} > $3
         AND NOT (e.author_id = $4 AND e.author_name = $5)`,
      [appealId, side, aboveSeq, personId, name],
    );
    return found?.messages ?? 0;
  },

  /** What an entry said before, oldest first. */
  async versions(
    q: Querying,
    entryId: string,
  ): Promise<{ version: number; body: string; at: Date; until: Date }[]> {
    return q.query(
      `SELECT version, body, written_at AS at, replaced_at AS until FROM entry_version WHERE entry_id = $1 ORDER BY version`,
      [entryId],
    );
  },

  /** The hash of a command of this person that changed nothing when it came; null when there is none. */
  async idleCommand(q: Querying, personId: string, clientId: string): Promise<string | null> {
    const [found] = await q.query<{ content_hash: string }>(
      `SELECT content_hash FROM idle_command WHERE person_id = $1 AND client_id = $2`,
      [personId, clientId],
    );
    return found?.content_hash ?? null;
  },

  async addIdleCommand(
    q: Querying,
    personId: string,
    command: { clientId: string; contentHash: string },
  ): Promise<void> {
    await q.query(
      `INSERT INTO idle_command (person_id, client_id, content_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
      [personId, command.clientId, command.contentHash],
    );
  },

  /** Opens found under one of the given client ids of this person. */
  async findOpened(q: Querying, personId: string, clientId: string): Promise<AppealRow | null> {
    const [found] = await q.query<{ appeal: AppealRow }>(
      `SELECT to_jsonb(a) AS appeal FROM appeal a WHERE a.opened_by = $1 AND a.client_id = $2`,
      [personId, clientId],
    );
    return found?.appeal ?? null;
  },

  /**
   * Writes any number of changes in one round trip. Revisions and sync positions move here and nowhere else,
   * and the facts in memory are moved along, so that a view made of them equals a fresh read.
   */
  async save(tx: Querying, changes: AppealChange[]): Promise<void> {
    const { sql, parameters, name } = saving(changes);
    await tx.query(sql, parameters, name);
  },

  /** The same for many changes that only move clocks which are there: of the appeals nothing else is written. */
  async saveClocks(tx: Querying, changes: AppealChange[]): Promise<void> {
    moveRevisions(changes);
    const parameters: unknown[] = [
      changes.map(({ facts }) => facts.row.id),
      changes.map(({ public: isPublic }) => isPublic),
    ];
    const json = (value: unknown) => `$${parameters.push(JSON.stringify(value))}::jsonb`;
    const steps = stepRowsOf(changes);
    await tx.query(
      `WITH set_appeal AS (UPDATE appeal a SET rev = a.rev + 1, changed_xid = pg_current_xact_id(),
          public_rev = a.public_rev + n.shown::integer,
          public_changed_xid = CASE WHEN n.shown THEN pg_current_xact_id() ELSE a.public_changed_xid END
          FROM unnest($1::uuid[], $2::boolean[]) n (id, shown) WHERE a.id = n.id),
        ${steps.length > 0 ? `add_step AS (${addingSteps(json(steps))}),` : ''}
        n AS (SELECT * FROM jsonb_populate_recordset(NULL::sla_clock, ${json(clockRowsOf(changes))}))
       UPDATE sla_clock c SET ${CLOCK_CHANGING.map((column) => `${column} = n.${column}`).join(', ')}
       FROM n WHERE (c.appeal_id, c.kind, c.cycle) = (n.appeal_id, n.kind, n.cycle)`,
      parameters,
    );
  },

  /** The same for a batch: sent without waiting, so that COMMIT travels along. */
  saveBatch(tx: Pick<BatchTx, 'write'>, changes: AppealChange[]): void {
    if (changes.length === 0) return;
    const { sql, parameters, name } = saving(changes);
    tx.write(sql, parameters, name);
  },
};

/**
 * The first parts of a statement that writes only what was decided rightly. A row that somebody holds or has changed is not in `held`
 * (a row changed after the statement began is compared again in its new version), and every part that writes asks `fits`.
 */
function checking({ appeals, sessionIds, sent, at }: Assumed, parameters: unknown[]): string {
  const given = (value: unknown) => `$${parameters.push(value)}`;
  const ids = given(appeals.map((one) => one.id));
  const sessions = given(sessionIds);
  const moment = given(at);
  return `held AS MATERIALIZED (
      SELECT a.id FROM unnest(${ids}::uuid[], ${given(appeals.map((one) => one.rev))}::integer[],
          ${given(appeals.map((one) => one.dealer_name))}::text[], ${given(appeals.map((one) => one.dealer_manager_id))}::uuid[],
          ${given(appeals.map((one) => one.assignee_name))}::text[]) k (id, rev, dealer_name, dealer_manager_id, assignee_name)
      JOIN appeal a ON a.id = k.id AND a.rev = k.rev
      WHERE (SELECT d.name = k.dealer_name AND d.manager_id IS NOT DISTINCT FROM k.dealer_manager_id FROM dealer d WHERE d.id = a.dealer_id)
        AND (SELECT p.name FROM person p WHERE p.id = a.assignee_id) IS NOT DISTINCT FROM k.assignee_name
      ORDER BY a.id FOR UPDATE OF a SKIP LOCKED),
    fits AS MATERIALIZED (
      SELECT true WHERE (SELECT count(*) FROM held) = cardinality(${ids}::uuid[])
        AND (SELECT count(*) FILTER (WHERE s.ended_at IS NULL AND s.expires_at > clock_timestamp())
          FROM session s WHERE s.id = ANY(${sessions}::uuid[])) = cardinality(${sessions}::uuid[])
        AND NOT EXISTS (SELECT FROM unnest(${given(sent.map((one) => one.authorId))}::uuid[],
            ${given(sent.map((one) => one.clientId))}::uuid[]) w (author_id, client_id)
          JOIN entry e ON e.author_id = w.author_id AND e.client_id = w.client_id)
        AND (${moment}::timestamptz IS NULL
          OR clock_timestamp() - ${moment} BETWEEN interval '0' AND interval '${GUESS_MAY_LAG}'))`;
}

/** In memory, as the statement does it in the table. */
function moveRevisions(changes: readonly AppealChange[]): void {
  for (const { facts, public: isPublic } of changes) {
    facts.row.rev += 1;
    if (isPublic) facts.row.public_rev += 1;
  }
}

/** Ended clocks first, so that "at most one open" holds at every row. */
const clockRowsOf = (changes: readonly AppealChange[]) =>
  changes
    .flatMap(({ facts, clocks: changed }) =>
      changed.map((clock) => ({ appeal_id: facts.row.id, ...clockRepository.toRow(clock) })),
    )
    .sort((a, b) => Number(a.ended_at === null) - Number(b.ended_at === null));

const stepRowsOf = (changes: readonly AppealChange[]) =>
  changes.flatMap(({ facts, steps: added }) =>
    added.map((step, order) => ({
      appeal_id: facts.row.id,
      order_no: order,
      ...clockRepository.toStepRow(step),
    })),
  );

/** Behind the lines that are there. @param steps SQL of a jsonb of rows of `stepRowsOf` */
const addingSteps = (steps: string) => `INSERT INTO sla_clock_step
        SELECT s.appeal_id, s.kind, s.cycle,
          coalesce((SELECT max(o.no) FROM sla_clock_step o WHERE o.appeal_id = s.appeal_id AND o.kind = s.kind AND o.cycle = s.cycle), 0)
            + row_number() OVER (PARTITION BY s.appeal_id, s.kind, s.cycle ORDER BY s.order_no),
          s.at, s.action, s.reason, s.counted_ms, s.remaining_ms, s.due_at
        FROM jsonb_to_recordset(${steps}) s (appeal_id uuid, kind text, cycle integer, order_no integer, at timestamptz,
          action text, reason text, counted_ms bigint, remaining_ms bigint, due_at timestamptz)`;

/** The one statement that writes changes; its name tells which parts it has. With `assumed` it writes only when that holds. */
function saving(
  changes: AppealChange[],
  assumed?: Assumed,
): { sql: string; parameters: unknown[]; name: string } {
  moveRevisions(changes);
  const parameters: unknown[] = [];
  const json = (value: unknown) => `$${parameters.push(JSON.stringify(value))}::jsonb`;
  const checks = assumed ? [checking(assumed, parameters)] : [];
  const onlyIf = assumed ? 'EXISTS (SELECT FROM fits)' : 'true';
  const parts: string[] = [];
  const fresh = changes.filter((change) => change.isNew).map((change) => change.facts.row);
  const old = changes.filter((change) => !change.isNew).map((change) => change.facts.row);
  if (fresh.length > 0) {
    parts.push(`add_appeal AS (INSERT INTO appeal (${APPEAL_COLUMNS.join(', ')}, changed_xid, public_changed_xid)
        SELECT ${APPEAL_COLUMNS.map((column) => `n.${column}`).join(', ')}, pg_current_xact_id(), pg_current_xact_id()
        FROM jsonb_populate_recordset(NULL::appeal, ${json(fresh)}) n WHERE ${onlyIf} RETURNING 1)`);
  }
  if (old.length > 0) {
    parts.push(`set_appeal AS (UPDATE appeal a SET ${CHANGING_COLUMNS.map((column) => `${column} = n.${column}`).join(', ')},
        changed_xid = pg_current_xact_id(),
        public_changed_xid = CASE WHEN n.public_rev > a.public_rev THEN pg_current_xact_id() ELSE a.public_changed_xid END
        FROM jsonb_populate_recordset(NULL::appeal, ${json(old)}) n
        WHERE a.id = n.id AND ${onlyIf} RETURNING 1)`);
  }
  const entries = changes.flatMap((change) => change.entries);
  if (entries.length > 0) {
    parts.push(
      `add_entry AS (INSERT INTO entry SELECT * FROM jsonb_populate_recordset(NULL::entry, ${json(entries)}) WHERE ${onlyIf} RETURNING 1)`,
    );
  }
  const changed = changes.flatMap((change) => change.changed);
  if (changed.length > 0) {
    parts.push(`set_words AS (UPDATE entry e SET body = n.body, files = n.files, version = n.version,
        edited_at = n.edited_at, deleted_at = n.deleted_at
        FROM jsonb_populate_recordset(NULL::entry, ${json(changed.map(({ after }) => after))}) n WHERE e.id = n.id AND ${onlyIf} RETURNING 1)`);
    const versions = changed.map(({ before, after }) => ({
      entry_id: before.id,
      version: before.version,
      body: before.body,
      written_at: before.edited_at ?? before.created_at,
      replaced_at: after.deleted_at ?? after.edited_at,
    }));
    parts.push(
      `add_version AS (INSERT INTO entry_version SELECT * FROM jsonb_populate_recordset(NULL::entry_version, ${json(versions)}) WHERE ${onlyIf} RETURNING 1)`,
    );
  }
  const clocks = clockRowsOf(changes);
  if (clocks.length > 0) {
    parts.push(`set_clock AS (INSERT INTO sla_clock SELECT * FROM jsonb_populate_recordset(NULL::sla_clock, ${json(clocks)}) WHERE ${onlyIf}
        ON CONFLICT (appeal_id, kind, cycle) DO UPDATE SET ${CLOCK_CHANGING.map((column) => `${column} = EXCLUDED.${column}`).join(', ')} RETURNING 1)`);
  }
  const steps = stepRowsOf(changes);
  if (steps.length > 0)
    parts.push(`add_step AS (${addingSteps(json(steps))} WHERE ${onlyIf} RETURNING 1)`);
  const marks = [
    ...new Map(
      changes
        .flatMap((change) => change.marks)
        .map((mark) => [`${mark.person_id}:${mark.appeal_id}`, mark]),
    ).values(),
  ];
  if (marks.length > 0) {
    parts.push(`set_mark AS (INSERT INTO read_mark (appeal_id, person_id, seq, public_seq, messages, changed_xid)
        SELECT m.appeal_id, m.person_id, m.seq, m.public_seq, m.messages, pg_current_xact_id()
        FROM jsonb_to_recordset(${json(marks)}) m (appeal_id uuid, person_id uuid, seq integer, public_seq integer, messages integer) WHERE ${onlyIf}
        ON CONFLICT (person_id, appeal_id) DO UPDATE SET seq = EXCLUDED.seq, public_seq = greatest(read_mark.public_seq, EXCLUDED.public_seq),
          messages = EXCLUDED.messages, changed_xid = EXCLUDED.changed_xid, rev = read_mark.rev + 1
        WHERE read_mark.seq < EXCLUDED.seq RETURNING 1)`);
  }
  const participants = [
    ...new Map(
      changes
        .flatMap((change) => change.participants)
        .map((one) => [`${one.person_id}:${one.appeal_id}`, one]),
    ).values(),
  ];
  if (participants.length > 0) {
    parts.push(`set_person AS (INSERT INTO participant (appeal_id, person_id, side, joined_at, left_at, wrote_publicly)
        SELECT p.appeal_id, p.person_id, p.side, p.joined_at, p.left_at, p.wrote_publicly
        FROM jsonb_populate_recordset(NULL::participant, ${json(participants)}) p WHERE ${onlyIf}
        ON CONFLICT (appeal_id, person_id) DO UPDATE SET left_at = EXCLUDED.left_at,
          wrote_publicly = participant.wrote_publicly OR EXCLUDED.wrote_publicly RETURNING 1)`);
  }
  const mentions = [
    ...new Map(
      changes
        .flatMap((change) => change.mentions)
        .map((one) => [`${one.person_id}:${one.appeal_id}`, one]),
    ).values(),
  ];
  if (mentions.length > 0) {
    parts.push(`set_mention AS (INSERT INTO mention (appeal_id, person_id, seq)
        SELECT n.appeal_id, n.person_id, n.seq FROM jsonb_populate_recordset(NULL::mention, ${json(mentions)}) n WHERE ${onlyIf}
        ON CONFLICT (person_id, appeal_id) DO UPDATE SET seq = EXCLUDED.seq RETURNING 1)`);
  }
  const waits = changes.flatMap(({ facts, waitsSince }) =>
    waitsSince === null ? [] : [{ appeal_id: facts.row.id, since: waitsSince.toISOString() }],
  );
  if (waits.length > 0) {
    // When something is to come of it is worked out by the poller, which looks at it next.
    parts.push(`set_wait AS (INSERT INTO dealer_wait (appeal_id, since, next_at)
        SELECT w.appeal_id, w.since, w.since FROM jsonb_to_recordset(${json(waits)}) w (appeal_id uuid, since timestamptz) WHERE ${onlyIf}
        ON CONFLICT (appeal_id) DO UPDATE SET since = EXCLUDED.since, next_at = EXCLUDED.next_at, reminded_at = NULL RETURNING 1)`);
  }
  const questions = changes.flatMap((change) => change.questions);
  if (questions.length > 0) {
    parts.push(`set_asked AS (INSERT INTO colleague_question
        SELECT * FROM jsonb_populate_recordset(NULL::colleague_question, ${json(questions)}) WHERE ${onlyIf}
        ON CONFLICT (id) DO UPDATE SET due_at = EXCLUDED.due_at, missed = EXCLUDED.missed,
          ended_at = EXCLUDED.ended_at, outcome = EXCLUDED.outcome RETURNING 1)`);
  }
  // PostgreSQL cuts names at 63 characters.
  const names = parts.map((part) => part.slice(4, part.indexOf(' ')));
  if (!parts.every((part) => part.includes(onlyIf)))
    throw new Error('a part of the statement would write whether the decision was right or not');
  const answer = assumed
    ? '(SELECT count(*) FROM fits) = 1 AS fits, clock_timestamp() AS now'
    : '1';
  return {
    sql: `WITH ${[...checks, ...parts].join(',\n')} SELECT ${answer}`,
    parameters,
    name: `${assumed ? 'try' : 'save'} ${names.join(' ')}`,
  };
}

/** A guess that lags more than this means that the clock was set or the machine slept. */
const GUESS_MAY_LAG = '500 milliseconds';

const CHANGING_COLUMNS = [
  'type_code',
  'topic_id',
  'subject',
  'status',
  'solved',
  'priority',
  'contact_name',
  'assignee_id',
  'team_id',
  'answer_owed_by',
  'last_seq',
  'last_public_seq',
  'messages',
  'public_messages',
  'seen_by_staff',
  'seen_by_dealer',
  'last_word',
  'public_last_word',
  'last_at',
  'public_last_at',
  'spoke',
  'merged_into',
  'rev',
  'public_rev',
] as const satisfies (keyof AppealRow)[];
const APPEAL_COLUMNS = [
  'id',
  'no',
  'client_id',
  'content_hash',
  'dealer_id',
  'opened_by',
  'opened_by_name',
  'source',
  'created_at',
  ...CHANGING_COLUMNS,
] as const satisfies (keyof AppealRow)[];
const CLOCK_CHANGING = [
  'state',
  'target_ms',
  'due_at',
  'warn_at',
  'warned_at',
  'remaining_ms',
  'last_counted_at',
  'counted_ms',
  'ended_at',
  'breached_at',
  'carried_at',
  'policy_id',
  'calendar_id',
  'ladder_fired',
  'ladder_at',
];
