/**
 * Where the time of a missed deadline went. The whole interval from the clock's start to its end is cut at every event;
 * each moment of it has exactly one cause, so the parts add up to the interval.
 *
 * Causes in the order in which they are asked: nobody works at this hour; the dealer is waited for; nobody is assigned;
 * the assignee does not answer. Waiting for a colleague or for an approval will stand between the last two: the product does not
 * have these yet, so no moment has them.
 */
import type { BreachCause } from '@otklik/shared/reports';
import { workMsBetween, type WorkCalendar } from '../sla';

export interface BreachedClock {
  startedAt: Date;
  /** Answered, or settled otherwise. */
  endedAt: Date;
}
/** From this moment on. Of several at one moment the last one counts. */
export type Turn =
  { at: Date; type: 'assigned'; isAssigned: boolean } | { at: Date; type: 'waits'; waits: boolean };

export interface Part {
  cause: BreachCause;
  ms: number;
}

/**
 * @param turns in time order, also those before the start: they say how it stood then
 * @returns parts above 0, one per cause; together exactly the interval
 */
export function autopsy(
  { startedAt, endedAt }: BreachedClock,
  turns: readonly Turn[],
  calendar: WorkCalendar,
): Part[] {
  const parts = new Map<BreachCause, number>();
  const add = (cause: BreachCause, ms: number) => {
    if (ms > 0) parts.set(cause, (parts.get(cause) ?? 0) + ms);
  };
  let isAssigned = false;
  let waits = false;
  let since = startedAt;
  const pass = (until: Date) => {
    if (until <= since) return;
    const workMs = workMsBetween(since, until, calendar);
    add('out_of_hours', until.getTime() - since.getTime() - workMs);
    add(waits ? 'dealer' : isAssigned ? 'owner' : 'unassigned', workMs);
    since = until;
  };
  for (const turn of turns) {
    if (turn.at >= endedAt) break;
    pass(turn.at);
    if (turn.type === 'assigned') isAssigned = turn.isAssigned;
    else waits = turn.waits;
  }
  pass(endedAt);
  return [...parts].map(([cause, ms]) => ({ cause, ms }));
}
