/**
 * The clocks of one appeal: what each event does to them, and the ledger line it leaves.
 *
 * Pure: the same clocks, event and context give the same answer. What has come due before an event
 * is written first and at its own moment, so the ledger does not depend on when the poller looked.
 * Whether an appeal waits, is resolved or was answered is read from the clocks themselves.
 */
import { dueAt, workMsBetween, type WorkCalendar } from './calendar';
import type { LadderStep } from './ladder';

export type ClockKind = 'first_response' | 'next_response' | 'resolution';
/** `carried`: neither met nor missed here, what was owed is owed in another appeal (or by another clock) from then on. */
export type ClockState = 'running' | 'paused' | 'met' | 'breached' | 'cancelled' | 'carried';

/** A clock is open while `endedAt` is null. All times of work are milliseconds of the calendar. */
export interface Clock {
  kind: ClockKind;
  /** 1, 2, 3 … per kind within one appeal. */
  cycle: number;
  state: ClockState;
  startedAt: Date;
  targetMs: number;
  /** Last moment in time; null while paused. Stays as the promise that was kept or missed. */
  dueAt: Date | null;
  /** Moment by which the policy's `warnShare` of the target is used; null unless running. */
  warnAt: Date | null;
  /** When the warning was given: once per clock. The poller takes `warnAt <= now` where this is null. */
  warnedAt: Date | null;
  /** Frozen remainder while paused, else null. Below 0 when a shorter target came meanwhile. */
  remainingMs: number | null;
  /** Up to here working time is written in the ledger. */
  lastCountedAt: Date;
  /** Working time in the ledger; beyond `targetMs` when late. */
  countedMs: number;
  /** Null on an overdue clock that nobody has answered yet. */
  endedAt: Date | null;
  /** The due moment that was missed. */
  breachedAt: Date | null;
  /** The moment up to which its ledger is that of another clock it came from; a breach before it counts there, not here. */
  carriedAt: Date | null;
  policyId: string;
  calendarId: string;
  /** Steps of the escalation ladder that have come, once per cycle; see `ladder.ts`. */
  ladderFired: readonly string[];
  /** When the next one comes; null: none is to come as things stand. */
  ladderAt: Date | null;
}

/** `ended`: settled after its breach; the clock's state stays `breached`. */
export type ClockAction =
  | 'started'
  | 'paused'
  | 'resumed'
  | 'warned'
  | 'breached'
  | 'met'
  | 'cancelled'
  | 'retargeted'
  | 'ended'
  | 'carried'
  | 'taken_over';

/** What moved the clock: the type of the event; `warn_reached` and `due_reached` also without a poller. */
export type ClockReason = ClockEvent['type'];

/** One line of the ledger. Its `countedMs` and those before it add up to target − `remainingMs`. */
export interface ClockStep {
  kind: ClockKind;
  cycle: number;
  at: Date;
  action: ClockAction;
  reason: ClockReason;
  /** Working time since the previous step; 0 for a stretch that was paused. */
  countedMs: number;
  /** Below 0 = that much working time late. */
  remainingMs: number;
  dueAt: Date | null;
}

export type ClockEvent =
  /** From the dealer's side by any channel, the one that opens the appeal included; it also reopens. */
  | { type: 'dealer_message' }
  /** A public one; a private note is no event. */
  | { type: 'staff_message' }
  /** The appeal begins to wait for the dealer. */
  | { type: 'waiting' }
  /** The appeal stops waiting without a dealer's message. */
  | { type: 'resumed' }
  | { type: 'no_answer_needed' }
  | { type: 'resolved' }
  | { type: 'closed' }
  /** By staff: nobody has written, so only a new resolution begins. */
  | { type: 'reopened' }
  /**
   * A dispute about the wait was accepted: it ends. `wronglySince`: it began without a reason then, so that
   * the working time since is counted after all.
   */
  | { type: 'wait_disproved'; wronglySince?: Date }
  /** A dispute was accepted: the answer had been given elsewhere. */
  | { type: 'answer_credited' }
  /** A dispute was accepted: no answer was owed. */
  | { type: 'answer_excused' }
  /** The appeal was merged into another one, which owes from now on what this one owed. */
  | { type: 'merged_away' }
  /** Everything that waits for an answer here was split off into an appeal of its own. */
  | { type: 'split_off' }
  /** Another appeal was merged into this one: of two debts the one that is due earlier goes on. */
  | { type: 'merged_in'; debts: readonly Debt[]; waits: boolean }
  /** The merge is undone. `returned`: clocks that go back; `debts`: own ones that had made way for them, or had been carried away. */
  | {
      type: 'unmerged';
      debts: readonly Debt[];
      /** `missedThere`: its missed deadline is recorded where it goes, and not here any more. */
      returned: readonly (ClockName & { missedThere: boolean })[];
    }
  /**
   * Open clocks take the policy and calendar of the context; breached ones keep what was missed, and
   * only count on by the new hours.
   */
  | { type: 'retargeted' }
  /** From the poller; says nothing new about a clock that is not (or no longer) past that moment. */
  | { type: 'due_reached'; kind: ClockKind; cycle: number }
  | { type: 'warn_reached'; kind: ClockKind; cycle: number };

export type ClockName = Pick<Clock, 'kind' | 'cycle'>;

/** A clock that was carried away, as it ended, with all lines of its ledger. */
export interface Debt {
  clock: Clock;
  steps: readonly ClockStep[];
}

export interface ClockPolicy {
  id: string;
  /** Working minutes; a kind without a target has no clock. */
  targets: Partial<Record<ClockKind, number>>;
  /** Share of the target after which staff are warned; no warning unless between 0 and 1. */
  warnShare: number;
  /** Working minutes for a question to a colleague; it is no clock of this machine. */
  questionMinutes?: number;
}

export interface ClockContext {
  at: Date;
  policy: ClockPolicy;
  /** What clocks that begin, or are retargeted, run by from now on. */
  calendar: WorkCalendar;
  /** The calendar that a clock has run by until now, with its past; left out, the same for all. */
  calendarOf?: (calendarId: string) => WorkCalendar | undefined;
  /** Steps of escalation; the machine itself knows nothing of them. */
  ladder?: readonly LadderStep[];
}

type Duty = 'answer' | 'resolution';
type Move = 'finish' | 'cancel' | 'pause' | 'resume' | 'retarget' | 'carry' | 'giveBack';

/** The whole machine: how an event moves the open clock of each duty, and what begins where none is open. */
const transitions: Record<ClockEvent['type'], Partial<Record<Duty, Move>> & { begin?: Duty[] }> = {
  dealer_message: { answer: 'resume', resolution: 'resume', begin: ['answer', 'resolution'] },
  staff_message: { answer: 'finish' },
  waiting: { answer: 'pause', resolution: 'pause' },
  resumed: { answer: 'resume', resolution: 'resume' },
  no_answer_needed: { answer: 'cancel' },
  resolved: { answer: 'cancel', resolution: 'finish' },
  closed: { answer: 'cancel', resolution: 'finish' },
  reopened: { begin: ['resolution'] },
  wait_disproved: { answer: 'resume', resolution: 'resume' },
  answer_credited: { answer: 'finish' },
  answer_excused: { answer: 'cancel' },
  merged_away: { answer: 'carry', resolution: 'carry' },
  split_off: { answer: 'carry' },
  // What of these makes way, comes or goes back is said by the event itself: `moveOf`, `takeOver`.
  merged_in: {},
  unmerged: {},
  retargeted: { answer: 'retarget', resolution: 'retarget' },
  due_reached: {},
  warn_reached: {},
};

/**
 * Applies one event to all clocks of an appeal, given in any order; nothing passed in is changed.
 * The opening message starts `first_response`, or `next_response` under a policy without a first one;
 * later answers owed are `next_response`. A moment behind the ledger (clocks of two nodes) counts as
 * the ledger's last moment.
 * @returns the full new list, the clocks that changed or began, and the ledger lines in time order per clock
 * @throws RangeError when a deadline is needed and the calendar never opens
 */
export function advance(
  clocks: readonly Clock[],
  event: ClockEvent,
  context: ClockContext,
): { clocks: Clock[]; changed: Clock[]; steps: ClockStep[] } {
  const counted = clocks.map((clock) => clock.lastCountedAt.getTime());
  const at = new Date(Math.max(context.at.getTime(), ...counted));
  const now = { ...context, at };
  const runBy = ({ calendarId }: Clock) => context.calendarOf?.(calendarId) ?? context.calendar;
  const transition = transitions[event.type];
  const steps: ClockStep[] = [];
  const debts =
    'debts' in event
      ? event.debts.map((debt) => {
          const waits = event.type === 'unmerged' || event.waits;
          const then = { ...now, calendar: runBy(debt.clock) };
          return { ...debt, clock: goingOn(debt.clock, waits, then) };
        })
      : [];

  const after = clocks.map((before) => {
    if (before.endedAt || !concerns(event, before)) return before;
    const own = runBy(before);
    const clock = settle(before, at, own, steps);
    const move = moveOf(event, clock, debts);
    const next = move === 'retarget' ? now : { ...now, calendar: own };
    const counted =
      event.type === 'wait_disproved' ? countWait(clock, event, at, own) : count(clock, at, own);
    const outcome = move && (moves[move](counted, next, event) ?? kept(clock, counted, next, own));
    return outcome ? write(steps, clock, outcome.clock, outcome.action, event.type) : clock;
  });
  for (const duty of transition.begin ?? []) {
    if (after.some((clock) => dutyOf(clock.kind) === duty && !clock.endedAt)) continue;
    const blank = blankClock(duty, after, now);
    if (!blank) continue;
    after.push(write(steps, blank, { ...blank, ...deadlines(blank, now) }, 'started', event.type));
  }
  for (const debt of debts) {
    // The appeal's own one is due earlier and goes on.
    if (after.some((clock) => dutyOf(clock.kind) === dutyOf(debt.clock.kind) && !clock.endedAt))
      continue;
    after.push(takeOver(debt, clocks, after, steps, event.type));
  }
  return { clocks: after, changed: after.filter((clock, i) => clock !== clocks[i]), steps };
}

/**
 * The one clock a row of a list shows: an overdue open one first, then the nearest due, then the
 * paused one with least left; with none open, the last to end if it was met. Null = nothing to show.
 */
export function shownClock(clocks: readonly Clock[]): Clock | null {
  const least = (state: ClockState, key: (clock: Clock) => number) =>
    clocks
      .filter((clock) => clock.state === state && !clock.endedAt)
      .reduce<Clock | null>(
        (best, clock) => (best && key(best) <= key(clock) ? best : clock),
        null,
      );
  const open =
    least('breached', (clock) => Number(clock.dueAt)) ??
    least('running', (clock) => Number(clock.dueAt)) ??
    least('paused', (clock) => clock.remainingMs ?? 0);
  if (open) return open;
  const last = clocks
    .filter((clock) => clock.state !== 'cancelled' && clock.state !== 'carried')
    .reduce<Clock | null>(
      (best, clock) => (best && Number(best.endedAt) > Number(clock.endedAt) ? best : clock),
      null,
    );
  return last?.state === 'met' ? last : null;
}

function dutyOf(kind: ClockKind): Duty {
  return kind === 'resolution' ? 'resolution' : 'answer';
}

const isSame = (a: ClockName) => (b: ClockName) => a.kind === b.kind && a.cycle === b.cycle;

/** What an event does to an open clock. A debt that is due earlier than the appeal's own takes its place. */
function moveOf(event: ClockEvent, clock: Clock, debts: readonly Debt[]): Move | undefined {
  if (event.type === 'unmerged' && event.returned.some(isSame(clock))) return 'giveBack';
  const duty = dutyOf(clock.kind);
  if (debts.some((debt) => dutyOf(debt.clock.kind) === duty && isEarlier(debt.clock, clock)))
    return 'carry';
  return transitions[event.type][duty];
}

/** Of two open clocks the one with a deadline presses more than a paused one; of two paused ones that with less left. */
function isEarlier(a: Clock, b: Clock): boolean {
  if (a.dueAt && b.dueAt) return a.dueAt < b.dueAt;
  if (a.dueAt || b.dueAt) return b.dueAt === null;
  return (a.remainingMs ?? 0) < (b.remainingMs ?? 0);
}

/** A clock that was carried away, open again as it was then: it goes on from there, however long ago that is. */
function goingOn(carried: Clock, waits: boolean, now: ClockContext): Clock {
  const open: Clock = { ...carried, endedAt: null, ladderAt: null };
  if (carried.breachedAt) return { ...open, state: 'breached' };
  const since = { ...now, at: carried.lastCountedAt };
  if (carried.dueAt !== null) {
    const { warnAt } = deadlines(open, since);
    return { ...open, state: 'running', warnAt };
  }
  // It was paused, and goes on where nobody waits for the dealer.
  return waits
    ? { ...open, state: 'paused', remainingMs: remainderOf(open) }
    : { ...open, state: 'running', ...deadlines(open, since) };
}

/**
 * The debt as a clock of this appeal, with the lines of its ledger: the first answer where none was given or owed yet,
 * else the next one. The line it ended by there becomes the one by which it begins here, so that the sum stays.
 */
function takeOver(
  { clock, steps: lines }: Debt,
  before: readonly Clock[],
  after: readonly Clock[],
  steps: ClockStep[],
  reason: ClockReason,
): Clock {
  const answers = before.filter((one) => dutyOf(one.kind) === 'answer');
  const isFirst =
    answers.every((one) => one.kind === 'first_response' && one.state === 'carried') ||
    answers.some((one) => one.kind === 'first_response' && one.endedAt === null);
  const answer: ClockKind = isFirst ? 'first_response' : 'next_response';
  const keepsKind = clock.kind === 'resolution' || reason === 'unmerged';
  const kind: ClockKind = keepsKind ? clock.kind : answer;
  const cycle = nextCycle(kind, after);
  const last = lines.at(-1);
  for (const line of lines) if (line !== last) steps.push({ ...line, kind, cycle });
  const taken: Clock = { ...clock, kind, cycle, carriedAt: clock.lastCountedAt };
  const uncounted = { ...taken, countedMs: taken.countedMs - (last?.countedMs ?? 0) };
  return write(steps, uncounted, taken, 'taken_over', reason);
}

function nextCycle(kind: ClockKind, clocks: readonly Clock[]): number {
  return 1 + Math.max(0, ...clocks.filter((c) => c.kind === kind).map((c) => c.cycle));
}

function concerns(event: ClockEvent, clock: Clock): boolean {
  return !('kind' in event) || (event.kind === clock.kind && event.cycle === clock.cycle);
}

/** Writes the warning and the breach that lie before the event. Due exactly now is still in time. */
function settle(clock: Clock, at: Date, calendar: WorkCalendar, steps: ClockStep[]): Clock {
  if (clock.state !== 'running') return clock;
  let settled = clock;
  if (clock.warnAt && !clock.warnedAt && clock.warnAt <= at) {
    const warned = { ...count(clock, clock.warnAt, calendar), warnedAt: clock.warnAt };
    settled = write(steps, settled, warned, 'warned', 'warn_reached');
  }
  if (clock.dueAt && clock.dueAt < at) {
    const late: Clock = {
      ...count(settled, clock.dueAt, calendar),
      state: 'breached',
      warnAt: null,
      breachedAt: clock.dueAt,
    };
    settled = write(steps, settled, late, 'breached', 'due_reached');
  }
  return settled;
}

/** What a move makes of an open clock that is settled and counted up to now; null = nothing. */
type Mover = (
  clock: Clock,
  now: ClockContext,
  event: ClockEvent,
) => { clock: Clock; action: ClockAction } | null;

const moves: Record<Move, Mover> = {
  finish: (clock, { at }) => ended(clock, 'met', at),
  cancel: (clock, { at }) => ended(clock, 'cancelled', at),
  carry: (clock, { at }) => ended(clock, 'carried', at),

  /** A missed deadline goes along when it is recorded where the debt goes: it is never counted nowhere. */
  giveBack(clock, { at }, event) {
    const goesAlong =
      clock.state !== 'breached' ||
      (event.type === 'unmerged' &&
        event.returned.some((one) => isSame(clock)(one) && one.missedThere));
    return goesAlong
      ? ended({ ...clock, state: 'running', breachedAt: null }, 'carried', at)
      : ended(clock, 'carried', at);
  },

  pause(clock) {
    if (clock.state !== 'running') return null;
    const frozen = { dueAt: null, warnAt: null, remainingMs: remainderOf(clock) };
    return { clock: { ...clock, state: 'paused', ...frozen }, action: 'paused' };
  },

  resume(clock, now) {
    if (clock.state !== 'paused') return null;
    const running: Clock = { ...clock, state: 'running', remainingMs: null };
    return { clock: { ...running, ...deadlines(running, now) }, action: 'resumed' };
  },

  retarget(clock, now) {
    if (clock.state === 'breached') return null;
    const minutes = now.policy.targets[clock.kind];
    // What came from another appeal is not put off by the rules of this one.
    if (minutes === undefined) return clock.carriedAt ? null : ended(clock, 'cancelled', now.at);
    const aimed: Clock = {
      ...clock,
      targetMs: targetMsOf(minutes),
      policyId: now.policy.id,
      calendarId: now.calendar.id,
    };
    const next: Clock =
      clock.state === 'paused'
        ? { ...aimed, remainingMs: remainderOf(aimed) }
        : { ...aimed, ...deadlines(aimed, now) };
    if (clock.carriedAt && isEarlier(clock, next)) return null;
    return samePromise(clock, next) ? null : { clock: next, action: 'retargeted' };
  },
};

/**
 * Under a changed calendar a line is due also where the promise stays: what has been counted since the
 * last one would otherwise be counted by the new hours.
 */
function kept(
  clock: Clock,
  counted: Clock,
  { at, calendar }: ClockContext,
  runBy: WorkCalendar,
): ReturnType<Mover> {
  if (runBy === calendar || count(clock, at, calendar).countedMs === counted.countedMs) return null;
  return { clock: counted, action: 'retargeted' };
}

/** One that was breached stays so, whatever ends it. */
function ended(
  clock: Clock,
  state: 'met' | 'cancelled' | 'carried',
  at: Date,
): NonNullable<ReturnType<Mover>> {
  const late = clock.state === 'breached';
  return {
    clock: {
      ...clock,
      state: late ? 'breached' : state,
      warnAt: null,
      remainingMs: null,
      endedAt: at,
    },
    action: late ? 'ended' : state,
  };
}

/** The duty's next cycle, its deadlines still open; null when the policy has no target for it. */
function blankClock(
  duty: Duty,
  clocks: readonly Clock[],
  { at, policy, calendar }: ClockContext,
): Clock | null {
  const opening = !clocks.some((clock) => dutyOf(clock.kind) === 'answer');
  const firstAnswer = opening && policy.targets.first_response !== undefined;
  const answer: ClockKind = firstAnswer ? 'first_response' : 'next_response';
  const kind: ClockKind = duty === 'resolution' ? 'resolution' : answer;
  const minutes = policy.targets[kind];
  if (minutes === undefined) return null;
  return {
    kind,
    cycle: nextCycle(kind, clocks),
    state: 'running',
    startedAt: at,
    targetMs: targetMsOf(minutes),
    dueAt: null,
    warnAt: null,
    warnedAt: null,
    remainingMs: null,
    lastCountedAt: at,
    countedMs: 0,
    endedAt: null,
    breachedAt: null,
    carriedAt: null,
    policyId: policy.id,
    calendarId: calendar.id,
    ladderFired: [],
    ladderAt: null,
  };
}

/** When a running clock, counted up to `at`, warns and falls due: at once when nothing is left. */
function deadlines(
  clock: Clock,
  { at, policy, calendar }: ClockContext,
): Pick<Clock, 'dueAt' | 'warnAt'> {
  const after = (workMs: number) => (workMs > 0 ? dueAt(at, workMs, calendar) : at);
  const { warnShare } = policy;
  const warns = warnShare > 0 && warnShare < 1;
  const warnMs = Math.round(clock.targetMs * warnShare) - clock.countedMs;
  return { dueAt: after(remainderOf(clock)), warnAt: warns ? after(warnMs) : null };
}

/** The clock with working time counted up to `at`; a paused stretch counts nothing. */
function count(clock: Clock, at: Date, calendar: WorkCalendar): Clock {
  const workMs = clock.state === 'paused' ? 0 : workMsBetween(clock.lastCountedAt, at, calendar);
  return { ...clock, lastCountedAt: at, countedMs: clock.countedMs + workMs };
}

/** Of a paused clock the working time since the wait began wrongly, else as {@link count}. */
function countWait(
  clock: Clock,
  { wronglySince }: { wronglySince?: Date },
  at: Date,
  calendar: WorkCalendar,
): Clock {
  const counted = count(clock, at, calendar);
  if (clock.state !== 'paused' || wronglySince === undefined) return counted;
  const workMs = workMsBetween(wronglySince, at, calendar);
  return { ...counted, countedMs: counted.countedMs + workMs };
}

function write(
  steps: ClockStep[],
  before: Clock,
  after: Clock,
  action: ClockAction,
  reason: ClockReason,
): Clock {
  steps.push({
    kind: after.kind,
    cycle: after.cycle,
    at: after.lastCountedAt,
    action,
    reason,
    countedMs: after.countedMs - before.countedMs,
    remainingMs: remainderOf(after),
    dueAt: after.dueAt,
  });
  return after;
}

function remainderOf(clock: Clock): number {
  return clock.targetMs - clock.countedMs;
}

function targetMsOf(workMinutes: number): number {
  return Math.round(workMinutes * 60_000);
}

function samePromise(a: Clock, b: Clock): boolean {
  return (
    a.targetMs === b.targetMs &&
    a.policyId === b.policyId &&
    a.calendarId === b.calendarId &&
    Number(a.dueAt) === Number(b.dueAt) &&
    // A warning that has been given may lie anywhere in the past.
    (a.warnedAt !== null || Number(a.warnAt) === Number(b.warnAt))
  );
}
