import type { Ledger, LedgerCause, OpenDisputes } from '@otklik/shared/ledger';
import type * as contract from '@otklik/shared/ledger';
import { v7 as uuid } from 'uuid';
import type * as z from 'zod';
import type { Db } from '../../platform/db';
import { breaksConstraint, fail } from '../../platform/errors';
import { isStaff, type Actor } from '../people';
import { clockRepository, stretchesOf, type Clock, type ClockStep, type SlaService } from '../sla';
import { appealPolicy, appealScope } from './appeal.policy';
import { appealRepository, matchedOf, subjectOf, type AppealChange } from './appeal.repository';
import type { AppealService } from './appeal.service';
import { disputeRepository, type Dispute } from './dispute.repository';
import {
  dealerClock,
  dealerDispute,
  staffClock,
  staffDispute,
  type ClockStory,
} from './ledger.view';
import { aimLadder, append, moveClocks, setStatus } from './thread';
import { contentHash } from './thread.service';

export interface LedgerDeps {
  db: Db;
  sla: SlaService;
  appeals: Pick<AppealService, 'changing' | 'wasDone'>;
}

export type LedgerService = ReturnType<typeof createLedgerService>;

/** Longest piece of the message that started a clock. */
const CAUSE_CHARACTERS = 120;
const LISTED = 100;

const sameClock = (a: Pick<Clock, 'kind' | 'cycle'>) => (b: Pick<Clock, 'kind' | 'cycle'>) =>
  a.kind === b.kind && a.cycle === b.cycle;

/** The clocks' ledger as each side reads it, and what is said against it. */
export function createLedgerService({ db, sla, appeals }: LedgerDeps) {
  /**
   * Every clock from its first message to its deadline, day by day. A dealer is given his part of it.
   * @throws not_found – no such appeal, or none this actor may see
   */
  async function ledger(actor: Actor, { appealId }: { appealId: string }): Promise<Ledger> {
    const [facts] = await appealRepository.facts(db, [appealId]);
    if (!facts || !appealPolicy.read(actor, subjectOf(facts)))
      throw fail('not_found', { what: 'appeal' });
    const [clocks, steps, all] = await Promise.all([
      clockRepository.clocksOf(db, appealId),
      clockRepository.stepsOf(db, appealId),
      disputeRepository.ofAppeal(db, appealId),
    ]);
    const disputes = all.filter(({ side }) => isStaff(actor) || side === 'dealer');
    const causes = await causesOf(appealId, clocks);
    const stories = await Promise.all(
      clocks.map((clock) => {
        const own = steps.filter(sameClock(clock));
        const isOpen = disputes.some(
          (one) => sameClock(clock)(one) && one.outcome === null && one.side === actor.side,
        );
        return storyOf(clock, own, causes, !isOpen && !actor.nameNeeded);
      }),
    );
    if (!isStaff(actor)) {
      return {
        audience: 'dealer',
        clocks: stories.map(dealerClock),
        disputes: disputes.map(dealerDispute),
      };
    }
    return {
      audience: 'staff',
      clocks: stories.map(staffClock),
      disputes: disputes.map(staffDispute),
      canSettle: appealPolicy.settleDispute(actor),
    };
  }

  async function storyOf(
    clock: Clock,
    steps: ClockStep[],
    causes: Map<number, LedgerCause>,
    canDispute: boolean,
  ): Promise<ClockStory> {
    const calendar = await sla.calendarById(clock.calendarId);
    if (!calendar) throw new Error(`clock runs by calendar ${clock.calendarId}, which is gone`);
    return {
      clock,
      steps,
      stretches: stretchesOf(clock, steps, calendar),
      because: causes.get(clock.startedAt.getTime()) ?? null,
      zone: calendar.zone,
      canDispute,
    };
  }

  /** The public message each clock began with, by its moment. */
  async function causesOf(
    appealId: string,
    clocks: readonly Clock[],
  ): Promise<Map<number, LedgerCause>> {
    const rows = await db.query<{ id: string; at: Date; text: string }>(
      `SELECT id, created_at AS at, left(body, $3) AS text FROM entry
       WHERE appeal_id = $1 AND kind = 'message' AND created_at = ANY($2::timestamptz[]) ORDER BY seq DESC`,
      [appealId, clocks.map(({ startedAt }) => startedAt), CAUSE_CHARACTERS],
    );
    return new Map(
      rows.map(({ id, at, text }) => [at.getTime(), { entryId: id, text: text.toWellFormed() }]),
    );
  }

  /**
   * A side says that a clock is wrong. The dealer's is told in the thread to both, the staff's to staff.
   * The same `clientId` again changes nothing.
   * @throws not_found – no such appeal or clock
   * @throws conflict – this side's dispute of the clock is open
   * @throws same_id_other_content – the id was used for something else
   */
  async function dispute(
    actor: Actor,
    input: z.output<typeof contract.RaiseDispute>,
  ): Promise<Ledger> {
    const { appealId, clientId, kind, cycle, claim, comment } = input;
    const command = {
      clientId,
      contentHash: contentHash(['dispute', appealId, kind, cycle, claim, comment]),
    };
    await appeals
      .changing(actor, appealId, async (work, at, tx) => {
        if (await appeals.wasDone(tx, actor, command)) return;
        const clocks = await clockRepository.clocksOf(tx, appealId);
        if (!clocks.some(sameClock({ kind, cycle }))) throw fail('not_found', { what: 'clock' });
        const id = uuid();
        await disputeRepository.add(tx, {
          ...{ id, appealId, kind, cycle, claim, comment },
          side: actor.side,
          raisedBy: actor.personId,
          raisedByName: actor.name,
          raisedAt: at,
          ...{ outcome: null, reason: '', settledBy: null, settledByName: null, settledAt: null },
        });
        const facts = { disputeId: id, kind, cycle, claim, comment };
        append(work, actor, 'clock_disputed', facts, at, !isStaff(actor), command);
      })
      .catch((error: unknown) => {
        if (breaksConstraint(error, 'clock_dispute_one_open'))
          throw fail('conflict', { what: 'dispute' });
        // The id was being used elsewhere at this very moment.
        if (breaksConstraint(error, 'entry_once'))
          throw fail('same_id_other_content', { clientId });
        throw error;
      });
    return ledger(actor, { appealId });
  }

  /**
   * Accepts or rejects a dispute. What an accepted one changes is written into the ledger.
   * @throws not_found – no such appeal or dispute
   * @throws forbidden – only supervisors settle
   * @throws conflict – it is settled already
   * @throws same_id_other_content – the id was used for something else
   */
  async function settle(
    actor: Actor,
    input: z.output<typeof contract.SettleDispute>,
  ): Promise<Ledger> {
    const { appealId, disputeId, clientId, outcome, reason } = input;
    const command = {
      clientId,
      contentHash: contentHash(['settle', appealId, disputeId, outcome, reason]),
    };
    await appeals
      .changing(actor, appealId, async (work, at, tx) => {
        if (!appealPolicy.settleDispute(actor)) throw fail('forbidden', { right: 'settleDispute' });
        if (await appeals.wasDone(tx, actor, command)) return;
        const found = (await disputeRepository.ofAppeal(tx, appealId)).find(
          ({ id }) => id === disputeId,
        );
        if (!found) throw fail('not_found', { what: 'dispute' });
        const { personId, name } = actor;
        if (
          !(await disputeRepository.settle(tx, disputeId, { outcome, reason, personId, name, at }))
        )
          throw fail('conflict', { what: 'dispute' });
        const { kind, cycle, claim } = found;
        append(
          work,
          actor,
          'dispute_settled',
          { disputeId, kind, cycle, claim, outcome, reason },
          at,
          found.side === 'dealer',
          command,
        );
        if (outcome === 'accepted') {
          const steps = await clockRepository.stepsOf(tx, appealId);
          await accept(work, found, steps, at);
        }
      })
      .catch((error: unknown) => {
        // The id was being used elsewhere at this very moment.
        if (breaksConstraint(error, 'entry_once'))
          throw fail('same_id_other_content', { clientId });
        throw error;
      });
    return ledger(actor, { appealId });
  }

  /**
   * What an accepted dispute changes. While the appeal waits for the dealer, the wait ends; had he answered, the time of
   * the wait counts after all. The staff's own about an open answer ends it: given elsewhere, or never owed.
   * What has ended keeps its figures: the settled dispute stands beside them.
   */
  async function accept(
    work: AppealChange,
    { kind, cycle, side, claim }: Dispute,
    steps: readonly ClockStep[],
    at: Date,
  ): Promise<void> {
    const { row } = work.facts;
    const clock = work.facts.clocks.find(sameClock({ kind, cycle }));
    const context = await sla.context(matchedOf(row), at);
    if (clock?.state === 'paused') {
      const pausedAt = steps
        .filter(sameClock(clock))
        .findLast(({ action }) => action === 'paused')?.at;
      const wrongly = claim === 'had_answered' && pausedAt ? { wronglySince: pausedAt } : {};
      moveClocks(work, { type: 'wait_disproved', ...wrongly }, context);
      setStatus(work, null, 'in_work', at, null);
      aimLadder(work, context);
      if (row.answer_owed_by === 'dealer') row.answer_owed_by = null;
      return;
    }
    const owed = clock && clock.kind !== 'resolution' && clock.endedAt === null;
    if (side === 'staff' && owed) {
      const type = claim === 'had_answered' ? 'answer_credited' : 'answer_excused';
      moveClocks(work, { type }, context);
      row.answer_owed_by = claim === 'had_answered' ? 'dealer' : null;
      work.public = true;
      return;
    }
    if (side === 'dealer' && row.answer_owed_by === 'dealer') {
      row.answer_owed_by = null;
      work.public = true;
    }
  }

  /** Of what one may see. @throws forbidden – only supervisors */
  async function openDisputes(actor: Actor): Promise<OpenDisputes> {
    if (!appealPolicy.listDisputes(actor)) throw fail('forbidden', { right: 'settleDispute' });
    const parameters: unknown[] = [LISTED];
    const found = await disputeRepository.open(db, appealScope(actor, parameters), parameters);
    return {
      count: found[0]?.total ?? 0,
      items: found.map((one) => ({
        ...staffDispute(one),
        appealId: one.appealId,
        appealNo: one.appealNo,
        subject: one.subject,
        dealerName: one.dealerName,
      })),
    };
  }

  return { ledger, dispute, settle, openDisputes };
}
