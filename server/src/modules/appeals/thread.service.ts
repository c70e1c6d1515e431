import { createHash } from 'node:crypto';
import type {
  Entry,
  EntryPage,
  ListEntries,
  MarkRead,
  Posted,
  PostEntry,
  ReadMark,
} from '@otklik/shared/appeals';
import type * as z from 'zod';
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
} from './appeal.repository';
import type { AppealHappening } from './appeal.news';
import { createFactsCache } from './facts.cache';
import { dealerAppeal, dealerEntry, staffAppeal, staffEntry } from './appeal.view';
import { append, change, join, say, setStatus, type Said } from './thread';

export type PostInput = z.output<typeof PostEntry>;
type ListEntriesInput = z.output<typeof ListEntries>;

export interface ThreadDeps {
  db: Db;
  sla: SlaService;
  /** Fixed in tests and in the demo loader; otherwise the database's clock decides. */
  now?: () => Date;
  filesPerMessage: number;
  /** Called after commit with what happened. */
  tell: (happening: AppealHappening) => void;
  /** Called after commit with a person's own read mark, for his other sessions. */
  tellMark: (personId: string, mark: ReadMark) => void;
  /** Called with the number of sends that shared a commit. */
  batched?: (size: number) => void;
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
}: PostInput): string {
  return contentHash([
    appealId,
    kind,
    body,
    attachmentIds,
    orderNumbers,
    mentions,
    thenStatus ?? null,
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
}: ThreadDeps) {
  const cache = createFactsCache();

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
    if (input.thenStatus !== undefined && (input.kind !== 'message' || actor.side !== 'staff')) {
      throw fail('forbidden', { right: 'changeStatus' });
    }
  }

  /** A send that needs nothing but the appeal itself can share a transaction with others. */
  const isPlain = ({ input }: Sending) =>
    input.attachmentIds.length === 0 &&
    input.orderNumbers.length === 0 &&
    input.mentions.length === 0;

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
    return facts;
  }

  async function contexts(locked: Locked): Promise<Map<string, ClockContext | null>> {
    const at = now?.() ?? locked.now;
    const found = new Map<string, ClockContext | null>();
    for (const { row } of locked.appeals.values()) {
      found.set(row.id, await sla.context({ typeCode: row.type_code, priority: row.priority }, at));
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

  const view = (actor: Actor, facts: AppealFacts) =>
    actor.side === 'staff' ? staffAppeal(facts) : dealerAppeal(facts);
  const entryView = (
    actor: Actor,
    row: EntryRow,
    attachments: Parameters<typeof staffEntry>[1],
  ): Entry =>
    actor.side === 'staff' ? staffEntry(row, attachments) : dealerEntry(row, attachments);

  /** Many plain sends in one transaction: three round trips for all of them together. */
  async function postTogether(sendings: Sending[]): Promise<Outcome<Posted>[]> {
    batched?.(sendings.length);
    return writeTogether(sendings).catch((error: unknown) => {
      // Trying again one by one would only make everybody wait for the same refusal.
      if (isDatabaseAway(error)) return sendings.map(() => ({ error }));
      throw error;
    });
  }

  const writeTogether = (sendings: Sending[]) =>
    db.batch(async (tx) => {
      const locked = await appealRepository.lockBatch(tx, wanted(sendings), cache);
      const clocks = await contexts(locked);
      const at = now?.() ?? locked.now;
      const works = new Map<string, AppealChange>();
      const outcomes = sendings.map(
        (sending): Outcome<Posted> | { entry: EntryRow; work: AppealChange } => {
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
            const work = works.get(facts.row.id) ?? change(facts);
            works.set(facts.row.id, work);
            const entry = speak(work, sending, at, clocks.get(facts.row.id) ?? null);
            // The same press twice within one batch: the second is a retry of the first.
            locked.sent.set(key, entry);
            return { entry, work };
          } catch (error) {
            return { error };
          }
        },
      );
      appealRepository.saveBatch(tx, [...works.values()]);
      for (const work of works.values()) {
        tx.afterCommit(() => cache.put(work.facts));
        tx.afterCommit(() => tell(happening(work)));
      }
      // Views are made only now: writing has moved the revisions.
      return outcomes.map((outcome, index): Outcome<Posted> => {
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
      const locked = await appealRepository.lock(tx, wanted([sending]));
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
      const at = now?.() ?? locked.now;
      const clocks = (await contexts(locked)).get(facts.row.id) ?? null;
      const work = change(facts);
      const orders = await linkOrders(tx, work, actor, input.orderNumbers, at);
      await pullInMentioned(tx, work, actor, input.mentions, at);
      const entry = speak(work, sending, at, clocks, {
        files: input.attachmentIds.length,
        orders,
        mentions: input.mentions,
      });
      await appealRepository.save(tx, [work]);
      const attachments = await claimFiles(tx, actor, entry, input.attachmentIds);
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
     * @throws not_found – no such appeal, upload or order, or none this actor may see
     * @throws forbidden – a dealer writes a note or changes the status
     * @throws same_id_other_content – the id was used for something else
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
      const attachments = await attachmentRepository.ofEntries(
        db,
        page.filter((row) => row.files > 0).map((row) => row.id),
      );
      return {
        entries: page.map((row) => entryView(actor, row, attachments.get(row.id) ?? [])),
        hasMore: rows.length > limit,
      };
    },

    /**
     * Moves the reader's own mark forward; a lower number changes nothing.
     * @throws not_found – no such appeal, or none this actor may see
     */
    async markRead(actor: Actor, { appealId, seq }: z.output<typeof MarkRead>): Promise<ReadMark> {
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
        const [mark] = await tx.query<{ seq: number; messages: number; moved: boolean }>(
          `WITH moved AS (
             INSERT INTO read_mark (appeal_id, person_id, seq, public_seq, messages, changed_xid)
             VALUES ($1, $2, $3, $4, $5, pg_current_xact_id())
             ON CONFLICT (person_id, appeal_id) DO UPDATE SET seq = EXCLUDED.seq, public_seq = EXCLUDED.public_seq,
               messages = EXCLUDED.messages, changed_xid = EXCLUDED.changed_xid
             WHERE read_mark.seq < EXCLUDED.seq
             RETURNING seq, messages
           )
           SELECT m.seq, m.messages, true AS moved FROM moved m
           UNION ALL
           SELECT r.seq, r.messages, false FROM read_mark r
           WHERE r.appeal_id = $1 AND r.person_id = $2 AND NOT EXISTS (SELECT 1 FROM moved)`,
          [appealId, actor.personId, Math.min(seq, place.last), place.public_seq, place.messages],
        );
        if (!mark) throw fail('conflict', { what: 'read mark' });
        const moved: ReadMark = { appealId, seq: mark.seq, messages: mark.messages };
        if (mark.moved) tx.afterCommit(() => tellMark(actor.personId, moved));
        if (mark.moved && seen) await saveSeen(tx, actor, seen, place.public_seq);
        return moved;
      });
    },
  };

  async function lockOne(tx: Tx, appealId: string): Promise<AppealFacts | null> {
    const locked = await appealRepository.lock(tx, {
      appealIds: [appealId],
      sessionIds: [],
      sent: [],
    });
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
    tx.afterCommit(() => tell(happening(work)));
  }
}

const seenColumn = (actor: Actor) => (actor.side === 'staff' ? 'seen_by_staff' : 'seen_by_dealer');

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

/** A mention of somebody outside pulls him in. @throws not_found – not a colleague with access */
export async function pullInMentioned(
  tx: Tx,
  work: AppealChange,
  actor: Actor,
  personIds: string[],
  at: Date,
): Promise<void> {
  if (personIds.length === 0) return;
  const people = await tx.query<{ id: string; name: string }>(
    `SELECT id, name FROM person WHERE id = ANY($1::uuid[]) AND role <> 'dealer' AND access_allowed`,
    [personIds],
  );
  if (people.length !== new Set(personIds).size) throw fail('not_found', { what: 'person' });
  const joined = people.filter((person) => join(work, { id: person.id, side: 'staff' }, at));
  if (joined.length > 0) append(work, actor, 'joined', { persons: joined }, at, false);
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
