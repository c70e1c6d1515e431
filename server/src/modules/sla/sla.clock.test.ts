import { describe, expect, it } from 'vitest';
import { dueAt, workMsBetween, type WorkCalendar } from './calendar';
import {
  aCalendar,
  anyCalendar,
  chance,
  MINUTE_MS,
  openMinutes,
  type Chance,
} from './calendar.factory';
import {
  advance,
  shownClock,
  type Clock,
  type ClockContext,
  type ClockEvent,
  type ClockPolicy,
  type ClockStep,
} from './sla.clock';

type Simple = Exclude<
  ClockEvent['type'],
  'due_reached' | 'warn_reached' | 'merged_in' | 'unmerged'
>;

const office = aCalendar();
/** An hour for the first answer, two for each next one, ten for the whole. */
const policy: ClockPolicy = {
  id: 'policy',
  targets: { first_response: 60, next_response: 120, resolution: 600 },
  warnShare: 0.75,
};
const noWarning = { ...policy, warnShare: 1 };

/** `'Tue 10:30'` in the Moscow week of Monday, 2 March 2026; seconds may follow. */
function moment(text: string): Date {
  const [day = '', clock = ''] = text.split(' ');
  const date = 2 + ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(day);
  return new Date(`2026-03-0${date}T${clock}+03:00`);
}

function say(date: Date | null): string {
  if (!date) return '–';
  const local = new Date(date.getTime() + 180 * MINUTE_MS);
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][local.getUTCDay()];
  return `${day} ${local
    .toISOString()
    .slice(11)
    .replace('Z', '')
    .replace(/(:00)?\.000$/, '')}`;
}

const minutes = (ms: number) => String(ms / MINUTE_MS);
const brief = (kind: string) => kind.split('_')[0];

/** `Mon 10:00 first#1 started +0 left 60 due Mon 11:00`, times of work in minutes. */
function line(step: ClockStep): string {
  const { at, kind, cycle, action, countedMs, remainingMs } = step;
  const work = `+${minutes(countedMs)} left ${minutes(remainingMs)}`;
  return `${say(at)} ${brief(kind)}#${cycle} ${action} ${work} due ${say(step.dueAt)}`;
}

/** `first#1 met 30/60`. */
const state = (clock: Clock) =>
  `${brief(clock.kind)}#${clock.cycle} ${clock.state}${clock.endedAt ? '' : ' open'} ` +
  `${minutes(clock.countedMs)}/${minutes(clock.targetMs)}`;

/** Plays the events through the machine; nothing it is given may be changed. */
function play(
  events: readonly (readonly [string, Simple | ClockEvent])[],
  context: Partial<ClockContext> = {},
  from: readonly Clock[] = [],
) {
  let clocks = from;
  const steps: ClockStep[] = [];
  for (const [at, event] of events) {
    const result = advance(
      Object.freeze(clocks.map((clock) => Object.freeze({ ...clock }))),
      typeof event === 'string' ? { type: event } : event,
      { policy: noWarning, calendar: office, ...context, at: moment(at) },
    );
    clocks = result.clocks;
    steps.push(...result.steps);
  }
  return { clocks: [...clocks], steps };
}

const withoutResolution = { ...noWarning, targets: { first_response: 60, next_response: 120 } };

describe('answers owed', () => {
  // name, events, ledger
  // prettier-ignore
  it.each<[string, [string, Simple][], string[]]>([
    ['the first message starts the first answer', [['Mon 10:00', 'dealer_message']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
    ]],
    ['a message at night is due in the morning', [['Mon 23:00', 'dealer_message']], [
      'Mon 23:00 first#1 started +0 left 60 due Tue 10:00',
    ]],
    ['an answer in time meets it', [['Mon 10:00', 'dealer_message'], ['Mon 10:40', 'staff_message']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
      'Mon 10:40 first#1 met +40 left 20 due Mon 11:00',
    ]],
    ['further messages while an answer is owed change nothing (T6)', [['Mon 10:00', 'dealer_message'], ['Mon 10:10', 'dealer_message'], ['Mon 10:50', 'dealer_message']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
    ]],
    ['the next message after an answer starts a next answer', [['Mon 10:00', 'dealer_message'], ['Mon 10:40', 'staff_message'], ['Mon 12:00', 'dealer_message'], ['Mon 12:30', 'staff_message'], ['Mon 17:00', 'dealer_message']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
      'Mon 10:40 first#1 met +40 left 20 due Mon 11:00',
      'Mon 12:00 next#1 started +0 left 120 due Mon 14:00',
      'Mon 12:30 next#1 met +30 left 90 due Mon 14:00',
      'Mon 17:00 next#2 started +0 left 120 due Tue 10:00',
    ]],
    ['an answer that nobody waits for changes nothing', [['Mon 10:00', 'staff_message'], ['Mon 10:10', 'dealer_message'], ['Mon 10:20', 'staff_message'], ['Mon 10:30', 'staff_message']], [
      'Mon 10:10 first#1 started +0 left 60 due Mon 11:10',
      'Mon 10:20 first#1 met +10 left 50 due Mon 11:10',
    ]],
    ['an answer exactly at the deadline is in time', [['Mon 10:00', 'dealer_message'], ['Mon 11:00', 'staff_message']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
      'Mon 11:00 first#1 met +60 left 0 due Mon 11:00',
    ]],
    ['an answer one millisecond late breaches at the deadline, though no poller looked', [['Mon 10:00', 'dealer_message'], ['Mon 11:00:00.001', 'staff_message']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
      'Mon 11:00 first#1 breached +60 left 0 due Mon 11:00',
      `Mon 11:00:00.001 first#1 ended +${1 / MINUTE_MS} left ${-1 / MINUTE_MS} due Mon 11:00`,
    ]],
    ['an answer after closing to a deadline at closing is late', [['Mon 17:00', 'dealer_message'], ['Mon 18:01', 'staff_message']], [
      'Mon 17:00 first#1 started +0 left 60 due Mon 18:00',
      'Mon 18:00 first#1 breached +60 left 0 due Mon 18:00',
      'Mon 18:01 first#1 ended +0 left 0 due Mon 18:00',
    ]],
    ['a late answer says how late in working time', [['Mon 17:30', 'dealer_message'], ['Tue 11:00', 'staff_message']], [
      'Mon 17:30 first#1 started +0 left 60 due Tue 09:30',
      'Tue 09:30 first#1 breached +60 left 0 due Tue 09:30',
      'Tue 11:00 first#1 ended +90 left -90 due Tue 09:30',
    ]],
    ['after a late answer a new message starts a new clock', [['Mon 10:00', 'dealer_message'], ['Mon 12:00', 'staff_message'], ['Mon 13:00', 'dealer_message']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
      'Mon 11:00 first#1 breached +60 left 0 due Mon 11:00',
      'Mon 12:00 first#1 ended +60 left -60 due Mon 11:00',
      'Mon 13:00 next#1 started +0 left 120 due Mon 15:00',
    ]],
    ['a message to an overdue clock starts no second one', [['Mon 10:00', 'dealer_message'], ['Mon 12:00', 'dealer_message']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
      'Mon 11:00 first#1 breached +60 left 0 due Mon 11:00',
    ]],
    ['no answer needed ends the wait without an answer (T1)', [['Mon 10:00', 'dealer_message'], ['Mon 10:20', 'no_answer_needed'], ['Mon 10:25', 'no_answer_needed'], ['Mon 11:00', 'dealer_message']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
      'Mon 10:20 first#1 cancelled +20 left 40 due Mon 11:00',
      'Mon 11:00 next#1 started +0 left 120 due Mon 13:00',
    ]],
    ['no answer needed does not undo a breach', [['Mon 10:00', 'dealer_message'], ['Mon 11:30', 'no_answer_needed']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
      'Mon 11:00 first#1 breached +60 left 0 due Mon 11:00',
      'Mon 11:30 first#1 ended +30 left -30 due Mon 11:00',
    ]],
    ['waiting freezes an answer still owed, the dealer thaws it', [['Mon 10:00', 'dealer_message'], ['Mon 10:45', 'waiting'], ['Mon 10:50', 'waiting'], ['Mon 17:50', 'dealer_message']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
      'Mon 10:45 first#1 paused +45 left 15 due –',
      'Mon 17:50 first#1 resumed +0 left 15 due Tue 09:05',
    ]],
    ['waiting set straight after the deadline comes too late', [['Mon 10:00', 'dealer_message'], ['Mon 11:10', 'waiting'], ['Mon 11:20', 'dealer_message'], ['Mon 11:30', 'staff_message']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
      'Mon 11:00 first#1 breached +60 left 0 due Mon 11:00',
      'Mon 11:30 first#1 ended +30 left -30 due Mon 11:00',
    ]],
    ['an answer during the wait meets the frozen clock', [['Mon 10:00', 'dealer_message'], ['Mon 10:45', 'waiting'], ['Mon 15:00', 'staff_message']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
      'Mon 10:45 first#1 paused +45 left 15 due –',
      'Mon 15:00 first#1 met +0 left 15 due –',
    ]],
    ['paused exactly at the deadline: nothing left on return', [['Mon 10:00', 'dealer_message'], ['Mon 11:00', 'waiting'], ['Mon 12:00', 'resumed'], ['Mon 12:01', 'staff_message']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
      'Mon 11:00 first#1 paused +60 left 0 due –',
      'Mon 12:00 first#1 resumed +0 left 0 due Mon 12:00',
      'Mon 12:00 first#1 breached +0 left 0 due Mon 12:00',
      'Mon 12:01 first#1 ended +1 left -1 due Mon 12:00',
    ]],
    ['resuming what does not wait changes nothing', [['Mon 10:00', 'dealer_message'], ['Mon 10:10', 'resumed']], [
      'Mon 10:00 first#1 started +0 left 60 due Mon 11:00',
    ]],
    ['events before the first message change nothing', [['Mon 10:00', 'waiting'], ['Mon 10:10', 'resumed'], ['Mon 10:20', 'resolved'], ['Mon 10:30', 'closed'], ['Mon 10:40', 'reopened'], ['Mon 10:50', 'no_answer_needed'], ['Mon 10:55', 'retargeted']], []],
  ])('%s', (_, events, ledger) => {
    expect(play(events, { policy: withoutResolution }).steps.map(line)).toEqual(ledger);
  });

  it('starts with any kind of first message where the policy has no first answer', () => {
    const nextOnly = { ...noWarning, targets: { next_response: 120 } };
    const firstOnly = { ...noWarning, targets: { first_response: 60 } };
    const talk = [
      ['Mon 10:00', 'dealer_message'],
      ['Mon 10:30', 'staff_message'],
      ['Mon 11:00', 'dealer_message'],
    ] as const;
    const played = (policy: ClockPolicy) => play(talk, { policy }).clocks.map(state);
    expect(played(nextOnly)).toEqual(['next#1 met 30/120', 'next#2 running open 0/120']);
    expect(played(firstOnly)).toEqual(['first#1 met 30/60']);
    expect(played({ ...noWarning, targets: {} })).toEqual([]);
  });
});

describe('resolution', () => {
  const onlyResolution = { ...noWarning, targets: { resolution: 600 } };

  // prettier-ignore
  it.each<[string, [string, Simple][], string[]]>([
    ['answers do not end it', [['Mon 10:00', 'dealer_message'], ['Mon 10:30', 'staff_message'], ['Mon 11:00', 'dealer_message'], ['Mon 11:10', 'no_answer_needed']], [
      'Mon 10:00 resolution#1 started +0 left 600 due Tue 11:00',
    ]],
    ['resolved in time', [['Mon 10:00', 'dealer_message'], ['Tue 09:30', 'resolved']], [
      'Mon 10:00 resolution#1 started +0 left 600 due Tue 11:00',
      'Tue 09:30 resolution#1 met +510 left 90 due Tue 11:00',
    ]],
    ['resolved late', [['Mon 10:00', 'dealer_message'], ['Tue 11:30', 'resolved']], [
      'Mon 10:00 resolution#1 started +0 left 600 due Tue 11:00',
      'Tue 11:00 resolution#1 breached +600 left 0 due Tue 11:00',
      'Tue 11:30 resolution#1 ended +30 left -30 due Tue 11:00',
    ]],
    ['closing what is resolved adds nothing', [['Mon 10:00', 'dealer_message'], ['Mon 11:00', 'resolved'], ['Mon 12:00', 'closed']], [
      'Mon 10:00 resolution#1 started +0 left 600 due Tue 11:00',
      'Mon 11:00 resolution#1 met +60 left 540 due Tue 11:00',
    ]],
    ['waiting freezes it, the remainder counts on (T9)', [['Mon 10:00', 'dealer_message'], ['Mon 12:00', 'waiting'], ['Wed 12:00', 'dealer_message'], ['Wed 13:00', 'waiting'], ['Thu 08:00', 'resumed']], [
      'Mon 10:00 resolution#1 started +0 left 600 due Tue 11:00',
      'Mon 12:00 resolution#1 paused +120 left 480 due –',
      'Wed 12:00 resolution#1 resumed +0 left 480 due Thu 11:00',
      'Wed 13:00 resolution#1 paused +60 left 420 due –',
      'Thu 08:00 resolution#1 resumed +0 left 420 due Thu 16:00',
    ]],
    ['closed while waiting', [['Mon 10:00', 'dealer_message'], ['Mon 12:00', 'waiting'], ['Fri 12:00', 'closed']], [
      'Mon 10:00 resolution#1 started +0 left 600 due Tue 11:00',
      'Mon 12:00 resolution#1 paused +120 left 480 due –',
      'Fri 12:00 resolution#1 met +0 left 480 due –',
    ]],
    ['reopened by staff: a new cycle', [['Mon 10:00', 'dealer_message'], ['Mon 12:00', 'closed'], ['Mon 13:00', 'reopened'], ['Mon 13:10', 'reopened']], [
      'Mon 10:00 resolution#1 started +0 left 600 due Tue 11:00',
      'Mon 12:00 resolution#1 met +120 left 480 due Tue 11:00',
      'Mon 13:00 resolution#2 started +0 left 600 due Tue 14:00',
    ]],
    ['an overdue one neither pauses nor ends by waiting', [['Mon 10:00', 'dealer_message'], ['Tue 12:00', 'waiting'], ['Tue 13:00', 'dealer_message'], ['Tue 14:00', 'resolved']], [
      'Mon 10:00 resolution#1 started +0 left 600 due Tue 11:00',
      'Tue 11:00 resolution#1 breached +600 left 0 due Tue 11:00',
      'Tue 14:00 resolution#1 ended +180 left -180 due Tue 11:00',
    ]],
  ])('%s', (_, events, ledger) => {
    expect(play(events, { policy: onlyResolution }).steps.map(line)).toEqual(ledger);
  });
});

describe('answer and resolution together', () => {
  // name, events, final clocks
  // prettier-ignore
  it.each<[string, [string, Simple][], string[]]>([
    ['resolving cancels the answer owed to a last word (T1)', [['Mon 10:00', 'dealer_message'], ['Mon 10:30', 'staff_message'], ['Mon 11:00', 'dealer_message'], ['Mon 11:30', 'resolved']],
      ['first#1 met 30/60', 'resolution#1 met 90/600', 'next#1 cancelled 30/120']],
    ['closing settles everything at once, overdue answers too', [['Mon 10:00', 'dealer_message'], ['Mon 12:00', 'closed']],
      ['first#1 breached 120/60', 'resolution#1 met 120/600']],
    ['a message after resolving starts both anew', [['Mon 10:00', 'dealer_message'], ['Mon 10:30', 'resolved'], ['Mon 12:00', 'dealer_message']],
      ['first#1 cancelled 30/60', 'resolution#1 met 30/600', 'next#1 running open 0/120', 'resolution#2 running open 0/600']],
    ['a message after closing starts both anew', [['Mon 10:00', 'dealer_message'], ['Mon 10:30', 'staff_message'], ['Mon 11:00', 'closed'], ['Tue 10:00', 'dealer_message'], ['Tue 10:30', 'staff_message'], ['Tue 11:00', 'closed'], ['Wed 10:00', 'dealer_message']],
      ['first#1 met 30/60', 'resolution#1 met 60/600', 'next#1 met 30/120', 'resolution#2 met 60/600', 'next#2 running open 0/120', 'resolution#3 running open 0/600']],
    ['the dealer ends the wait: resolution goes on, a next answer starts (T7)', [['Mon 10:00', 'dealer_message'], ['Mon 10:30', 'staff_message'], ['Mon 10:30', 'waiting'], ['Mon 15:00', 'dealer_message'], ['Mon 16:00', 'staff_message']],
      ['first#1 met 30/60', 'resolution#1 running open 30/600', 'next#1 met 60/120']],
    ['waiting freezes both, staff end the wait', [['Mon 10:00', 'dealer_message'], ['Mon 10:30', 'waiting'], ['Mon 15:00', 'resumed'], ['Mon 15:20', 'staff_message']],
      ['first#1 met 50/60', 'resolution#1 running open 30/600']],
    ['an overdue answer stays so while resolution pauses', [['Mon 10:00', 'dealer_message'], ['Mon 12:00', 'waiting'], ['Mon 13:00', 'staff_message']],
      ['first#1 breached 180/60', 'resolution#1 paused open 120/600']],
    ['reopened by staff: nobody waits for an answer', [['Mon 10:00', 'dealer_message'], ['Mon 10:30', 'closed'], ['Mon 11:00', 'reopened'], ['Mon 12:00', 'dealer_message']],
      ['first#1 cancelled 30/60', 'resolution#1 met 30/600', 'resolution#2 running open 0/600', 'next#1 running open 0/120']],
  ])('%s', (_, events, expected) => {
    expect(play(events).clocks.map(state)).toEqual(expected);
  });

  it('shows the same remainder in the clock and in its ledger while paused (T9)', () => {
    const { clocks, steps } = play([
      ['Mon 10:00', 'dealer_message'],
      ['Mon 10:38', 'waiting'],
    ]);
    for (const clock of clocks) {
      const last = steps.findLast((step) => step.kind === clock.kind);
      expect([clock.remainingMs, clock.dueAt, clock.warnAt]).toEqual([
        last?.remainingMs,
        null,
        null,
      ]);
    }
  });

  it('does not go back in time when a node’s clock is behind', () => {
    const { clocks, steps } = play([
      ['Mon 10:00', 'dealer_message'],
      ['Mon 09:59', 'staff_message'],
    ]);
    expect(clocks.map(state)).toEqual(['first#1 met 0/60', 'resolution#1 running open 0/600']);
    expect(steps.map((step) => say(step.at))).toEqual(['Mon 10:00', 'Mon 10:00', 'Mon 10:00']);
  });

  it('gives back untouched clocks as they were and names only the changed', () => {
    const { clocks } = play([['Mon 10:00', 'dealer_message']]);
    const context = { at: moment('Mon 10:30'), policy, calendar: office };
    const answered = advance(clocks, { type: 'staff_message' }, context);
    expect(answered.changed.map(state)).toEqual(['first#1 met 30/60']);
    expect(answered.clocks[1]).toBe(clocks[1]);
    const nothing = advance(clocks, { type: 'resumed' }, context);
    expect(nothing).toEqual({ clocks, changed: [], steps: [] });
  });
});

describe('warning and breach by the poller', () => {
  const open = play([['Mon 10:00', 'dealer_message']], { policy }).clocks;
  const due = { type: 'due_reached', kind: 'first_response', cycle: 1 } as const;
  const warn = { type: 'warn_reached', kind: 'first_response', cycle: 1 } as const;
  const ledger = (events: [string, Simple | ClockEvent][]) =>
    play(events, { policy }, open)
      .steps.filter((step) => step.kind === 'first_response')
      .map((step) => `${say(step.at)} ${step.action} ${step.reason}`);
  const warned = 'Mon 10:45 warned warn_reached';
  const breached = 'Mon 11:00 breached due_reached';

  // prettier-ignore
  it.each<[string, [string, Simple | ClockEvent][], string[]]>([
    ['too early is ignored', [['Mon 10:44:59', warn], ['Mon 10:44:59', due]], []],
    ['the warning comes at its moment', [['Mon 10:45', warn]], [warned]],
    ['a late poller writes the moments, not its own time', [['Mon 10:50', warn], ['Mon 11:05', due]], [warned, breached]],
    ['twice is once', [['Mon 10:50', warn], ['Mon 10:51', warn], ['Mon 11:05', due], ['Mon 11:06', due], ['Mon 11:07', warn]], [warned, breached]],
    ['a breach after a long sleep brings its warning first', [['Tue 10:00', due]], [warned, breached]],
    ['due exactly now is still in time', [['Mon 11:00', due], ['Mon 11:00', 'staff_message']], [warned, 'Mon 11:00 met staff_message']],
    ['an answered clock neither warns nor breaches', [['Mon 10:30', 'staff_message'], ['Mon 10:50', warn], ['Mon 12:00', due]], ['Mon 10:30 met staff_message']],
    ['a paused clock neither warns nor breaches', [['Mon 10:30', 'waiting'], ['Mon 10:50', warn], ['Mon 12:00', due]], ['Mon 10:30 paused waiting']],
    ['a pause before the warning moves it', [['Mon 10:30', 'waiting'], ['Mon 12:00', 'resumed'], ['Mon 12:14', warn], ['Mon 12:15', warn]], ['Mon 10:30 paused waiting', 'Mon 12:00 resumed resumed', 'Mon 12:15 warned warn_reached']],
    ['a pause after the warning does not repeat it', [['Mon 10:50', warn], ['Mon 10:50', 'waiting'], ['Mon 12:00', 'resumed'], ['Mon 12:05', warn]], [warned, 'Mon 10:50 paused waiting', 'Mon 12:00 resumed resumed']],
    ['another cycle or kind is not meant', [['Mon 12:00', { ...due, cycle: 2 }], ['Mon 12:00', { ...due, kind: 'next_response' }]], []],
  ])('%s', (_, events, expected) => {
    expect(ledger(events)).toEqual(expected);
  });

  it('warns at three quarters of the working time, across the night', () => {
    const [clock] = play([['Mon 17:30', 'dealer_message']], { policy }).clocks;
    expect([say(clock?.warnAt ?? null), say(clock?.dueAt ?? null)]).toEqual([
      'Tue 09:15',
      'Tue 09:30',
    ]);
  });

  it.each([0, 1, 1.5])('does not warn at a share of %s', (warnShare) => {
    const [clock] = play([['Mon 10:00', 'dealer_message']], {
      policy: { ...policy, warnShare },
    }).clocks;
    expect(clock?.warnAt).toBeNull();
  });
});

describe('another policy or calendar', () => {
  const begun = play([['Mon 10:00', 'dealer_message']], { policy: withoutResolution }).clocks;
  const first = (targetMinutes: number, id = 'other') => ({
    policy: { id, warnShare: 0.75, targets: { first_response: targetMinutes } },
  });
  const retarget = (before: [string, Simple][], at: string, context: Partial<ClockContext>) => {
    const { clocks } = play(before, { policy: withoutResolution }, begun);
    const { steps, clocks: after } = play([[at, 'retargeted']], context, clocks);
    return { ledger: steps.map(line), clock: after[0] };
  };

  // prettier-ignore
  it.each<[string, [string, Simple][], string, number, string[]]>([
    ['longer: the new target less what is counted', [], 'Mon 10:30', 240, ['Mon 10:30 first#1 retargeted +30 left 210 due Mon 14:00']],
    ['shorter', [], 'Mon 10:30', 40, ['Mon 10:30 first#1 retargeted +30 left 10 due Mon 10:40']],
    ['shorter than what is counted: due at once', [], 'Mon 10:30', 20, ['Mon 10:30 first#1 retargeted +30 left -10 due Mon 10:30']],
    ['paused: the remainder changes, it stays paused', [['Mon 10:20', 'waiting']], 'Mon 12:00', 90, ['Mon 12:00 first#1 retargeted +0 left 70 due –']],
    ['a breach stays', [], 'Mon 11:30', 600, ['Mon 11:00 first#1 breached +60 left 0 due Mon 11:00']],
    ['what has ended stays', [['Mon 10:30', 'staff_message']], 'Mon 11:00', 600, []],
  ])('%s', (_, before, at, target, ledger) => {
    expect(retarget(before, at, first(target)).ledger).toEqual(ledger);
  });

  it('the same promise again gives no step', () => {
    expect(retarget([], 'Mon 10:30', { policy: withoutResolution }).ledger).toEqual([]);
  });

  it('the same numbers of another policy are written down', () => {
    const { clock, ledger } = retarget([], 'Mon 10:30', {
      policy: { ...withoutResolution, id: 'b' },
    });
    expect(ledger).toEqual(['Mon 10:30 first#1 retargeted +30 left 30 due Mon 11:00']);
    expect(clock?.policyId).toBe('b');
  });

  it('a policy without the target ends the clock', () => {
    const { ledger } = retarget([], 'Mon 10:30', { policy: { ...noWarning, targets: {} } });
    expect(ledger).toEqual(['Mon 10:30 first#1 cancelled +30 left 30 due Mon 11:00']);
  });

  it('what was counted by the old calendar stays counted', () => {
    const lateShift = { ...aCalendar({ workday: '14:00-22:00' }), id: 'late' };
    const { ledger, clock } = retarget([], 'Mon 10:30', {
      ...first(60),
      calendar: lateShift,
      calendarOf: () => office,
    });
    expect(ledger).toEqual(['Mon 10:30 first#1 retargeted +30 left 30 due Mon 14:30']);
    expect(clock?.calendarId).toBe('late');
  });

  it('warns at once when the new warning lies in the past, and never twice', () => {
    const warnAt = (at: string) =>
      [at, { type: 'warn_reached', kind: 'first_response', cycle: 1 }] as const;
    const short = play([['Mon 10:36', 'retargeted'], warnAt('Mon 10:36')], first(40), begun);
    expect(short.steps.map((step) => `${say(step.at)} ${step.action}`)).toEqual([
      'Mon 10:36 retargeted',
      'Mon 10:36 warned',
    ]);
    const long = play([['Mon 10:37', 'retargeted'], warnAt('Mon 14:00')], first(240), short.clocks);
    expect(long.steps.map((step) => step.action)).toEqual(['retargeted']);
  });
});

// Over random threads: `merge.clocks.test.ts` of the appeals module.
describe('what is carried to another appeal', () => {
  const whole = play([
    ['Mon 10:00', 'dealer_message'],
    ['Mon 10:15', 'waiting'],
    ['Mon 10:20', 'dealer_message'],
    ['Mon 10:30', 'merged_away'],
  ]);
  const debts = whole.clocks.map((clock) => ({
    clock,
    steps: whole.steps.filter(({ kind }) => kind === clock.kind),
  }));
  const own = (kind: string, steps: ClockStep[]) =>
    steps.filter((step) => step.kind === kind).map(line);

  it('is neither met nor missed where it was', () => {
    expect(whole.clocks.map(state)).toEqual([
      'first#1 carried 25/60',
      'resolution#1 carried 25/600',
    ]);
    expect(shownClock(whole.clocks)).toBeNull();
    const late = play([
      ['Mon 10:00', 'dealer_message'],
      ['Mon 11:30', 'merged_away'],
    ]);
    expect(late.clocks.map(state)).toEqual([
      'first#1 breached 90/60',
      'resolution#1 carried 90/600',
    ]);
  });

  it("comes with its ledger, and the appeal's own later deadline makes way", () => {
    const begun = play([['Mon 10:10', 'dealer_message']]).clocks;
    const { clocks, steps } = play(
      [['Mon 10:30', { type: 'merged_in', debts, waits: false }]],
      {},
      begun,
    );
    expect(clocks.map(state)).toEqual([
      ...['first#1 carried 20/60', 'resolution#1 carried 20/600'],
      ...['first#2 running open 25/60', 'resolution#2 running open 25/600'],
    ]);
    expect(own('first_response', steps)).toEqual([
      'Mon 10:30 first#1 carried +20 left 40 due Mon 11:10',
      'Mon 10:00 first#2 started +0 left 60 due Mon 11:00',
      'Mon 10:15 first#2 paused +15 left 45 due –',
      'Mon 10:20 first#2 resumed +0 left 45 due Mon 11:05',
      'Mon 10:30 first#2 taken_over +10 left 35 due Mon 11:05',
    ]);
  });

  it('is the next answer where one was given, and nothing where the own one is due earlier', () => {
    const merged = (events: [string, Simple][]) =>
      play(
        [['Mon 10:30', { type: 'merged_in', debts, waits: false }]],
        {},
        play(events).clocks,
      ).clocks.filter(({ endedAt }) => endedAt === null);
    const answered: [string, Simple][] = [
      ['Mon 09:30', 'dealer_message'],
      ['Mon 09:40', 'staff_message'],
    ];
    expect(merged(answered).map(state)).toEqual([
      'resolution#1 running open 0/600',
      'next#1 running open 25/60',
    ]);
    expect(merged([['Mon 09:50', 'dealer_message']]).map(state)).toEqual([
      ...['first#1 running open 0/60', 'resolution#1 running open 0/600'],
    ]);
  });

  it('goes on as it was when it comes back, and what was due meanwhile is missed at its moment', () => {
    const back = (at: string) =>
      play(
        [
          [at, { type: 'unmerged', debts, returned: [] }],
          [at, { type: 'due_reached', kind: 'first_response', cycle: 2 }],
        ],
        {},
        whole.clocks,
      );
    expect(back('Mon 11:00').clocks.map(state)).toContain('first#2 running open 25/60');
    expect(own('first_response', back('Mon 14:00').steps).slice(-2)).toEqual([
      'Mon 10:30 first#2 taken_over +10 left 35 due Mon 11:05',
      'Mon 11:05 first#2 breached +35 left 0 due Mon 11:05',
    ]);
  });

  it('is not put off by the rules of where it came', () => {
    const longer = { ...noWarning, id: 'longer', targets: { next_response: 600, resolution: 300 } };
    const taken = play([['Mon 10:30', { type: 'merged_in', debts, waits: false }]]).clocks;
    const aimed = play([['Mon 10:40', 'retargeted']], { policy: longer }, taken).clocks;
    expect(aimed.map(state)).toEqual([
      'first#1 running open 25/60',
      'resolution#1 running open 35/300',
    ]);
  });

  it('of a split only the answer', () => {
    const split = play([
      ['Mon 10:00', 'dealer_message'],
      ['Mon 10:30', 'split_off'],
    ]);
    expect(split.clocks.map(state)).toEqual([
      'first#1 carried 30/60',
      'resolution#1 running open 0/600',
    ]);
  });
});

describe('the clock a row shows', () => {
  const shown = (events: [string, Simple][]) => {
    const clock = shownClock(play(events).clocks);
    return clock && state(clock);
  };

  // prettier-ignore
  it.each<[string, [string, Simple][], string | null]>([
    ['nothing', [], null],
    ['the nearest due', [['Mon 10:00', 'dealer_message']], 'first#1 running open 0/60'],
    ['resolution when nobody waits', [['Mon 10:00', 'dealer_message'], ['Mon 10:30', 'staff_message']], 'resolution#1 running open 0/600'],
    ['resolution when it is nearer', [['Mon 10:00', 'dealer_message'], ['Mon 10:30', 'staff_message'], ['Tue 10:30', 'dealer_message']], 'resolution#1 running open 0/600'],
    ['overdue before all', [['Mon 10:00', 'dealer_message'], ['Mon 12:00', 'waiting']], 'first#1 breached open 60/60'],
    ['paused when all is paused', [['Mon 10:00', 'dealer_message'], ['Mon 10:30', 'staff_message'], ['Mon 10:30', 'waiting']], 'resolution#1 paused open 30/600'],
    ['least left of two paused', [['Mon 10:00', 'dealer_message'], ['Mon 10:30', 'waiting']], 'first#1 paused open 30/60'],
    ['met at the end', [['Mon 10:00', 'dealer_message'], ['Mon 10:30', 'staff_message'], ['Mon 12:00', 'resolved']], 'resolution#1 met 120/600'],
    ['nothing after a late end', [['Mon 10:00', 'dealer_message'], ['Mon 10:30', 'staff_message'], ['Wed 12:00', 'resolved']], null],
  ])('%s', (_, events, expected) => {
    expect(shown(events)).toBe(expected);
  });
});

// ── Random histories against a second machine that walks from minute to minute ────────────────────

interface Told {
  minute: number;
  type: Simple;
}

/** From `minute` on appeals run by this policy and calendar. */
interface Rules {
  minute: number;
  policy: ClockPolicy;
  calendar: WorkCalendar;
}

/** A clock of the slow machine: all in minutes after the start. */
interface SlowClock {
  kind: Clock['kind'];
  cycle: number;
  target: number;
  threshold: number;
  worked: number;
  paused: boolean;
  pausedMinute: number;
  dueMinute: number | null;
  /** When it was warned of, missed, and ended. */
  warnedMinute: number | null;
  late: boolean;
  over: 'met' | 'cancelled' | null;
  overMinute: number | null;
  startMinute: number;
}

/** What should become of the clocks, by counting each minute of each open clock. */
function walk(start: Date, length: number, told: Told[], rules: Rules[]): SlowClock[] {
  const clocks: SlowClock[] = [];
  const open = rules.map(({ calendar }) => openMinutes(calendar, start, length));
  let rule = -1;
  const owed = (kind: Clock['kind']) => kind !== 'resolution';
  const live = () => clocks.filter((clock) => !clock.over);
  const notice = (minute: number) => {
    for (const clock of live().filter(({ paused, late }) => !paused && !late)) {
      if (clock.worked >= clock.threshold) clock.warnedMinute ??= minute;
      if (clock.dueMinute === null && clock.worked >= clock.target) clock.dueMinute = minute;
      if (clock.dueMinute !== null && clock.dueMinute < minute) clock.late = true;
    }
  };
  const targets = () => rules[rule]?.policy.targets ?? {};
  const startOne = (kind: Clock['kind'], startMinute: number) => {
    const target = targets()[kind];
    if (target === undefined) return;
    const cycle = clocks.filter((clock) => clock.kind === kind).length + 1;
    const state = {
      worked: 0,
      paused: false,
      pausedMinute: 0,
      dueMinute: null,
      warnedMinute: null,
      late: false,
    };
    const ends = { over: null, overMinute: null };
    clocks.push({ kind, cycle, target, threshold: target * 0.75, startMinute, ...state, ...ends });
  };
  const thaw = (clock: SlowClock) => {
    if (clock.paused) clock.dueMinute = null;
    clock.paused = false;
  };
  const hear = (type: Simple, minute: number) => {
    for (const clock of live()) {
      if (type === 'waiting' && !clock.late && !clock.paused) {
        Object.assign(clock, { paused: true, pausedMinute: minute });
      }
      // The wait is said to have been wrong from its beginning: each of its open minutes counts.
      if (type === 'wait_disproved' && clock.paused) {
        for (let m = clock.pausedMinute; m < minute; m += 1)
          clock.worked += open[rule]?.[m] ? 1 : 0;
      }
    }
    const goesOn: Simple[] = ['resumed', 'dealer_message', 'wait_disproved'];
    if (goesOn.includes(type)) live().forEach(thaw);
    for (const clock of live()) {
      const answered = type === 'staff_message' || type === 'answer_credited';
      const excused = type === 'no_answer_needed' || type === 'answer_excused';
      if (answered && owed(clock.kind)) clock.over = 'met';
      if (excused && owed(clock.kind)) clock.over = 'cancelled';
      if (type === 'resolved' || type === 'closed')
        clock.over = owed(clock.kind) ? 'cancelled' : 'met';
      if (type === 'retargeted' && !clock.late) {
        const target = targets()[clock.kind];
        if (target === undefined) clock.over = 'cancelled';
        else Object.assign(clock, { target, threshold: target * 0.75, dueMinute: null });
      }
      if (clock.over) clock.overMinute = minute;
    }
    if (type === 'dealer_message' && !live().some((clock) => owed(clock.kind))) {
      const fresh = !clocks.some((clock) => owed(clock.kind));
      startOne(fresh && targets().first_response ? 'first_response' : 'next_response', minute);
    }
    const resolving = live().some((clock) => !owed(clock.kind));
    if ((type === 'dealer_message' || type === 'reopened') && !resolving)
      startOne('resolution', minute);
  };
  for (let minute = 0; minute <= length; minute += 1) {
    notice(minute);
    if (rules[rule + 1]?.minute === minute) rule += 1;
    for (const event of told.filter((one) => one.minute === minute)) {
      hear(event.type, minute);
      notice(minute);
    }
    if (minute === length || !open[rule]?.[minute]) continue;
    for (const clock of live()) clock.worked += clock.paused ? 0 : 1;
  }
  return clocks;
}

const eventTypes: [Simple, ...Simple[]] = [
  'dealer_message',
  'dealer_message',
  'dealer_message',
  'staff_message',
  'staff_message',
  'waiting',
  'waiting',
  'resumed',
  'no_answer_needed',
  'wait_disproved',
  'answer_credited',
  'answer_excused',
  'resolved',
  'closed',
  'reopened',
];

function anyHistory(random: Chance) {
  const { calendar, near } = anyCalendar(random);
  const anyPolicy = (id: string): ClockPolicy => {
    const targets: ClockPolicy['targets'] = {};
    for (const kind of ['first_response', 'next_response', 'resolution'] as const) {
      if (random.happens(0.9)) targets[kind] = 4 * random.int(1, 200);
    }
    return { id, warnShare: 0.75, targets };
  };
  const told: Told[] = [];
  const rules: Rules[] = [{ minute: 0, policy: anyPolicy('0'), calendar }];
  let minute = 0;
  for (let i = random.int(3, 14); i > 0; i -= 1) {
    const gap = random.happens(0.1) ? 0 : random.int(1, random.happens(0.3) ? 1440 : 240);
    minute += gap;
    if (gap > 0 && random.happens(0.1)) {
      const kept = rules.at(-1)?.calendar ?? calendar;
      // Another calendar, or other hours of the same one.
      const id = random.happens(0.5) ? kept.id : `calendar ${i}`;
      const other = { ...anyCalendar(random).calendar, id };
      const next = random.happens(0.5) ? other : kept;
      rules.push({ minute, policy: anyPolicy(String(i)), calendar: next });
      told.push({ minute, type: 'retargeted' });
    } else {
      told.push({ minute, type: random.pick(eventTypes) });
    }
  }
  const length = minute + random.int(0, 600);
  const polls = Array.from({ length: 40 }, () => random.int(0, length));
  return { start: near, told, rules, length, polls };
}

type History = ReturnType<typeof anyHistory>;

/** The history through the real machine; a poller asks about every clock at the given minutes and at the end. */
function run({ start, told, rules, length }: History, polls: number[]) {
  const moments: { minute: number; type: Simple | 'poll' }[] = [
    ...polls.map((minute) => ({ minute, type: 'poll' as const })),
    ...told,
    { minute: length, type: 'poll' as const },
  ].sort((a, b) => a.minute - b.minute);
  const [opening] = rules;
  if (!opening) throw new Error('a history begins with rules');
  let rule = opening;
  let clocks: Clock[] = [];
  const steps: ClockStep[] = [];
  for (const { minute, type } of moments) {
    const before = rule.calendar;
    if (type === 'retargeted') rule = rules[rules.indexOf(rule) + 1] ?? rule;
    const at = new Date(start.getTime() + minute * MINUTE_MS);
    const events: ClockEvent[] =
      type === 'poll'
        ? clocks.flatMap(({ kind, cycle }) => [
            { type: 'warn_reached', kind, cycle },
            { type: 'due_reached', kind, cycle },
          ])
        : [eventOf(type, steps)];
    for (const event of events) {
      const result = advance(clocks, event, {
        ...{ ...rule, at },
        ...(type === 'retargeted' && { calendarOf: () => before }),
      });
      clocks = result.clocks;
      steps.push(...result.steps);
      expect(clocks.filter((c) => !c.endedAt && c.kind !== 'resolution').length).toBeLessThan(2);
      for (const step of result.steps.filter(({ action }) => running.includes(action))) {
        const by = step.reason === 'warn_reached' ? before : rule.calendar;
        const due = step.remainingMs > 0 ? dueAt(step.at, step.remainingMs, by) : step.at;
        expect(step.dueAt).toEqual(due);
      }
    }
  }
  const end = new Date(start.getTime() + length * MINUTE_MS);
  return { clocks, steps, end, calendar: rule.calendar };
}

/** What the services say beside the bare type. */
function eventOf(type: Simple, steps: ClockStep[]): ClockEvent {
  if (type !== 'wait_disproved') return { type };
  const wronglySince = steps.findLast(({ action }) => action === 'paused')?.at;
  return { type, ...(wronglySince && { wronglySince }) };
}

const running: ClockStep['action'][] = ['started', 'resumed', 'warned'];
/** The moment by which so many more minutes are open, by looking at each. */
function minuteAfter(left: number, start: Date, calendar: WorkCalendar): Date {
  for (let from = start, rest = left; ; from = new Date(from.getTime() + 1440 * MINUTE_MS)) {
    for (const [minute, isOpen] of openMinutes(calendar, from, 1440).entries()) {
      if (isOpen) rest -= 1;
      if (rest === 0) return new Date(from.getTime() + (minute + 1) * MINUTE_MS);
    }
  }
}
const clockName = ({ kind, cycle }: { kind: string; cycle: number }) => `${kind}#${cycle}`;

describe('random histories', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'a hundred and fifty of them, seed %i',
    { timeout: 240_000 },
    (seed) => {
      const random = chance(seed);
      for (let round = 0; round < 150; round += 1) {
        const history = anyHistory(random);
        const story = `seed ${seed}, round ${round}: ${JSON.stringify(history.told)}`;
        const { clocks, steps, end, calendar } = run(history, []);

        // The slow machine agrees.
        const slow = walk(history.start, history.length, history.told, history.rules);
        const after = (moment: Date | null) =>
          moment && (moment.getTime() - history.start.getTime()) / MINUTE_MS;
        const real = clocks.map((clock) => {
          const counting = !clock.endedAt && clock.state !== 'paused';
          const laterMs = counting ? workMsBetween(clock.lastCountedAt, end, calendar) : 0;
          return [
            clockName(clock),
            clock.state,
            `from ${after(clock.startedAt)} to ${after(clock.endedAt)}`,
            `warned ${after(clock.warnedAt)} missed ${after(clock.breachedAt)}`,
            `worked ${(clock.countedMs + laterMs) / MINUTE_MS} of ${clock.targetMs / MINUTE_MS}`,
          ].join(', ');
        });
        const expected = slow.map((clock) => {
          const open = clock.paused ? 'paused' : 'running';
          return [
            clockName(clock),
            clock.late ? 'breached' : (clock.over ?? open),
            `from ${clock.startMinute} to ${clock.overMinute}`,
            `warned ${clock.warnedMinute} missed ${clock.late ? clock.dueMinute : null}`,
            `worked ${clock.worked} of ${clock.target}`,
          ].join(', ');
        });
        expect(real.sort(), story).toEqual(expected.sort());

        // What still runs falls due when its minutes will have been worked.
        for (const clock of clocks.filter(({ state }) => state === 'running')) {
          const known = slow.find((one) => clockName(one) === clockName(clock));
          if (!known) throw new Error('both machines know the clock');
          const left = known.target - known.worked;
          const dueMinute = left > 0 ? minuteAfter(left, end, calendar) : known.dueMinute;
          if (left > 0) expect(clock.dueAt, story).toEqual(dueMinute);
          else expect(after(clock.dueAt), story).toBe(dueMinute);
        }

        for (const clock of clocks) {
          const own = steps.filter((step) => clockName(step) === clockName(clock));
          // The ledger adds up, goes forward, and warns and breaches once at most.
          const countedMs = own.reduce((sum, step) => sum + step.countedMs, 0);
          expect(countedMs + (own.at(-1)?.remainingMs ?? NaN), story).toBe(clock.targetMs);
          expect(countedMs, story).toBe(clock.countedMs);
          const times = own.map((step) => step.at.getTime());
          expect(times, story).toEqual([...times].sort((a, b) => a - b));
          for (const once of ['warned', 'breached']) {
            const count = own.filter((step) => step.action === once).length;
            expect(count, story).toBe(
              (once === 'warned' ? clock.warnedAt : clock.breachedAt) ? 1 : 0,
            );
          }
          if (clock.state === 'paused') {
            expect(clock.remainingMs, story).toBe(clock.targetMs - clock.countedMs);
          }
        }

        // It does not matter when, or how often, the poller looked.
        const polled = run(history, history.polls);
        expect(polled.clocks, story).toEqual(clocks);
        const byClock = (all: ClockStep[]) =>
          [...all].sort((a, b) => clockName(a).localeCompare(clockName(b)));
        expect(byClock(polled.steps), story).toEqual(byClock(steps));
      }
    },
  );
});
