/** What becomes of clocks when appeals are merged, parted or split. Pure, over changes of appeals that are locked. */
import type { Status } from '@otklik/shared/appeals';
import {
  advance,
  type Clock,
  type ClockContext,
  type ClockEvent,
  type ClockName,
  type ClockStep,
  type Debt,
} from '../sla';
import type { AppealChange } from './appeal.repository';
import { aimLadder, clockEvents, keepMoved, moveClocks } from './thread';

/** Which clocks a merge has moved. */
export interface Carried {
  /** Of the source: what it owed. */
  away: ClockName[];
  /** Of the target: what came. */
  taken: ClockName[];
  /** Of the target: its own that made way. */
  displaced: ClockName[];
}

/** Something that was said or done in an appeal and may have moved clocks. */
export interface Since {
  kind: 'message' | 'event';
  event_type: string | null;
  facts: Record<string, unknown> | null;
  author_side: 'dealer' | 'staff' | null;
  created_at: string;
}

export const isSame = (a: ClockName) => (b: ClockName) => a.kind === b.kind && a.cycle === b.cycle;
const nameOf = ({ kind, cycle }: ClockName): ClockName => ({ kind, cycle });
export const dutyOf = ({ kind }: Pick<Clock, 'kind'>) =>
  kind === 'resolution' ? 'resolution' : 'answer';
const openOf = ({ facts }: AppealChange) => facts.clocks.filter(({ endedAt }) => endedAt === null);

/** The clocks of these names with their ledger, as one is given to the machine. */
export const debtsOf = (
  names: readonly ClockName[],
  clocks: readonly Clock[],
  steps: readonly ClockStep[],
): Debt[] =>
  names.flatMap((name) => {
    const clock = clocks.find(isSame(name));
    return clock ? [{ clock, steps: steps.filter(isSame(name)) }] : [];
  });

/**
 * What the source owes is owed by the target, by the earlier of two deadlines of a duty.
 * @param ledger the lines of the source's clocks that are stored
 */
export function carryOver(
  source: AppealChange,
  target: AppealChange,
  ledger: readonly ClockStep[],
  contexts: { source: ClockContext; target: ClockContext },
): Carried {
  const away = openOf(source).map(nameOf);
  moveClocks(source, { type: 'merged_away' }, contexts.source);
  const debts = debtsOf(away, source.facts.clocks, [...ledger, ...source.steps]);
  const own = openOf(target).map(nameOf);
  const waits = target.facts.row.status === 'waiting';
  moveClocks(target, { type: 'merged_in', debts, waits }, contexts.target);
  const open = openOf(target).map(nameOf);
  return {
    away,
    taken: open.filter((name) => !own.some(isSame(name))),
    displaced: own.filter((name) => !open.some(isSame(name))),
  };
}

/** The source's own clocks go on as if it had never been merged; what was missed meanwhile is missed. */
export function takeBack(
  source: AppealChange,
  debts: readonly Debt[],
  context: ClockContext,
): void {
  moveClocks(source, { type: 'unmerged', debts, returned: [] }, context);
  for (const { kind, cycle } of openOf(source)) {
    moveClocks(source, { type: 'warn_reached', kind, cycle }, context);
    moveClocks(source, { type: 'due_reached', kind, cycle }, context);
  }
}

/**
 * What is still open of that which came to the target goes back, and its own clocks that had made way go on as if nothing had come:
 * with everything that was said and done since. What has ended keeps its figures.
 * @param missed duties whose missed deadline is recorded in the source now
 * @param all the clocks of the target that are stored, and their ledger
 */
export function giveBack(
  target: AppealChange,
  carried: Carried,
  missed: readonly string[],
  all: { clocks: readonly Clock[]; steps: readonly ClockStep[] },
  since: { from: Date; entries: readonly Since[] },
  context: ClockContext,
): void {
  const open = openOf(target);
  const returned = carried.taken
    .filter((name) => open.some(isSame(name)))
    .map((name) => ({ ...name, missedThere: missed.includes(dutyOf(name)) }));
  moveClocks(target, { type: 'unmerged', debts: [], returned }, context);
  const now = [
    ...all.clocks.filter((clock) => !target.facts.clocks.some(isSame(clock))),
    ...target.facts.clocks,
  ];
  for (const duty of returned.map(dutyOf)) {
    const names = carried.displaced.filter((name) => dutyOf(name) === duty);
    keepMoved(
      target,
      asIfAlone(
        now.filter((clock) => dutyOf(clock) === duty),
        debtsOf(names, all.clocks, all.steps),
        since,
        context,
      ),
    );
  }
  aimLadder(target, context);
}

/** Clocks of one duty, from a moment of the past, through what happened since. */
function asIfAlone(
  ended: readonly Clock[],
  debts: readonly Debt[],
  { from, entries }: { from: Date; entries: readonly Since[] },
  context: ClockContext,
): { changed: Clock[]; steps: ClockStep[] } {
  // Only the numbering is wanted of what has ended: it must not hold up the moments.
  const known = ended.map((clock): Clock => ({ ...clock, lastCountedAt: new Date(0) }));
  const duties = new Set(ended.map(dutyOf));
  let clocks: Clock[] = known;
  const steps: ClockStep[] = [];
  const move = (event: ClockEvent, at: Date) => {
    const moved = advance(clocks, event, { ...context, at });
    clocks = moved.clocks;
    steps.push(...moved.steps);
  };
  move({ type: 'unmerged', debts, returned: [] }, from);
  for (const entry of entries)
    for (const event of eventsOf(entry)) move(event, new Date(entry.created_at));
  const isOwn = (one: ClockName) => duties.has(dutyOf(one));
  return {
    changed: clocks.filter((clock) => isOwn(clock) && !known.includes(clock)),
    steps: steps.filter(isOwn),
  };
}

function eventsOf({ kind, event_type, facts, author_side }: Since): ClockEvent[] {
  if (kind === 'message')
    return [{ type: author_side === 'dealer' ? 'dealer_message' : 'staff_message' }];
  if (event_type === 'status') return clockEvents(facts?.from as Status, facts?.to as Status);
  if (event_type === 'no_answer_needed' && author_side === 'staff')
    return [{ type: 'no_answer_needed' }];
  return [];
}

/**
 * The clocks of an appeal that was split off: both begin with the first message of the dealer that nobody has answered, however long ago;
 * without one only the resolution begins, now.
 * @param countsThere its answer was missed already where it was asked, and is counted there
 */
export function beginSplit(
  work: AppealChange,
  since: Date | null,
  countsThere: boolean,
  context: ClockContext,
): void {
  if (since === null) return moveClocks(work, { type: 'reopened' }, context);
  const begun = advance([], { type: 'dealer_message' }, { ...context, at: since });
  const changed = begun.changed.map((clock): Clock => ({
    ...clock,
    carriedAt: countsThere && dutyOf(clock) === 'answer' ? context.at : clock.startedAt,
  }));
  keepMoved(work, { changed, steps: begun.steps });
  for (const { kind, cycle } of changed) {
    moveClocks(work, { type: 'warn_reached', kind, cycle }, context);
    moveClocks(work, { type: 'due_reached', kind, cycle }, context);
  }
}
