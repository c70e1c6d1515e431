import { createHash } from 'node:crypto';
import type {
  Entry,
  EntryPage,
  ListEntries,
  MarkRead,
  MarkUnread,
  Posted,
  PostEntry,
  ReadMark,
} from '@otklik/shared/appeals';
import type { AttachmentView } from '@otklik/shared/attachments';
import type { Side } from '@otklik/shared/people';
import type * as z from 'zod';
import { createDatabaseClock } from '../../platform/database-clock';
import type { Db, Tx } from '../../platform/db';
import { breaksConstraint, fail, isDatabaseAway } from '../../platform/errors';
import { groupCommit, type Outcome } from '../../platform/group-commit';
import { attachmentRepository } from '../attachments';
import { orderRepository } from '../orders';
import type { Actor } from '../people';
import type { ClockContext, SlaService } from '../sla';
import { appealPolicy, appealScope } from './appeal.policy';
import {
  appealRepository,
  subjectOf,
  type AppealChange,
  type AppealFacts,
  type EntryRow,
  type Locked,
  matchedOf,
} from './appeal.repository';
import type { AppealHappening } from './appeal.news';
import { createFactsCache } from './facts.cache';
import { appealView as view, entryView } from './appeal.view';
import { answeredSince } from './guard';
import { append, change, join, say, setStatus, type Said } from './thread';

export type PostInput = z.output<typeof PostEntry>;
type ListEntriesInput = z.output<typeof ListEntries>;

export interface ThreadDeps {
  db: Db;
  sla: SlaService;
  /** Fixed in tests and in the demo loader; otherwise the database's clock decides. */
  now?: () => Date;
  filesPerMessage: number;
  /** Is the collision guard of this side on? Left out: it is off. */
  guards?: (side: Side) => Promise<boolean>;
  /** Called after commit with what happened. */
  tell: (happening: AppealHappening) => void;
  /** Called after commit with a person's own read mark, for his other sessions. */
  tellMark: (personId: string, mark: ReadMark) => void;
  /** Called with the number of sends that shared a commit. */
  batched?: (size: number) => void;
  /** Called with what a batch was decided from: memory that proved right, or a read under the lock. */
  decided?: (from: 'memory' | 'lock') => void;
}

interface Sending {
  actor: Actor;
  input: PostInput;
}

/** Same content, same hash: tells a retry from a reused id. */
export function contentHash(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

function hashOf({
  appealId,
  kind,
  body,
  attachmentIds,
  orderNumbers,
  mentions,
  thenStatus,
  replyTo,
}: PostInput): string {
  return contentHash([
    appealId,
    kind,
    body,
    attachmentIds,
    orderNumbers,
    mentions,
    thenStatus ?? null,
    // What came later is named only when it is there, so that older sends keep their hash.
    ...(replyTo === undefined ? [] : [replyTo]),
  ]);
}

export type ThreadService = ReturnType<typeof createThreadService>;

export function createThreadService({
  db,
  sla,
  now,
  filesPerMessage,
  tell,
  tellMark,
  batched,
  decided,
  guards,
}: ThreadDeps) {
  const cache = createFactsCache();
  /** Hears the database's clock before any facts are kept, so that no moment lies before what they hold. */
  const clock = createDatabaseClock();

  /** What may be refused without looking at the appeal. */
  function check({ actor, input }: Sending): void {
    if (actor.nameNeeded) throw fail('name_needed', {});
    if (input.body === '' && input.attachmentIds.length === 0) {
      throw fail('invalid_input', {
        fields: [{ path: 'body', rule: 'too_small', message: 'say something or attach a file' }],
      });
    }
    if (input.attachmentIds.length > filesPerMessage)
      throw fail('too_many_files', { limit: filesPerMessage });
    if (input.kind === 'note' && !appealPolicy.writeNote(actor))
      throw fail('forbidden', { right: 'writeNotes' });
    if (input.mentions.length > 0 && input.kind !== 'note') {
      throw fail('invalid_input', {
        fields: [
          { path: 'mentions', rule: 'notes_only', message: 'only a note can mention people' },
        ],
      });
    }
    if (
      input.thenStatus !== undefined &&
      (input.kind !== 'message' || !appealPolicy.setStatus(actor))
    ) {
      throw fail('forbidden', { right: 'changeStatus' });
    }
  }

  /** A send that needs nothing but the appeal itself can share a transaction with others. */
  const isPlain = ({ input }: Sending) =>
    input.attachmentIds.length === 0 &&
    input.orderNumbers.length === 0 &&
    input.mentions.length === 0 &&
    input.replyTo === undefined;

  const wanted = (sendings: Sending[]) => ({
    appealIds: [...new Set(sendings.map(({ input }) => input.appealId))],
    sessionIds: [...new Set(sendings.map(({ actor }) => actor.sessionId))],
    sent: sendings.map(({ actor, input }) => ({
      authorId: actor.personId,
      clientId: input.clientId,
    })),
  });

  /** The first answer again, for a command that came twice. */
  function repeated(sent: EntryRow, { actor, input }: Sending): EntryRow {
    if (sent.content_hash !== hashOf(input) || sent.appeal_id !== input.appealId) {
      throw fail('same_id_other_content', { clientId: input.clientId });
    }
    if (actor.side === 'dealer' && sent.public_seq === null)
      throw fail('not_found', { what: 'appeal' });
    return sent;
  }

  /** May he? Live session, visible appeal. */
  function admit({ actor, input }: Sending, locked: Locked): AppealFacts {
    if (!locked.liveSessions.has(actor.sessionId))
      throw fail('session_ended', { reason: 'expired' });
    const facts = locked.appeals.get(input.appealId);
    if (!facts || !appealPolicy.read(actor, subjectOf(facts)))
      throw fail('not_found', { what: 'appeal' });
    if (input.kind === 'message' && !appealPolicy.write(actor))
      throw fail('forbidden', { right: 'write' });
    return facts;
  }

  /** Has a colleague answered after what the author had seen? Asked under the lock, and only of what is no repeat. */
  const isStale = ({ actor, input }: Sending, facts: AppealFacts) =>
    input.kind === 'message' &&
    input.seenSeq !== undefined &&
    input.sendAnyway !== true &&
    answeredSince(facts.row, actor, input.seenSeq) !== null;

  /** @throws stale */
  async function refuseStale(tx: Tx, sending: Sending, facts: AppealFacts): Promise<void> {
    const { actor, input } = sending;
    if (!isStale(sending, facts) || !(await guards?.(actor.side))) return;
    const seenSeq = input.seenSeq ?? 0;
    throw fail('stale', {
      messages: await appealRepository.countAnswers(tx, facts.row.id, actor, seenSeq),
      by: answeredSince(facts.row, actor, seenSeq)?.name ?? '',
      lastSeq: actor.side === 'staff' ? facts.row.last_seq : facts.row.last_public_seq,
    });
  }

  /** What is quoted is of the same appeal, and whoever reads the quoting may read the quoted. @throws not_found, invalid_input */
  async function checkQuote(tx: Tx, { actor, input }: Sending): Promise<void> {
    if (input.replyTo === undefined) return;
    const quoted = await appealRepository.entry(tx, input.replyTo);
    if (quoted?.appeal_id !== input.appealId || !appealPolicy.readEntry(actor, quoted))
      throw fail('not_found', { what: 'entry' });
    if (input.kind === 'message' && quoted.public_seq === null) {
      throw fail('invalid_input', {
        fields: [
          { path: 'replyTo', rule: 'private', message: 'a message cannot quote what is private' },
        ],
      });
    }
  }

  async function contexts(locked: Locked): Promise<Map<string, ClockContext | null>> {
    const at = now?.() ?? locked.now;
    const found = new Map<string, ClockContext | null>();
    for (const { row } of locked.appeals.values()) {
      found.set(row.id, await sla.context(matchedOf(row), at));
    }
    return found;
  }

  function speak(
    work: AppealChange,
    { actor, input }: Sending,
    at: Date,
    clocks: ClockContext | null,
    extra: Partial<Said> = {},
  ): EntryRow {
    const entry = say(
      work,
      actor,
      {
        kind: input.kind,
        clientId: input.clientId,
        contentHash: hashOf(input),
        body: input.body,
        files: 0,
        orders: [],
        mentions: [],
        ...extra,
      },
      at,
      clocks,
    );
    if (input.thenStatus)
      setStatus(
        work,
        actor,
        input.thenStatus,
        at,
        clocks,
        input.thenStatus === 'resolved' ? true : null,
      );
    return entry;
  }

  /** Many plain sends in one transaction: in one round trip when memory is right about all of them, else under the lock. */
  async function postTogether(sendings: Sending[]): Promise<Outcome<Posted>[]> {
    batched?.(sendings.length);
    try {
      const done = await writeAtOnce(sendings);
      decided?.(done ? 'memory' : 'lock');
      return done ?? (await writeTogether(sendings));
    } catch (error) {
      // Trying again one by one would only make everybody wait for the same refusal.
      if (isDatabaseAway(error)) return sendings.map(() => ({ error }));
      throw error;
    }
  }

  type Decided = Outcome<Posted> | { entry: EntryRow; work: AppealChange };

  /** Works out every send of a batch, in order; nothing is written yet. */
  async function decide(sendings: Sending[], locked: Locked) {
    const clocks = await contexts(locked);
    const at = now?.() ?? locked.now;
    const works = new Map<string, AppealChange>();
    const outcomes = sendings.map((sending): Decided => {
      const { actor, input } = sending;
      // Not locked: held by somebody else, or not there; alone it waits its turn or is refused.
      if (!locked.appeals.has(input.appealId)) return 'alone';
      try {
        const facts = admit(sending, locked);
        const key = `${actor.personId}:${input.clientId}`;
        const sent = locked.sent.get(key);
        if (sent) {
          repeated(sent, sending);
          return 'alone';
        }
        refuseMerged(facts);
        // Alone it is asked again, with what a refusal has to tell.
        if (isStale(sending, facts)) return 'alone';
        const work = works.get(facts.row.id) ?? change(facts);
        works.set(facts.row.id, work);
        const entry = speak(work, sending, at, clocks.get(facts.row.id) ?? null);
        // The same press twice within one batch: the second is a retry of the first.
        locked.sent.set(key, entry);
        return { entry, work };
      } catch (error) {
        return { error };
      }
    });
    return { outcomes, works: [...works.values()] };
  }

  /** Views are made after the write has moved the revisions. */
  const answers = (sendings: Sending[], outcomes: Decided[]) =>
    outcomes.map((outcome, index): Outcome<Posted> => {
      const actor = sendings[index]?.actor;
      if (outcome === 'alone' || !('work' in outcome)) return outcome;
      if (!actor) return 'alone';
      return {
        value: {
          entry: entryView(actor, outcome.entry, []),
          appeal: view(actor, outcome.work.facts),
        },
      };
    });

  function written(work: AppealChange): void {
    cache.put(work.facts);
    tell(happening(work));
  }

  /**
   * Decides from memory and lets the one statement that writes see whether memory was right; only then anything is answered,
   * refusals too. Permission is judged as under the lock: by the appeal as it is now, and by a session that still lives.
   * @returns null when it has to be done under the lock; then nothing was written, and what was taken from memory is forgotten
   */
  async function writeAtOnce(sendings: Sending[]): Promise<Outcome<Posted>[] | null> {
    const guess = clock.moment();
    const { appealIds, sessionIds, sent } = wanted(sendings);
    const known = guess && cache.takeAll(appealIds);
    if (!known) return null;
    const assumed = {
      appeals: known.map((facts) => appealRepository.assumptionOf(facts)),
      sessionIds,
      sent,
      at: now ? null : guess,
    };
    const { outcomes, works } = await decide(sendings, {
      appeals: new Map(known.map((facts) => [facts.row.id, facts])),
      liveSessions: new Set(sessionIds),
      sent: new Map(),
      now: guess,
    });
    const heard = clock.ask();
    const saved = await appealRepository
      .saveIfStill(db, works, assumed)
      .catch((error: unknown): null => {
        if (isDatabaseAway(error)) throw error;
        // A client id was being used elsewhere at this moment: the lock's path says which.
        return null;
      });
    if (saved) heard(saved.now);
    if (!saved?.fits) return null;
    const posted = answers(sendings, outcomes);
    works.forEach(written);
    return posted;
  }

  const writeTogether = (sendings: Sending[]) =>
    db.batch(async (tx) => {
      const heard = clock.ask();
      const locked = await appealRepository.lockBatch(tx, wanted(sendings), cache);
      heard(locked.now);
      const { outcomes, works } = await decide(sendings, locked);
      appealRepository.saveBatch(tx, works);
      for (const work of works) tx.afterCommit(() => written(work));
      return answers(sendings, outcomes);
    });

  const happening = (work: AppealChange): AppealHappening => ({
    facts: work.facts,
    public: work.public,
    entries: work.entries.map((row) => ({ row, attachments: [] })),
  });

  /** One send with everything it may carry: files, orders, mentions. */
  async function postAlone(sending: Sending): Promise<Posted> {
    return writeAlone(sending).catch((error: unknown) => {
      // The id was being used in another appeal at this moment; the second look sees that.
      if (breaksConstraint(error, 'entry_once')) return writeAlone(sending);
      throw error;
    });
  }

  async function writeAlone(sending: Sending): Promise<Posted> {
    const { actor, input } = sending;
    return db.transaction(async (tx) => {
      const heard = clock.ask();
      const locked = await appealRepository.lock(tx, wanted([sending]));
      heard(locked.now);
      const facts = admit(sending, locked);
      const sent = locked.sent.get(`${actor.personId}:${input.clientId}`);
      if (sent) {
        const first = repeated(sent, sending);
        const attachments = await attachmentRepository.ofEntries(tx, [first.id]);
        return {
          entry: entryView(actor, first, attachments.get(first.id) ?? []),
          appeal: view(actor, facts),
        };
      }
      refuseMerged(facts);
      await refuseStale(tx, sending, facts);
      await checkQuote(tx, sending);
      const at = now?.() ?? locked.now;
      const clocks = (await contexts(locked)).get(facts.row.id) ?? null;
      const work = change(facts);
      const orders = await linkOrders(tx, work, actor, input.orderNumbers, at);
      await pullInMentioned(tx, work, actor, input.mentions, at);
      const entry = speak(work, sending, at, clocks, {
        files: input.attachmentIds.length,
        orders,
        mentions: input.mentions,
        ...(input.replyTo === undefined ? {} : { replyTo: input.replyTo }),
      });
      await appealRepository.save(tx, [work]);
      const attachments = await claimFiles(tx, actor, entry, input.attachmentIds);
      tx.afterCommit(() => cache.put(facts));
      tx.afterCommit(() =>
        tell({
          facts,
          public: work.public,
          entries: work.entries.map((row) => ({
            row,
            attachments: row.id === entry.id ? attachments : [],
          })),
        }),
      );
      return { entry: entryView(actor, entry, attachments), appeal: view(actor, facts) };
    });
  }

  const together = groupCommit<Sending, Posted>(postTogether, postAlone, {
    keyOf: ({ input }) => input.appealId,
  });

  return {
    /**
     * Adds a message or a private note to an appeal, with its files, orders and mentions, and moves numbers, clocks, status and read mark.
     * A second call with the same `clientId` and content gives the first answer again, at any later time, on any node.
     * Sends that arrive while a commit runs share the next one.
     * @throws not_found – no such appeal, upload, order or quoted entry, or none this actor may see
     * @throws forbidden – a dealer writes a note or changes the status
     * @throws same_id_other_content – the id was used for something else
     * @throws appeal_merged – it goes on in another one
     * @throws stale – somebody else of the author's side has answered after `seenSeq`
     * @throws name_needed – the session of a shared login has not said who writes
     */
    async post(actor: Actor, input: PostInput): Promise<Posted> {
      const sending = { actor, input };
      check(sending);
      return isPlain(sending) ? together(sending) : postAlone(sending);
    },

    /**
     * Entries of a thread in rising order, in the viewer's own numbering.
     * @throws not_found – no such appeal, or none this actor may see
     */
    async list(
      actor: Actor,
      { appealId, afterSeq, beforeSeq, limit }: ListEntriesInput,
    ): Promise<EntryPage> {
      const parameters: unknown[] = [appealId];
      const visible = appealScope(actor, parameters);
      const column = actor.side === 'staff' ? 'seq' : 'public_seq';
      const rising = afterSeq !== undefined;
      const edge = afterSeq ?? beforeSeq ?? 2_147_483_647;
      parameters.push(edge, limit + 1);
      const at = parameters.length;
      const found = await db.query<{ exists: boolean; entry: EntryRow | null }>(
        `SELECT true AS exists, e.entry FROM appeal a JOIN dealer d ON d.id = a.dealer_id
         LEFT JOIN LATERAL (
           SELECT to_jsonb(x) AS entry, x.${column} AS place FROM entry x
           WHERE x.appeal_id = a.id AND x.${column} ${rising ? '>' : '<'} $${at - 1}
           ORDER BY x.${column} ${rising ? 'ASC' : 'DESC'} LIMIT $${at}) e ON true
         WHERE a.id = $1 AND ${visible}
         ORDER BY e.place ${rising ? 'ASC' : 'DESC'}`,
        parameters,
      );
      if (found.length === 0) throw fail('not_found', { what: 'appeal' });
      const rows = found.flatMap(({ entry }) => (entry === null ? [] : [entry]));
      const page = rows.slice(0, limit);
      if (!rising) page.reverse();
      const attachments = await filesOf(db, page);
      return {
        entries: page.map((row) => entryView(actor, row, attachments.get(row.id) ?? [])),
        changed: await changedOutside(actor, page),
        hasMore: rows.length > limit,
      };
    },

    /**
     * Moves the reader's own mark forward; a lower number changes nothing, nor does a reader who does not know of
     * his own "unread from here" yet: a late retry must not undo it.
     * @throws not_found – no such appeal, or none this actor may see
     */
    async markRead(
      actor: Actor,
      { appealId, seq, rev }: z.output<typeof MarkRead>,
    ): Promise<ReadMark> {
      return db.transaction(async (tx) => {
        const parameters: unknown[] = [appealId, seq];
        const visible = appealScope(actor, parameters);
        const own = actor.side === 'staff' ? 'seq' : 'public_seq';
        const [place] = await tx.query<{
          seen: number;
          last: number;
          public_seq: number;
          messages: number;
        }>(
          `SELECT a.${seenColumn(actor)} AS seen, a.last_${own} AS last, p.public_seq, p.messages
           FROM appeal a JOIN dealer d ON d.id = a.dealer_id
           CROSS JOIN LATERAL (
             SELECT coalesce(max(e.public_seq), 0) AS public_seq, count(*) FILTER (WHERE e.kind <> 'event' AND e.${own} IS NOT NULL)::int AS messages
             FROM entry e WHERE e.appeal_id = a.id AND e.${own} <= $2) p
           WHERE a.id = $1 AND ${visible}`,
          parameters,
        );
        if (!place) throw fail('not_found', { what: 'appeal' });
        // The appeal is locked before the mark, as a send does, or the two could wait for each other.
        const seen = place.public_seq > place.seen ? await lockOne(tx, appealId) : null;
        const [mark] = await tx.query<Omit<ReadMark, 'appealId'> & { moved: boolean }>(
          `WITH moved AS (
             INSERT INTO read_mark (appeal_id, person_id, seq, public_seq, messages, changed_xid)
             VALUES ($1, $2, $3, $4, $5, pg_current_xact_id())
             ON CONFLICT (person_id, appeal_id) DO UPDATE SET seq = EXCLUDED.seq,
               public_seq = greatest(read_mark.public_seq, EXCLUDED.public_seq),
               messages = EXCLUDED.messages, changed_xid = EXCLUDED.changed_xid, rev = read_mark.rev + 1
             WHERE read_mark.seq < EXCLUDED.seq AND ($6::integer IS NULL OR read_mark.unread_rev <= $6)
             RETURNING seq, messages, rev
           )
           SELECT m.seq, m.messages, m.rev, true AS moved FROM moved m
           UNION ALL
           SELECT r.seq, r.messages, r.rev, false FROM read_mark r
           WHERE r.appeal_id = $1 AND r.person_id = $2 AND NOT EXISTS (SELECT 1 FROM moved)`,
          [
            appealId,
            actor.personId,
            Math.min(seq, place.last),
            place.public_seq,
            place.messages,
            rev ?? null,
          ],
        );
        if (!mark) throw fail('conflict', { what: 'read mark' });
        const { moved: hasMoved, ...rest } = mark;
        const moved: ReadMark = { appealId, ...rest };
        if (hasMoved) tx.afterCommit(() => tellMark(actor.personId, moved));
        if (hasMoved && seen) await saveSeen(tx, actor, seen, place.public_seq);
        return moved;
      });
    },

    /**
     * Makes everything from a number on unread again, for the reader alone: what the other side was told he had seen stays.
     * A mark that stands before that number already changes nothing.
     * @throws not_found – no such appeal, or none this actor may see
     */
    async markUnread(
      actor: Actor,
      { appealId, seq }: z.output<typeof MarkUnread>,
    ): Promise<ReadMark> {
      return db.transaction(async (tx) => {
        const parameters: unknown[] = [appealId, actor.personId, seq - 1];
        const visible = appealScope(actor, parameters);
        const own = actor.side === 'staff' ? 'seq' : 'public_seq';
        const [mark] = await tx.query<Omit<ReadMark, 'appealId'> & { moved: boolean }>(
          `WITH place AS (
             SELECT (SELECT count(*) FROM entry e
                WHERE e.appeal_id = a.id AND e.${own} <= $3 AND e.kind <> 'event') AS messages
             FROM appeal a JOIN dealer d ON d.id = a.dealer_id WHERE a.id = $1 AND ${visible}
           ), moved AS (
             UPDATE read_mark r SET seq = $3, messages = place.messages, rev = r.rev + 1, unread_rev = r.rev + 1,
               changed_xid = pg_current_xact_id()
             FROM place WHERE r.appeal_id = $1 AND r.person_id = $2 AND r.seq > $3
             RETURNING r.seq, r.messages, r.rev
           )
           SELECT m.seq, m.messages, m.rev, true AS moved FROM moved m
           UNION ALL
           SELECT coalesce(r.seq, 0), coalesce(r.messages, 0), coalesce(r.rev, 0), false
           FROM place LEFT JOIN read_mark r ON r.appeal_id = $1 AND r.person_id = $2
           WHERE NOT EXISTS (SELECT 1 FROM moved)`,
          parameters,
        );
        if (!mark) throw fail('not_found', { what: 'appeal' });
        const { moved, ...rest } = mark;
        const now: ReadMark = { appealId, ...rest };
        if (moved) tx.afterCommit(() => tellMark(actor.personId, now));
        return now;
      });
    },
  };

  /** Entries that events of the page have changed and that lie outside it, as they are now. */
  async function changedOutside(actor: Actor, page: EntryRow[]): Promise<Entry[]> {
    const there = new Set(page.map((row) => row.id));
    const named = page.flatMap(({ event_type: type, facts }) =>
      (type === 'edited' || type === 'deleted') && typeof facts?.entryId === 'string'
        ? [facts.entryId]
        : [],
    );
    const rows = await appealRepository.entries(
      db,
      [...new Set(named)].filter((id) => !there.has(id)),
    );
    const visible = rows.filter((row) => appealPolicy.readEntry(actor, row));
    const attachments = await filesOf(db, visible);
    return visible.map((row) => entryView(actor, row, attachments.get(row.id) ?? []));
  }

  async function lockOne(tx: Tx, appealId: string): Promise<AppealFacts | null> {
    const heard = clock.ask();
    const locked = await appealRepository.lock(tx, {
      appealIds: [appealId],
      sessionIds: [],
      sent: [],
    });
    heard(locked.now);
    return locked.appeals.get(appealId) ?? null;
  }

  /** The furthest reader of a side has moved: both sides may see that, so it is a change of the appeal. */
  async function saveSeen(
    tx: Tx,
    actor: Actor,
    facts: AppealFacts,
    publicSeq: number,
  ): Promise<void> {
    const column = seenColumn(actor);
    if (facts.row[column] >= publicSeq) return;
    facts.row[column] = publicSeq;
    const work = { ...change(facts), public: true };
    await appealRepository.save(tx, [work]);
    tx.afterCommit(() => written(work));
  }
}

const seenColumn = (actor: Actor) => (actor.side === 'staff' ? 'seen_by_staff' : 'seen_by_dealer');

/** Nothing is said any more where an appeal has ended by a merge. @throws appeal_merged */
export function refuseMerged({ row }: AppealFacts): void {
  if (row.merged_into !== null) throw fail('appeal_merged', { no: row.merged_into });
}

/** Files of entries by entry; a copy's are those of its origin. */
export async function filesOf(
  q: Pick<Db, 'query'>,
  rows: readonly EntryRow[],
): Promise<Map<string, AttachmentView[]>> {
  const holder = ({ id, origin }: EntryRow) => origin?.entryId ?? id;
  const some = rows.filter(({ files }) => files > 0);
  const found = await attachmentRepository.ofEntries(q, some.map(holder));
  return new Map(some.map((row) => [row.id, found.get(holder(row)) ?? []]));
}

/** Links orders of the appeal's own dealer; answers their numbers. @throws not_found */
export async function linkOrders(
  tx: Tx,
  work: AppealChange,
  actor: Actor,
  numbers: string[],
  at: Date,
): Promise<string[]> {
  if (numbers.length === 0) return [];
  const { row } = work.facts;
  const orders = await orderRepository.findByNumbers(tx, row.dealer_id, [...new Set(numbers)]);
  if (orders.length !== new Set(numbers).size) throw fail('not_found', { what: 'order' });
  // A new appeal has no row yet for the foreign key; the caller links after saving.
  if (!work.isNew) {
    const added = await insertLinks(
      tx,
      row.id,
      orders.map((order) => order.id),
      actor,
      at,
    );
    for (const order of orders.filter(({ id }) => added.has(id)))
      append(work, actor, 'order_linked', { number: order.number }, at, true);
  }
  return orders.map((order) => order.number);
}

/** Answers the ids of orders that were not linked before. */
export async function insertLinks(
  tx: Tx,
  appealId: string,
  orderIds: string[],
  actor: Actor,
  at: Date,
): Promise<Set<string>> {
  const rows = await tx.query<{ order_id: string }>(
    `INSERT INTO appeal_order (appeal_id, order_id, linked_at, linked_by)
     SELECT $1, unnest($2::uuid[]), $3, $4 ON CONFLICT DO NOTHING RETURNING order_id`,
    [appealId, orderIds, at, actor.personId],
  );
  return new Set(rows.map((row) => row.order_id));
}

/** A mention of somebody outside pulls him in. @returns all who are mentioned @throws not_found – not a colleague with access */
export async function pullInMentioned(
  tx: Tx,
  work: AppealChange,
  actor: Actor,
  personIds: string[],
  at: Date,
): Promise<{ id: string; name: string }[]> {
  if (personIds.length === 0) return [];
  const people = await tx.query<{ id: string; name: string }>(
    `SELECT id, name FROM person WHERE id = ANY($1::uuid[]) AND role <> 'dealer' AND access_allowed`,
    [personIds],
  );
  if (people.length !== new Set(personIds).size) throw fail('not_found', { what: 'person' });
  const joined = people.filter((person) => join(work, { id: person.id, side: 'staff' }, at));
  if (joined.length > 0) append(work, actor, 'joined', { persons: joined }, at, false);
  return people;
}

/** The author's uploads become the entry's files. @throws not_found */
export async function claimFiles(tx: Tx, actor: Actor, entry: EntryRow, ids: string[]) {
  if (ids.length === 0) return [];
  return attachmentRepository.take(tx, {
    ids,
    uploadedBy: actor.personId,
    appealId: entry.appeal_id,
    entryId: entry.id,
  });
}
