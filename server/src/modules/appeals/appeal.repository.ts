import type { LastWord, Priority, Source, Status } from '@otklik/shared/appeals';
import type { Side } from '@otklik/shared/people';
import type { BatchTx } from '../../platform/db';
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
  rev: number;
  public_rev: number;
  created_at: string;
}

/** Somebody who is on the appeal now. */
export interface Member {
  id: string;
  side: Side;
  /** Has written to the other side. */
  spoke: boolean;
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
  clocks: Clock[];
  steps: ClockStep[];
  marks: MarkChange[];
  participants: ParticipantChange[];
  mentions: { appeal_id: string; person_id: string; seq: number }[];
}

interface FactsRow {
  row: AppealRow;
  dealer_name: string;
  dealer_manager_id: string | null;
  assignee_name: string | null;
  members: Member[];
  mentions: { personId: string; seq: number }[];
  clocks: ClockRow[];
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
    SELECT DISTINCT ON (k.kind) k.* FROM sla_clock k WHERE k.appeal_id = a.id ORDER BY k.kind, k.cycle DESC) c), '[]') AS clocks`;

function factsOf(found: FactsRow): AppealFacts {
  return {
    row: found.row,
    dealerName: found.dealer_name,
    dealerManagerId: found.dealer_manager_id,
    assigneeName: found.assignee_name,
    members: found.members,
    mentions: found.mentions,
    clocks: found.clocks.map(clockRepository.toClock),
  };
}

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

/** A row of a batch's lock. */
interface Held {
  id: string;
  rev: number;
  dealer_name: string;
  dealer_manager_id: string | null;
  assignee_name: string | null;
}

const byId = (facts: AppealFacts[]) => new Map(facts.map((one) => [one.row.id, one]));

async function sendersOf(tx: Querying, wanted: Wanted): Promise<Omit<Locked, 'appeals'>> {
  const [known] = await tx.query<{ live: string[]; sent: EntryRow[]; now: Date }>(
    `SELECT
      coalesce((SELECT jsonb_agg(s.id) FROM session s
        WHERE s.id = ANY($1::uuid[]) AND s.ended_at IS NULL AND s.expires_at > clock_timestamp()), '[]') AS live,
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

  async entry(q: Querying, id: string): Promise<EntryRow | null> {
    const [found] = await q.query<{ entry: EntryRow }>(
      `SELECT to_jsonb(e) AS entry FROM entry e WHERE e.id = $1`,
      [id],
    );
    return found?.entry ?? null;
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

  /** The same for a batch: sent without waiting, so that COMMIT travels along. */
  saveBatch(tx: Pick<BatchTx, 'write'>, changes: AppealChange[]): void {
    if (changes.length === 0) return;
    const { sql, parameters, name } = saving(changes);
    tx.write(sql, parameters, name);
  },
};

/** The one statement that writes changes; its name tells which parts it has. */
function saving(changes: AppealChange[]): { sql: string; parameters: unknown[]; name: string } {
  for (const { facts, public: isPublic } of changes) {
    facts.row.rev += 1;
    if (isPublic) facts.row.public_rev += 1;
  }
  const parameters: unknown[] = [];
  const json = (value: unknown) => `$${parameters.push(JSON.stringify(value))}::jsonb`;
  const parts: string[] = [];
  const fresh = changes.filter((change) => change.isNew).map((change) => change.facts.row);
  const old = changes
    .filter((change) => !change.isNew)
    .map((change) => ({ ...change.facts.row, is_public: change.public }));
  if (fresh.length > 0) {
    parts.push(`add_appeal AS (INSERT INTO appeal (${APPEAL_COLUMNS.join(', ')}, changed_xid, public_changed_xid)
        SELECT ${APPEAL_COLUMNS.map((column) => `n.${column}`).join(', ')}, pg_current_xact_id(), pg_current_xact_id()
        FROM jsonb_populate_recordset(NULL::appeal, ${json(fresh)}) n RETURNING 1)`);
  }
  if (old.length > 0) {
    const source = json(old);
    parts.push(`set_appeal AS (UPDATE appeal a SET ${CHANGING_COLUMNS.map((column) => `${column} = n.${column}`).join(', ')},
        changed_xid = pg_current_xact_id(),
        public_changed_xid = CASE WHEN p.is_public THEN pg_current_xact_id() ELSE a.public_changed_xid END
        FROM jsonb_populate_recordset(NULL::appeal, ${source}) n
        JOIN jsonb_to_recordset(${source}) p (id uuid, is_public boolean) ON p.id = n.id
        WHERE a.id = n.id RETURNING 1)`);
  }
  const entries = changes.flatMap((change) => change.entries);
  if (entries.length > 0) {
    parts.push(
      `add_entry AS (INSERT INTO entry SELECT * FROM jsonb_populate_recordset(NULL::entry, ${json(entries)}) RETURNING 1)`,
    );
  }
  // Ended clocks first, so that "at most one open" holds at every row.
  const clocks = changes
    .flatMap(({ facts, clocks: changed }) =>
      changed.map((clock) => ({ appeal_id: facts.row.id, ...clockRepository.toRow(clock) })),
    )
    .sort((a, b) => Number(a.ended_at === null) - Number(b.ended_at === null));
  if (clocks.length > 0) {
    parts.push(`set_clock AS (INSERT INTO sla_clock SELECT * FROM jsonb_populate_recordset(NULL::sla_clock, ${json(clocks)})
        ON CONFLICT (appeal_id, kind, cycle) DO UPDATE SET ${CLOCK_CHANGING.map((column) => `${column} = EXCLUDED.${column}`).join(', ')} RETURNING 1)`);
  }
  const steps = changes.flatMap(({ facts, steps: added }) =>
    added.map((step, order) => ({
      appeal_id: facts.row.id,
      order_no: order,
      ...clockRepository.toStepRow(step),
    })),
  );
  if (steps.length > 0) {
    parts.push(`add_step AS (INSERT INTO sla_clock_step
        SELECT s.appeal_id, s.kind, s.cycle,
          coalesce((SELECT max(o.no) FROM sla_clock_step o WHERE o.appeal_id = s.appeal_id AND o.kind = s.kind AND o.cycle = s.cycle), 0)
            + row_number() OVER (PARTITION BY s.appeal_id, s.kind, s.cycle ORDER BY s.order_no),
          s.at, s.action, s.reason, s.counted_ms, s.remaining_ms, s.due_at
        FROM jsonb_to_recordset(${json(steps)}) s (appeal_id uuid, kind text, cycle integer, order_no integer, at timestamptz,
          action text, reason text, counted_ms bigint, remaining_ms bigint, due_at timestamptz) RETURNING 1)`);
  }
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
        FROM jsonb_to_recordset(${json(marks)}) m (appeal_id uuid, person_id uuid, seq integer, public_seq integer, messages integer)
        ON CONFLICT (person_id, appeal_id) DO UPDATE SET seq = EXCLUDED.seq, public_seq = EXCLUDED.public_seq,
          messages = EXCLUDED.messages, changed_xid = EXCLUDED.changed_xid
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
        FROM jsonb_populate_recordset(NULL::participant, ${json(participants)}) p
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
        SELECT n.appeal_id, n.person_id, n.seq FROM jsonb_populate_recordset(NULL::mention, ${json(mentions)}) n
        ON CONFLICT (person_id, appeal_id) DO UPDATE SET seq = EXCLUDED.seq RETURNING 1)`);
  }
  // PostgreSQL cuts names at 63 characters.
  const names = parts.map((part) => part.slice(4, part.indexOf(' ')));
  return { sql: `WITH ${parts.join(',\n')} SELECT 1`, parameters, name: `save ${names.join(' ')}` };
}

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
  'policy_id',
  'calendar_id',
];
