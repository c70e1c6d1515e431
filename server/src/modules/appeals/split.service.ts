import type * as contract from '@otklik/shared/merges';
import type * as z from 'zod';
import type { Tx } from '../../platform/db';
import { breaksConstraint, fail } from '../../platform/errors';
import { orderRepository } from '../orders';
import type { Actor } from '../people';
import { matchedOf, appealRepository, subjectOf, type EntryRow } from './appeal.repository';
import { appealPolicy } from './appeal.policy';
import type { AppealService } from './appeal.service';
import { staffAppeal } from './appeal.view';
import { beginSplit } from './merge.clocks';
import type { MergeDeps } from './merge.service';
import { mergeRepository } from './merge.repository';
import { append, change, copyIn, join, moveClocks } from './thread';
import { contentHash, filesOf, insertLinks } from './thread.service';

export type SplitService = ReturnType<typeof createSplitService>;

type SplitInput = z.output<typeof contract.SplitAppeal>;

interface SplitDeps extends Omit<MergeDeps, 'appeals'> {
  appeals: Pick<AppealService, 'wasDone' | 'newAppeal'>;
}

export function createSplitService({ db, sla, now, appeals, tell }: SplitDeps) {
  /**
   * Makes an appeal of its own of messages of another one, as copies; the other keeps them. Its clocks begin with the first of them that
   * nobody has answered, so no time is gained; when nothing else waits for an answer in the other, that owes none any more.
   * Undone by merging it back. The same `clientId` again gives the first answer.
   * @throws not_found – no such appeal or message, or none this actor may see
   * @throws forbidden – only staff split
   * @throws invalid_input – a note, an event or a deleted message; no message of the dealer; unknown type or topic
   * @throws appeal_merged – it goes on in another one
   * @throws same_id_other_content – the id was used for something else
   */
  async function split(actor: Actor, input: SplitInput): Promise<contract.Split> {
    const { appealId, clientId, entryIds, typeCode, topicId, subject } = input;
    const hash = contentHash(['split', appealId, entryIds, typeCode, topicId, subject ?? null]);
    const command = { clientId, contentHash: hash };
    return db
      .transaction(async (tx) => {
        const locked = await appealRepository.lock(tx, {
          appealIds: [appealId],
          sessionIds: [actor.sessionId],
          sent: [],
        });
        if (!locked.liveSessions.has(actor.sessionId))
          throw fail('session_ended', { reason: 'expired' });
        const from = locked.appeals.get(appealId);
        if (!from || !appealPolicy.read(actor, subjectOf(from)))
          throw fail('not_found', { what: 'appeal' });
        if (!appealPolicy.merge(actor)) throw fail('forbidden', { right: 'merge' });
        if (await appeals.wasDone(tx, actor, command)) {
          const made = await madeBy(tx, actor, clientId);
          return { appeal: staffAppeal(made), from: staffAppeal(from) };
        }
        if (from.row.merged_into !== null)
          throw fail('appeal_merged', { no: from.row.merged_into });
        const at = now?.() ?? locked.now;
        const originals = await messages(tx, input);
        const [first] = originals;
        if (!first) throw fail('not_found', { what: 'entry' });

        const facts = await appeals.newAppeal(tx, actor, {
          ...{ clientId, typeCode, topicId, attachmentIds: [], orderNumbers: [] },
          ...(subject !== undefined && { subject }),
          body: originals.find(({ body }) => body !== '')?.body ?? '',
          dealerId: from.row.dealer_id,
          source: from.row.source,
          priority: from.row.priority,
        });
        const { row } = facts;
        row.contact_name = from.row.contact_name;
        const opener = originals.find((entry) => entry.author_side === 'dealer');
        if (opener?.author_id) {
          row.opened_by = opener.author_id;
          row.opened_by_name = opener.author_name;
        }
        const work = change(facts, { isNew: true });
        const copies = originals.map((entry) => copyIn(work, entry, from.row.no));
        join(work, { id: actor.personId, side: 'staff' }, at);
        // It is news of this moment, however old its words are.
        row.last_at = row.public_last_at = row.created_at;
        append(work, actor, 'split_from', { no: from.row.no }, at, true);
        const rest = change(from);
        append(rest, actor, 'split_off', { no: row.no }, at, true, command);

        const context = await sla.context(matchedOf(from.row), at);
        const { since, leavesNone } = await unansweredOf(tx, rest.facts, originals);
        const owed = rest.facts.clocks.find(isAnswerOwed);
        if (leavesNone) {
          moveClocks(rest, { type: 'split_off' }, context);
          from.row.answer_owed_by = null;
        }
        const isMissed = rest.facts.clocks.some(
          (clock) =>
            clock.kind === owed?.kind && clock.cycle === owed.cycle && clock.state === 'breached',
        );
        row.answer_owed_by = since === null ? null : 'staff';
        beginSplit(work, since, leavesNone && isMissed, await sla.context(matchedOf(row), at));

        await appealRepository.save(tx, [rest, work]);
        const numbers = [...new Set(copies.flatMap(({ orders }) => orders))];
        const orders = await orderRepository.findByNumbers(tx, row.dealer_id, numbers);
        await insertLinks(
          tx,
          row.id,
          orders.map(({ id }) => id),
          actor,
          at,
        );
        const files = await filesOf(tx, copies);
        for (const { facts: told, public: isPublic, entries } of [rest, work])
          tx.afterCommit(() =>
            tell({
              facts: told,
              public: isPublic,
              entries: entries.map((entry) => ({
                row: entry,
                attachments: files.get(entry.id) ?? [],
              })),
            }),
          );
        return { appeal: staffAppeal(facts), from: staffAppeal(from) };
      })
      .catch((error: unknown) => {
        // The id was being used elsewhere at this very moment.
        if (breaksConstraint(error, 'entry_once') || breaksConstraint(error, 'appeal_once'))
          throw fail('same_id_other_content', { clientId });
        throw error;
      });
  }

  /** The messages in the order of the thread. Notes are the staff's own and never become public. */
  async function messages(tx: Tx, { appealId, entryIds }: SplitInput): Promise<EntryRow[]> {
    const found = await appealRepository.entries(tx, entryIds);
    const own = found.filter((entry) => entry.appeal_id === appealId);
    if (own.length < entryIds.length) throw fail('not_found', { what: 'entry' });
    const refuse = (rule: string, message: string) =>
      fail('invalid_input', { fields: [{ path: 'entryIds', rule, message }] });
    if (
      own.some(
        ({ kind, public_seq, deleted_at }) =>
          kind !== 'message' || public_seq === null || deleted_at !== null,
      )
    )
      throw refuse('messages_only', 'only messages that the dealer sees can be split off');
    if (!own.some(({ author_side, seq }) => author_side === 'dealer' || seq === 1))
      throw refuse('dealer_message', 'name a message of the dealer');
    return own.sort((a, b) => a.seq - b.seq);
  }

  /** When the first of these was written that waits for an answer, and whether no other message does. */
  async function unansweredOf(
    tx: Tx,
    { row, clocks }: Parameters<typeof staffAppeal>[0],
    originals: readonly EntryRow[],
  ): Promise<{ since: Date | null; leavesNone: boolean }> {
    if (row.answer_owed_by !== 'staff') return { since: null, leavesNone: false };
    const owed = clocks.find(isAnswerOwed);
    const waiting = (await mergeRepository.unanswered(tx, row.id)).filter(
      ({ at }) => owed === undefined || at >= owed.startedAt,
    );
    const chosen = waiting.filter(({ id }) => originals.some((entry) => entry.id === id));
    return {
      since: chosen[0]?.at ?? null,
      leavesNone: chosen.length > 0 && chosen.length === waiting.length,
    };
  }

  /** The appeal that this command has made before. */
  async function madeBy(tx: Tx, actor: Actor, clientId: string) {
    const [made] = await appealRepository.select(
      tx,
      `WHERE a.no = (SELECT (e.facts->>'no')::integer FROM entry e WHERE e.author_id = $1 AND e.client_id = $2)`,
      [actor.personId, clientId],
    );
    if (!made) throw new Error('what was split off has an appeal');
    return made;
  }

  return { split };
}

const isAnswerOwed = ({ kind, endedAt }: { kind: string; endedAt: Date | null }) =>
  kind !== 'resolution' && endedAt === null;
