import type { DryRun, DryRunLine, DryRunPiece } from '@otklik/shared/dry-run';
import * as z from 'zod';
import type { Db } from '../../platform/db';
import { placeMoment, readCursor, writeCursor } from '../../platform/paging';
import type { Actor } from '../people';
import { contextIn, mayManage, supposedRules, type Clock } from '../sla';
import { replay } from './dry-run';
import { dryRunRepository } from './dry-run.repository';

const WEEK_MS = 7 * 86_400_000;
/** Appeals in one piece: a small part of a second. */
const AT_ONCE = 100;

const Place = z.strictObject({
  at: placeMoment,
  afterId: z.uuid(),
  done: z.number().int().min(0).max(2_147_483_647),
  total: z.number().int().min(0).max(2_147_483_647),
});

export type DryRunService = ReturnType<typeof createDryRunService>;
type Counts = Pick<DryRunLine, 'recorded' | 'supposed'>;
const nothing = (): Counts => ({
  recorded: { clocks: 0, breaches: 0 },
  supposed: { clocks: 0, breaches: 0 },
});

/** The last weeks by rules that are not saved, appeal by appeal, in transactions that cannot write. */
export function createDryRunService({ db, now }: { db: Db; now: () => Date }) {
  /**
   * One piece; nothing is kept between two of them, so whoever stops asking has cancelled.
   * @throws not_found – a dealer asks, or no such policy; forbidden – only admins manage the rules
   * @throws invalid_input – as saving the rules would
   */
  async function piece(
    actor: Actor,
    { weeks, policy, calendar, cursor }: z.output<typeof DryRun>,
  ): Promise<DryRunPiece> {
    mayManage(actor, 'policy');
    const place = readCursor(Place, cursor);
    const at = place === null ? now() : new Date(place.at);
    const since = new Date(at.getTime() - weeks * WEEK_MS);
    return db.transaction(async (tx) => {
      await dryRunRepository.begin(tx);
      const rules = await supposedRules(tx, { policy, calendar }, at);
      const total = place?.total ?? (await dryRunRepository.total(tx, since, at));
      const afterId = place?.afterId ?? null;
      const found = await dryRunRepository.after(tx, { since, at, afterId, limit: AT_ONCE });
      const sums = nothing();
      const lines = () => new Map<string, DryRunLine>();
      const by = { managers: lines(), hours: lines(), dealers: lines() };
      const hourOf = hours(rules.company.zone);
      for (const appeal of found) {
        const add = (which: keyof Counts, clocks: readonly Clock[]) => {
          for (const clock of clocks) {
            if (clock.startedAt < since || clock.startedAt > at) continue;
            const late = isMissed(clock, at) ? 1 : 0;
            const hour = hourOf(clock.startedAt);
            for (const counts of [
              sums,
              line(by.managers, appeal.assigneeId ?? '', appeal.assigneeName ?? ''),
              line(by.hours, String(hour), String(hour)),
              line(by.dealers, appeal.dealerId, appeal.dealerName),
            ]) {
              counts[which].clocks += 1;
              counts[which].breaches += late;
            }
          }
        };
        add('recorded', appeal.clocks);
        add(
          'supposed',
          replay(appeal, (matched, moment) => contextIn(rules, matched, moment), at),
        );
      }
      const done = (place?.done ?? 0) + found.length;
      const last = found.length === AT_ONCE ? found.at(-1) : undefined;
      return {
        ...sums,
        done,
        total: Math.max(total, done),
        managers: [...by.managers.values()],
        hours: [...by.hours.values()],
        dealers: [...by.dealers.values()],
        nextCursor: last
          ? writeCursor({ at: at.toISOString(), afterId: last.id, done, total })
          : null,
      };
    });
  }

  return { piece };
}

/** Due exactly now is still in time; what is past its moment is missed though nobody has looked yet. */
const isMissed = ({ breachedAt, state, dueAt }: Clock, at: Date): boolean =>
  breachedAt === null ? state === 'running' && dueAt !== null && dueAt < at : breachedAt <= at;

function line(lines: Map<string, DryRunLine>, key: string, name: string): DryRunLine {
  const known = lines.get(key) ?? { key, name, ...nothing() };
  lines.set(key, known);
  return known;
}

function hours(zone: string): (at: Date) => number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    hourCycle: 'h23',
  });
  return (at) => Number(format.format(at));
}
