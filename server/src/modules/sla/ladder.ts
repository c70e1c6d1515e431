/**
 * The escalation ladder: which steps of a clock have come, and when the next one does.
 *
 * Pure. A step stands at an amount of working time on the clock's own count, so a pause, another target or other
 * hours move it as they move the deadline. What is before the deadline says nothing any more once it has passed.
 */
import type { LadderAction } from '@otklik/shared/ladder';
import { dueAt, workMsBetween, type WorkCalendar } from './calendar';
import type { Clock, ClockKind } from './sla.clock';

export interface LadderStep {
  id: string;
  kinds: readonly ClockKind[];
  /** Working minutes from the deadline, below 0 before it; null: `percent` of the target. */
  offsetMinutes: number | null;
  percent: number | null;
  action: LadderAction;
  /** Told at once, whatever the recipient's hours. */
  urgent: boolean;
  /** Holds since then: of what had been reached before, nothing is done. */
  since: Date;
}

/** Working milliseconds of the target's count at which the step stands; 0 or less: the target is shorter than its lead. */
function placeOf(
  { offsetMinutes, percent }: Pick<LadderStep, 'offsetMinutes' | 'percent'>,
  targetMs: number,
): number {
  return percent === null
    ? targetMs + (offsetMinutes ?? 0) * 60_000
    : Math.round((targetMs * percent) / 100);
}

/** The steps that have come by `at` and were not done, in their order. A clock that is paused or has ended has none. */
export function stepsReached(
  clock: Clock,
  ladder: readonly LadderStep[],
  at: Date,
  calendar: WorkCalendar,
): LadderStep[] {
  return stepsToCome(clock, ladder, calendar)
    .filter(({ placeMs }) => {
      const moment = momentAt(clock, placeMs, calendar);
      // An answer at exactly the due moment is still in time, so what follows the deadline waits for it to pass.
      return moment !== null && (placeMs < clock.targetMs ? moment <= at : moment < at);
    })
    .sort((a, b) => a.placeMs - b.placeMs)
    .map(({ step }) => step);
}

/** When the next step of this clock comes: a moment of the past when it has come already. */
export function nextStepAt(
  clock: Clock,
  ladder: readonly LadderStep[],
  calendar: WorkCalendar,
): Date | null {
  const places = stepsToCome(clock, ladder, calendar).map(({ placeMs }) => placeMs);
  return places.length === 0 ? null : momentAt(clock, Math.min(...places), calendar);
}

function stepsToCome(
  clock: Clock,
  ladder: readonly LadderStep[],
  calendar: WorkCalendar,
): { step: LadderStep; placeMs: number }[] {
  if (clock.endedAt !== null || clock.state === 'paused') return [];
  return ladder.flatMap((step) => {
    if (!step.kinds.includes(clock.kind) || clock.ladderFired.includes(step.id)) return [];
    const placeMs = placeOf(step, clock.targetMs);
    if (placeMs <= 0 || (clock.state === 'breached' && placeMs < clock.targetMs)) return [];
    if (step.since > clock.startedAt && countedBy(clock, step.since, calendar) >= placeMs)
      return [];
    return [{ step, placeMs }];
  });
}

/** Working time on the count at a moment, before or after what the ledger says; pauses in between are taken as work. */
function countedBy(clock: Clock, at: Date, calendar: WorkCalendar): number {
  return at >= clock.lastCountedAt
    ? clock.countedMs + workMsBetween(clock.lastCountedAt, at, calendar)
    : clock.countedMs - workMsBetween(at, clock.lastCountedAt, calendar);
}

/** Null: the calendar does not open for so long. */
function momentAt(clock: Clock, placeMs: number, calendar: WorkCalendar): Date | null {
  const leftMs = placeMs - clock.countedMs;
  if (leftMs <= 0) return clock.lastCountedAt;
  try {
    return dueAt(clock.lastCountedAt, leftMs, calendar);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
