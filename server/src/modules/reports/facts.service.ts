import type { Db, Tx } from '../../platform/db';
import { isLockTimeout } from '../../platform/errors';
import type { Log } from '../../platform/log';
import type { Pace } from '../../platform/pace';
import type { WorkCalendar } from '../sla';
import { autopsy, type Turn } from './autopsy';
import { factRepository, type NewPart, type Place } from './fact.repository';

/** Appeals in one transaction, how long somebody else's following is waited for, and whether sums of many facts may be made. */
const ASKED = { atOnce: 1_000, patienceMs: 1_000, canWait: false };
const JOB = { atOnce: 5_000, patienceMs: 5_000, canWait: true };
/** The place before all changes. */
const NOTHING_YET = '0';
const LOGGED_EVERY_MS = 10_000;

interface Step {
  /** Where the following has come. */
  reached: Place;
  isMore: boolean;
  count: number;
}

export type FactsService = ReturnType<typeof createFactsService>;

/**
 * Keeps the facts of reports up with the appeals. Nothing is written when an appeal changes: the facts follow the order of changes
 * (`appeal.changed_xid`), each appeal is computed anew from its own data, and place and facts move in one transaction.
 * So a change cannot be lost, and following twice, on two nodes or after a crash gives the same.
 */
export function createFactsService({
  db,
  log,
  pace,
  zone,
  calendarById,
}: {
  db: Db;
  log: Log;
  pace: () => Pace;
  zone: () => Promise<string>;
  calendarById: (id: string) => Promise<WorkCalendar | null>;
}) {
  /** By the hours that a calendar has now: its former hours are not kept. */
  async function dissect(tx: Tx, ids: readonly string[], summed: boolean): Promise<void> {
    const parts: NewPart[] = [];
    for (const row of await factRepository.newBreaches(tx, ids)) {
      const { appeal_id, kind, cycle } = row;
      const calendar = await calendarById(row.calendar_id);
      if (calendar === null) continue;
      const first: Turn = {
        ...{ at: new Date(0), type: 'assigned' },
        isAssigned: row.assigned[0]?.from ?? row.is_assigned,
      };
      const turns: Turn[] = [
        first,
        ...row.assigned.map(({ at, to }): Turn => ({
          at: new Date(at),
          type: 'assigned',
          isAssigned: to,
        })),
        ...row.waits.map(({ at, waits }): Turn => ({ at: new Date(at), type: 'waits', waits })),
        ...row.approvals.map(({ at, inApproval }): Turn => ({
          at: new Date(at),
          type: 'approval',
          inApproval,
        })),
        ...row.questions.flatMap(({ id, to, at, until }): Turn[] => [
          { at: new Date(at), type: 'asked', questionId: id, colleagueId: to },
          ...(until === null
            ? []
            : [{ at: new Date(until), type: 'answered' as const, questionId: id }]),
        ]),
      ].sort((a, b) => a.at.getTime() - b.at.getTime());
      const whole = { startedAt: row.started_at, endedAt: row.ended_at };
      for (const { cause, ms, colleagueId } of autopsy(whole, turns, calendar))
        parts.push({ appeal_id, kind, cycle, cause, ms, colleague_id: colleagueId });
    }
    if (parts.length > 0) await factRepository.addParts(tx, parts, summed);
  }

  /** How far a long following is, now and then. */
  function progress() {
    const began = performance.now();
    let [saidAt, done] = [began, 0];
    return {
      async counted(more: number, place: Place): Promise<void> {
        done += more;
        if (performance.now() - saidAt < LOGGED_EVERY_MS) return;
        saidAt = performance.now();
        const left = await factRepository.countAfter(db, place);
        log.info({ done, left }, 'facts of reports are being made');
      },
      ended(): void {
        const seconds = Math.round((performance.now() - began) / 1000);
        if (saidAt !== began) log.info({ done, seconds }, 'facts of reports are made');
      },
    };
  }

  /**
   * One transaction of following.
   * @param from where this following has come, ahead of the place
   * @param canWait sums of many facts may be made
   */
  function followSome(
    from: Pick<Place, 'xid' | 'appeal_id'> | null,
    inZone: string,
    { atOnce, patienceMs, canWait }: typeof ASKED,
  ): Promise<Step> {
    return db.transaction(async (tx) => {
      const kept = await factRepository.lockPlace(tx, patienceMs);
      const place = kept.zone === inZone ? kept : await factRepository.clear(tx, inZone);
      // Changes of transactions that were still running are looked at again next time; within one following they are passed once.
      const start = from && kept.zone === inZone ? { ...place, ...from } : place;
      const rows = await factRepository.changedAfter(tx, start, atOnce);
      const isMore = rows.length === atOnce;
      const ids = rows.map(({ id }) => id);
      if (ids.length > 0) {
        await (place.summed ? factRepository.recompute : renew)(tx, ids, inZone);
        await dissect(tx, ids, place.summed);
      }
      const isAll = start.xid === NOTHING_YET;
      const sums = !place.summed && !isMore && (canWait || isAll);
      if (sums) await factRepository.sumAll(tx);
      const summed = place.summed || sums;
      const safe = rows.findLast((row) => row.is_safe);
      if (safe || sums)
        await factRepository.keepPlace(tx, {
          ...{ ...place, summed },
          ...(safe ? { xid: safe.xid, appeal_id: safe.id } : {}),
        });
      const end = rows.at(-1);
      return {
        reached: { ...start, ...(end ? { xid: end.xid, appeal_id: end.id } : {}), summed },
        ...{ isMore, count: rows.length },
      };
    });
  }

  /** Facts without sums; an appeal may have changed again since it got its facts. */
  async function renew(tx: Tx, ids: readonly string[], inZone: string): Promise<void> {
    await factRepository.forget(tx, ids);
    await factRepository.add(tx, ids, inZone);
  }

  return {
    /** Follows all appeals that have changed, the oldest change first, giving way to whoever is answered meanwhile. */
    async follow(): Promise<void> {
      const { rest } = pace();
      const inZone = await zone();
      const { counted, ended } = progress();
      let from: Place | null = null;
      for (;;) {
        const began = performance.now();
        const step: Step = await followSome(from, inZone, JOB);
        await counted(step.count, step.reached);
        if (!step.isMore) break;
        from = step.reached;
        await rest(performance.now() - began);
      }
      ended();
    },

    /**
     * Follows as far as somebody who asks for a report can wait.
     * @param most about so many appeals
     * @returns false when more are left, or somebody else is following just now
     */
    async followFor(most: number): Promise<boolean> {
      const inZone = await zone();
      let from: Place | null = null;
      try {
        for (let done = 0; done < most; done += ASKED.atOnce) {
          const step: Step = await followSome(from, inZone, ASKED);
          if (!step.isMore) return step.reached.summed;
          from = step.reached;
        }
      } catch (error) {
        if (!isLockTimeout(error)) throw error;
      }
      return false;
    },

    /** Throws the facts away and makes all of them anew. */
    async rebuild(): Promise<void> {
      await db.transaction(async (tx) => {
        await factRepository.lockPlace(tx, JOB.patienceMs);
        await factRepository.clear(tx, '');
      });
      await this.follow();
    },
  };
}
