/**
 * Where the time of a missed deadline went. The whole interval from the clock's start to its end is cut at every event;
 * each moment of it has exactly one cause, so the parts add up to the interval.
 *
 * Causes in the order in which they are asked: nobody works at this hour; the dealer is waited for; an approval is; a colleague's
 * answer is (of several the one asked first); nobody is assigned; the assignee does not answer. What stands outside the
 * team goes before what the team owes itself, so that an owner is not blamed for a time in which he could do nothing.
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
  | { at: Date; type: 'assigned'; isAssigned: boolean }
  | { at: Date; type: 'waits'; waits: boolean }
  | { at: Date; type: 'approval'; inApproval: boolean }
  | { at: Date; type: 'asked'; questionId: string; colleagueId: string }
  | { at: Date; type: 'answered'; questionId: string };

export interface Part {
  cause: BreachCause;
  ms: number;
  /** Whose answer was waited for; null: another cause. */
  colleagueId: string | null;
}

/**
 * @param turns in time order, also those before the start: they say how it stood then
 * @returns parts above 0, one per cause, of colleagues one each; together exactly the interval
 */
export function autopsy(
  { startedAt, endedAt }: BreachedClock,
  turns: readonly Turn[],
  calendar: WorkCalendar,
): Part[] {
  const parts = new Map<string, Part>();
  const add = (cause: BreachCause, ms: number, colleagueId: string | null = null) => {
    if (ms <= 0) return;
    const key = `${cause} ${colleagueId}`;
    parts.set(key, { cause, ms: (parts.get(key)?.ms ?? 0) + ms, colleagueId });
  };
  let isAssigned = false;
  let waits = false;
  let inApproval = false;
  /** Open questions and who was asked, the first asked first. */
  const asked = new Map<string, string>();
  let since = startedAt;
  const pass = (until: Date) => {
    if (until <= since) return;
    const workMs = workMsBetween(since, until, calendar);
    add('out_of_hours', until.getTime() - since.getTime() - workMs);
    const [colleagueId] = asked.values();
    if (waits) add('dealer', workMs);
    else if (inApproval) add('approval', workMs);
    else if (colleagueId !== undefined) add('colleague', workMs, colleagueId);
    else add(isAssigned ? 'owner' : 'unassigned', workMs);
    since = until;
  };
  for (const turn of turns) {
    if (turn.at >= endedAt) break;
    pass(turn.at);
    if (turn.type === 'assigned') isAssigned = turn.isAssigned;
    else if (turn.type === 'waits') waits = turn.waits;
    else if (turn.type === 'approval') inApproval = turn.inApproval;
    else if (turn.type === 'asked') asked.set(turn.questionId, turn.colleagueId);
    else asked.delete(turn.questionId);
  }
  pass(endedAt);
  return [...parts.values()];
}
