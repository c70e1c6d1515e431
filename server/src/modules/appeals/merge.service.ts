import type { Status } from '@otklik/shared/appeals';
import type * as contract from '@otklik/shared/merges';
import { v7 as uuid } from 'uuid';
import type * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { breaksConstraint, fail } from '../../platform/errors';
import type { Actor } from '../people';
import { clockRepository, type SlaService } from '../sla';
import { appealPolicy } from './appeal.policy';
import {
  appealRepository,
  matchedOf,
  subjectOf,
  type AppealChange,
  type AppealFacts,
} from './appeal.repository';
import type { AppealHappening } from './appeal.news';
import type { AppealService } from './appeal.service';
import { staffAppeal } from './appeal.view';
import { carryOver, debtsOf, dutyOf, giveBack, takeBack } from './merge.clocks';
import { mergeRepository, type Before, type Standing } from './merge.repository';
import { append, change, endQuestions, join, setStatus, type Command } from './thread';
import { contentHash } from './thread.service';

export interface MergeDeps {
  db: Db;
  sla: SlaService;
  now?: () => Date;
  appeals: Pick<AppealService, 'wasDone'>;
  tell: (happening: AppealHappening) => void;
}

export type MergeService = ReturnType<typeof createMergeService>;

const DONE: readonly Status[] = ['resolved', 'closed'];

interface Pair {
  source: AppealFacts;
  target: AppealFacts;
}

/**
 * Merging two appeals of a dealer, and undoing it. Nothing is moved: entries, files, numbers and read marks stay where they are.
 * The merged appeal is closed and names the other, which owes from then on what this one owed.
 */
export function createMergeService({ db, sla, now, appeals, tell }: MergeDeps) {
  /** May he, and may these two be merged? The dealer's side of it is not asked here. */
  function check(actor: Actor, { source, target }: Partial<Pair>): Pair {
    for (const facts of [source, target])
      if (!facts || !appealPolicy.read(actor, subjectOf(facts)))
        throw fail('not_found', { what: 'appeal' });
    if (!appealPolicy.merge(actor)) throw fail('forbidden', { right: 'merge' });
    if (!source || !target || source.row.dealer_id !== target.row.dealer_id)
      throw fail('not_found', { what: 'appeal' });
    return { source, target };
  }

  function checkFree({ source, target }: Pair): void {
    if (source.row.id === target.row.id)
      throw fail('invalid_input', {
        fields: [{ path: 'intoId', rule: 'same', message: 'is the appeal itself' }],
      });
    for (const { row } of [source, target])
      if (row.merged_into !== null) throw fail('appeal_merged', { no: row.merged_into });
  }

  /** Both under their locks, taken in the order of ids. */
  async function lockBoth(tx: Tx, actor: Actor, sourceId: string, targetId: string) {
    const locked = await appealRepository.lock(tx, {
      appealIds: [...new Set([sourceId, targetId])],
      sessionIds: [actor.sessionId],
      sent: [],
    });
    if (!locked.liveSessions.has(actor.sessionId))
      throw fail('session_ended', { reason: 'expired' });
    const source = locked.appeals.get(sourceId);
    const target = locked.appeals.get(targetId);
    const pair = check(actor, { ...(source && { source }), ...(target && { target }) });
    return { ...pair, at: now?.() ?? locked.now };
  }

  async function save(tx: Tx, works: AppealChange[]): Promise<void> {
    await appealRepository.save(tx, works);
    for (const work of works)
      tx.afterCommit(() =>
        tell({
          facts: work.facts,
          public: work.public,
          entries: work.entries.map((row) => ({ row, attachments: [] })),
        }),
      );
  }

  /** Decides everything of a merge but what the database knows of orders and names; nothing is written. */
  async function decide(q: Pick<Db, 'query'>, { source, target }: Pair, actor: Actor, at: Date) {
    const works = { source: change(source), target: change(target) };
    const standings = { source: standingOf(source), target: standingOf(target) };
    const contexts = {
      source: await sla.context(matchedOf(source.row), at),
      target: await sla.context(matchedOf(target.row), at),
    };
    const isOpen = !DONE.includes(source.row.status);
    const reopens = isOpen && DONE.includes(target.row.status);
    const endsWait = isOpen && source.row.status !== 'waiting' && target.row.status === 'waiting';
    if (reopens) {
      append(works.target, actor, 'reopened', { from: target.row.status }, at, true);
      target.row.status = target.row.assignee_id === null ? 'new' : 'in_work';
      target.row.solved = null;
    }
    // Time that the other one's dealer waits must not stand still here.
    if (endsWait) setStatus(works.target, actor, 'in_work', at, contexts.target);
    const ledger = await clockRepository.stepsOf(q, source.row.id);
    const clocks = carryOver(works.source, works.target, ledger, contexts);
    const owedBy = source.row.answer_owed_by;
    if (owedBy === 'staff' || target.row.answer_owed_by === null)
      target.row.answer_owed_by = owedBy;
    // Nobody can answer them here any more.
    endQuestions(works.source, actor, 'closed', () => true, at);
    source.row.status = 'closed';
    source.row.solved = null;
    source.row.answer_owed_by = null;
    source.row.merged_into = target.row.no;
    const people = source.members.filter(({ id }) => !target.members.some((one) => one.id === id));
    return { works, standings, clocks, people, reopens, endsWait };
  }

  /** People of the merged appeal join the other; who of the dealer's came both sides see. */
  async function bring(
    tx: Tx,
    work: AppealChange,
    actor: Actor,
    people: AppealFacts['members'],
    at: Date,
  ): Promise<Before['people']> {
    const named = await mergeRepository.nameOf(
      tx,
      people.map(({ id }) => id),
    );
    const joined = named.flatMap(({ id, name }) => {
      const side = people.find((one) => one.id === id)?.side;
      return side && join(work, { id, side }, at) ? [{ id, name, side }] : [];
    });
    for (const side of ['dealer', 'staff'] as const) {
      const persons = joined
        .filter((one) => one.side === side)
        .map(({ id, name }) => ({ id, name }));
      if (persons.length > 0) append(work, actor, 'joined', { persons }, at, side === 'dealer');
    }
    return joined;
  }

  /**
   * What a merge would do to deadlines, orders and people.
   * @throws not_found – no such appeal, none this actor may see, or of another dealer
   * @throws forbidden, invalid_input, appeal_merged
   */
  async function preview(
    actor: Actor,
    { appealId, intoId }: z.output<typeof contract.AskMerge>,
  ): Promise<contract.MergePreview> {
    const found = await appealRepository.facts(db, [appealId, intoId]);
    const byId = (id: string) => found.find(({ row }) => row.id === id);
    const [source, target] = [byId(appealId), byId(intoId)];
    const pair = check(actor, { ...(source && { source }), ...(target && { target }) });
    checkFree(pair);
    const into = staffAppeal(pair.target);
    const [clock] = await db.query<{ now: Date }>(`SELECT clock_timestamp() AS now`);
    const at = now?.() ?? clock?.now ?? new Date();
    const { works, clocks, people, reopens, endsWait } = await decide(db, pair, actor, at);
    const orders = await mergeRepository.newOrders(db, appealId, intoId);
    return {
      into,
      clocks: works.target.facts.clocks
        .filter(({ endedAt }) => endedAt === null)
        .map((one) => ({
          duty: dutyOf(one),
          comesAlong: clocks.taken.some(
            ({ kind, cycle }) => kind === one.kind && cycle === one.cycle,
          ),
          dueAt: one.dueAt?.toISOString() ?? null,
          isMissed: one.state === 'breached',
        })),
      reopens,
      endsWait,
      orders: orders.length,
      people: people.length,
    };
  }

  /**
   * Merges an appeal into another one of the same dealer. The same `clientId` again changes nothing.
   * @throws not_found – no such appeal, none this actor may see, or of another dealer
   * @throws forbidden – only staff merge
   * @throws appeal_merged – one of the two was merged already
   * @throws same_id_other_content – the id was used for something else
   */
  async function merge(
    actor: Actor,
    { appealId, intoId, clientId }: z.output<typeof contract.MergeAppeal>,
  ): Promise<contract.Merged> {
    const command = { clientId, contentHash: contentHash(['merge', appealId, intoId]) };
    return once(command, async (tx) => {
      const { at, ...pair } = await lockBoth(tx, actor, appealId, intoId);
      const { source, target } = pair;
      if (!(await appeals.wasDone(tx, actor, command))) {
        checkFree(pair);
        const { works, standings, clocks, people } = await decide(tx, pair, actor, at);
        const orders = await mergeRepository.newOrders(tx, appealId, intoId);
        const joined = await bring(tx, works.target, actor, people, at);
        append(works.source, actor, 'merged_into', { no: target.row.no }, at, true, command);
        append(works.target, actor, 'merged', { no: source.row.no }, at, true);
        await save(tx, [works.source, works.target]);
        await tx.query(
          `INSERT INTO appeal_order (appeal_id, order_id, linked_at, linked_by)
           SELECT $1, unnest($2::uuid[]), $3, $4 ON CONFLICT DO NOTHING`,
          [intoId, orders, at, actor.personId],
        );
        await mergeRepository.add(tx, {
          id: uuid(),
          sourceId: appealId,
          targetId: intoId,
          mergedAt: at,
          targetSeq: target.row.last_seq,
          before: { clocks, ...standings, orders, people: joined },
        });
      }
      return { appeal: staffAppeal(source), into: staffAppeal(target) };
    });
  }

  /**
   * Parts two merged appeals again. The merged one has the clocks it would have had; the other loses what it got from it alone and has not
   * made its own since: open deadlines, orders nobody has named, people who have not written. The same `clientId` again changes nothing.
   * @throws not_found, forbidden
   * @throws conflict – the appeal is not merged
   * @throws appeal_merged – the other one was merged itself meanwhile: that has to be undone first
   * @throws same_id_other_content – the id was used for something else
   */
  async function undo(
    actor: Actor,
    { appealId, clientId }: z.output<typeof contract.UndoMerge>,
  ): Promise<contract.Merged> {
    const command = { clientId, contentHash: contentHash(['unmerge', appealId]) };
    return once(command, async (tx) => {
      const targetId =
        (await mergeRepository.of(tx, appealId))?.targetId ?? (await lastTarget(tx, appealId));
      const { source, target, at } = await lockBoth(tx, actor, appealId, targetId ?? appealId);
      if (!(await appeals.wasDone(tx, actor, command))) {
        const merge = await mergeRepository.of(tx, appealId);
        if (merge?.targetId !== target.row.id) throw fail('conflict', { what: 'merge' });
        if (target.row.merged_into !== null)
          throw fail('appeal_merged', { no: target.row.merged_into });
        const works = { source: change(source), target: change(target) };
        const { before } = merge;
        const since = await mergeRepository.since(tx, target.row.id, merge.targetSeq);
        const contexts = {
          source: await sla.context(matchedOf(source.row), at),
          target: await sla.context(matchedOf(target.row), at),
        };

        source.row.merged_into = null;
        stand(source, before.source);
        if (before.source.status === 'waiting') works.source.waitsSince = at;
        append(works.source, actor, 'unmerged', { no: target.row.no }, at, true, command);
        const own = await stored(tx, appealId);
        takeBack(works.source, debtsOf(before.clocks.away, own.clocks, own.steps), contexts.source);
        const missed = source.clocks
          .filter(({ state, endedAt }) => state === 'breached' && endedAt === null)
          .map(dutyOf);

        append(works.target, actor, 'unmerged', { no: source.row.no }, at, true);
        const theirs = await stored(tx, target.row.id);
        const history = { from: merge.mergedAt, entries: since };
        giveBack(works.target, before.clocks, missed, theirs, history, contexts.target);
        // Nothing was said or done in it meanwhile: it stands as it stood.
        if (since.length === 0) {
          const { status, solved, owedBy } = before.target;
          setStatus(works.target, actor, status, at, contexts.target, solved);
          target.row.answer_owed_by = owedBy;
        }
        const gone = await takeOff(tx, works.target, before.people, merge.targetSeq, at);
        await save(tx, [works.source, works.target]);
        await mergeRepository.unlink(tx, target.row.id, before.orders, merge.targetSeq);
        await mergeRepository.forgetFor(tx, gone);
        await mergeRepository.undo(tx, merge.id, at);
      }
      return { appeal: staffAppeal(source), into: staffAppeal(target) };
    });
  }

  /** For a repeat of an undo that was done: with whom it was merged last. */
  async function lastTarget(tx: Tx, appealId: string): Promise<string | null> {
    const [found] = await tx.query<{ id: string }>(
      `SELECT target_id AS id FROM appeal_merge WHERE source_id = $1 ORDER BY undone_at DESC NULLS FIRST LIMIT 1`,
      [appealId],
    );
    return found?.id ?? null;
  }

  async function stored(tx: Tx, appealId: string) {
    return {
      clocks: await clockRepository.clocksOf(tx, appealId),
      steps: await clockRepository.stepsOf(tx, appealId),
    };
  }

  /** People whom only the merge had brought leave again, unless they have made it their own: answers who. */
  async function takeOff(
    tx: Tx,
    work: AppealChange,
    people: Before['people'],
    afterSeq: number,
    at: Date,
  ): Promise<string[]> {
    const { facts } = work;
    const ids = people.map(({ id }) => id);
    const wrote = await mergeRepository.wroteSince(tx, facts.row.id, ids, afterSeq);
    const gone = people.filter(
      ({ id }) =>
        !wrote.has(id) &&
        facts.row.assignee_id !== id &&
        facts.members.some((member) => member.id === id) &&
        !facts.mentions.some(({ personId, seq }) => personId === id && seq > afterSeq),
    );
    facts.members = facts.members.filter(({ id }) => !gone.some((one) => one.id === id));
    for (const { id, side } of gone)
      work.participants.push({
        appeal_id: facts.row.id,
        person_id: id,
        side,
        joined_at: at.toISOString(),
        left_at: at.toISOString(),
        wrote_publicly: false,
      });
    return gone.map(({ id }) => id);
  }

  const once = <Answer>({ clientId }: Command, run: (tx: Tx) => Promise<Answer>): Promise<Answer> =>
    db.transaction(run).catch((error: unknown) => {
      // The id was being used elsewhere at this very moment.
      if (breaksConstraint(error, 'entry_once')) throw fail('same_id_other_content', { clientId });
      throw error;
    });

  return { preview, merge, undo };
}

const standingOf = ({ row }: AppealFacts): Standing => ({
  status: row.status,
  solved: row.solved,
  owedBy: row.answer_owed_by,
});

function stand({ row }: AppealFacts, { status, solved, owedBy }: Standing): void {
  row.status = status;
  row.solved = solved;
  row.answer_owed_by = owedBy;
}
