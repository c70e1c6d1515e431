import type { Db, Tx } from '../../platform/db';
import type { WorkCalendar } from '../sla';
import { autopsy, type Turn } from './autopsy';
import { factRepository } from './fact.repository';

/** Appeals in one transaction. */
const AT_ONCE = 1_000;

export type FactsService = ReturnType<typeof createFactsService>;

/**
 * Keeps the facts of reports up with the appeals. Nothing is written when an appeal changes: the facts follow the order of changes
 * (`appeal.changed_xid`), each appeal is computed anew from its own data, and place and facts move in one transaction.
 * So a change cannot be lost, and following twice, on two nodes or after a crash gives the same.
 */
export function createFactsService({
  db,
  zone,
  calendarById,
}: {
  db: Db;
  zone: () => Promise<string>;
  calendarById: (id: string) => Promise<WorkCalendar | null>;
}) {
  /** By the hours that a calendar has now: its former hours are not kept. */
  async function dissect(tx: Tx, ids: readonly string[]): Promise<void> {
    const parts = [];
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
    if (parts.length > 0) await factRepository.addParts(tx, parts);
  }

  return {
    /**
     * Follows the appeals that have changed, the oldest change first.
     * @param most stop after about so many appeals
     * @returns false when more are left
     */
    async follow(most = Number.POSITIVE_INFINITY): Promise<boolean> {
      const inZone = await zone();
      let from: { xid: string; appeal_id: string } | null = null;
      for (let done = 0; done < most; done += AT_ONCE) {
        const last: { xid: string; appeal_id: string } | null = await db.transaction(async (tx) => {
          const kept = await factRepository.lockPlace(tx);
          const place = kept.zone === inZone ? kept : await factRepository.clear(tx, inZone);
          // Changes of transactions that were still running are looked at again next time; within one following they are passed once.
          const start = from && kept.zone === inZone ? { ...place, ...from } : place;
          const rows = await factRepository.changedAfter(tx, start, AT_ONCE);
          if (rows.length === 0) return null;
          const ids = rows.map(({ id }) => id);
          await factRepository.recompute(tx, ids, inZone);
          await dissect(tx, ids);
          const safe = rows.findLast((row) => row.is_safe);
          if (safe)
            await factRepository.keepPlace(tx, { zone: inZone, xid: safe.xid, appeal_id: safe.id });
          const end = rows.at(-1);
          return rows.length === AT_ONCE && end ? { xid: end.xid, appeal_id: end.id } : null;
        });
        if (last === null) return true;
        from = last;
      }
      return false;
    },

    /** Throws the facts away and makes all of them anew. */
    async rebuild(): Promise<void> {
      await db.transaction(async (tx) => {
        await factRepository.lockPlace(tx);
        await factRepository.clear(tx, '');
      });
      await this.follow();
    },
  };
}
