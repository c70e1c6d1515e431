import { describe, expect, it } from 'vitest';
import { workMsBetween, type WorkCalendar } from './calendar';
import { nextStepAt, stepsReached, type LadderStep } from './ladder';
import {
  advance,
  type Clock,
  type ClockEvent,
  type ClockKind,
  type ClockPolicy,
} from './sla.clock';

const MINUTE = 60_000;
const START = new Date('2026-03-02T06:00:00Z');
const day = (from: number, to: number) => [{ from: from * 60, to: to * 60 }];
const calendar: WorkCalendar = {
  id: 'c',
  zone: 'Europe/Moscow',
  week: [day(9, 18), day(9, 13), day(9, 18), day(9, 18), day(9, 17), [], []],
  exceptions: { '2026-03-04': [] },
};

/** A generator of numbers that a seed repeats. */
function dice(seed: number) {
  let state = seed;
  const next = () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
  return {
    upTo: (max: number) => Math.floor(next() * max),
    chance: (share: number) => next() < share,
    of: <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)]!,
  };
}

const KINDS: ClockKind[] = ['first_response', 'next_response', 'resolution'];
const policyOf = (minutes: number): ClockPolicy => ({
  id: `p${minutes}`,
  targets: { first_response: minutes, next_response: minutes * 2, resolution: minutes * 5 },
  warnShare: 0.75,
});
const aStep = (id: string, place: Partial<LadderStep>): LadderStep => ({
  ...{
    id,
    kinds: KINDS,
    offsetMinutes: null,
    percent: null,
    action: 'remind_owner',
    urgent: false,
  },
  ...{ since: new Date(0), ...place },
});

/**
 * The slow model of one clock: it walks minute by minute and counts. A step comes at the first minute at which the count
 * has reached its place while the clock runs or is late; one before the deadline not once that has passed.
 */
interface Model {
  kind: ClockKind;
  cycle: number;
  counted: number;
  target: number;
  state: 'runs' | 'paused' | 'over';
  isLate: boolean;
  fired: Set<string>;
  /** Places that were reached in an earlier minute. */
  passed: Set<string>;
}

describe('steps over random histories, against a model that walks each minute', () => {
  it('come once per cycle, never early, never in a pause, never after the answer, whoever polls', () => {
    let came = 0;
    for (let seed = 1; seed <= 80; seed += 1) {
      const roll = dice(seed);
      const ladder = [
        aStep('a', { offsetMinutes: -(5 + roll.upTo(60)) }),
        aStep('b', { percent: 5 * (4 + roll.upTo(30)) }),
        aStep('c', { offsetMinutes: roll.upTo(90), kinds: [roll.of(KINDS)] }),
        aStep('d', { offsetMinutes: 1 + roll.upTo(200) }),
      ];
      // Places in whole minutes: the model knows no others.
      let policy = policyOf(20 * (2 + roll.upTo(6)));
      let clocks: Clock[] = [];
      let models: Model[] = [];
      const happened: string[] = [];
      const expected: string[] = [];
      const keyOf = (one: { kind: string; cycle: number }, step: string) =>
        `${one.kind} ${one.cycle} ${step}`;

      for (let minute = 0; minute < 3 * 24 * 60; minute += 1) {
        const at = new Date(START.getTime() + minute * MINUTE);
        const isWork = workMsBetween(new Date(at.getTime() - MINUTE), at, calendar) > 0;
        for (const model of models.filter(({ state }) => state === 'runs')) {
          // A deadline of the minute before is over, and so is the place of a step.
          model.isLate ||= model.counted >= model.target;
          for (const step of ladder)
            if (model.counted >= placeIn(model, step)) model.passed.add(step.id);
          if (isWork) model.counted += 1;
        }

        if (roll.chance(0.01)) {
          const event: ClockEvent = roll.of<ClockEvent>([
            { type: 'dealer_message' },
            { type: 'dealer_message' },
            { type: 'staff_message' },
            { type: 'waiting' },
            { type: 'resumed' },
            { type: 'no_answer_needed' },
            { type: 'closed' },
            { type: 'retargeted' },
          ]);
          if (event.type === 'retargeted') policy = policyOf(20 * (2 + roll.upTo(6)));
          clocks = advance(clocks, event, { at, policy, calendar }).clocks;
          // The model takes over from the machine what a history is, which has tests of its own; times it counts itself.
          models = clocks.map((clock) => {
            const known = models.find(
              (one) => one.kind === clock.kind && one.cycle === clock.cycle,
            );
            const state = clock.endedAt ? 'over' : clock.state === 'paused' ? 'paused' : 'runs';
            const blank = { kind: clock.kind, cycle: clock.cycle, counted: 0, isLate: false };
            const sets = { fired: new Set<string>(), passed: new Set<string>() };
            return { ...blank, ...sets, ...known, target: clock.targetMs / MINUTE, state };
          });
        }

        if (!roll.chance(0.4)) continue;
        for (const model of models.filter(({ state }) => state === 'runs'))
          for (const step of ladder) {
            const place = placeIn(model, step);
            const isThere =
              place < model.target
                ? model.counted >= place && !model.isLate
                : model.passed.has(step.id);
            if (!step.kinds.includes(model.kind) || place <= 0 || !isThere) continue;
            if (model.fired.has(step.id)) continue;
            model.fired.add(step.id);
            expected.push(keyOf(model, step.id));
          }

        // Two nodes look at the same time: the second finds what the first has written.
        for (let node = 0; node < 2; node += 1) {
          clocks = clocks.map((clock) => {
            if (clock.endedAt) return clock;
            const { kind, cycle } = clock;
            const settled = advance(
              [clock],
              { type: 'due_reached', kind, cycle },
              { at, policy, calendar },
            );
            const now = settled.clocks[0]!;
            const aimed = nextStepAt(now, ladder, calendar);
            const reached = stepsReached(now, ladder, at, calendar);
            // The moment by which the poller finds a clock is never after a step that has come.
            if (reached.length > 0) expect(aimed!.getTime()).toBeLessThanOrEqual(at.getTime());
            happened.push(...reached.map((step) => keyOf(now, step.id)));
            return { ...now, ladderFired: [...now.ladderFired, ...reached.map(({ id }) => id)] };
          });
        }
        if (happened.length !== expected.length) break;
      }
      expect([seed, happened.sort()]).toEqual([seed, expected.sort()]);
      expect(new Set(happened).size).toBe(happened.length);
      came += happened.length;
    }
    expect(came).toBeGreaterThan(200);
  }, 120_000);
});

function placeIn({ target }: Model, { offsetMinutes, percent }: LadderStep): number {
  return percent === null
    ? target + (offsetMinutes ?? 0)
    : Math.round(target * MINUTE * percent) / 100 / MINUTE;
}
