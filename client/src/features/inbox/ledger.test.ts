import type { AppealClocks, ClockStepView, ClockView } from '@otklik/shared/sla';
import { describe, expect, test } from 'vitest';

import { countedOf, ledgerLines, pausesOf } from './ledger';

const MINUTE = 60_000;
const at = (time: string) => `2026-11-23T${time}:00.000Z`;

function aClock(fields: Partial<ClockView> = {}): ClockView {
  return {
    ...{ kind: 'next_response', cycle: 1, state: 'running', startedAt: at('12:00') },
    ...{ targetMs: 120 * MINUTE, dueAt: at('14:00'), warnAt: at('13:20'), remainingMs: null },
    ...{ endedAt: null, breachedAt: null },
    ...fields,
  };
}
function aStep(
  time: string,
  action: ClockStepView['action'],
  countedMinutes = 0,
  fields: Partial<ClockStepView> = {},
): ClockStepView {
  return {
    ...{ kind: 'next_response', cycle: 1, at: at(time), action, reason: '' },
    ...{ countedMs: countedMinutes * MINUTE, remainingMs: 0, dueAt: null },
    ...fields,
  };
}
function theClocks(clocks: ClockView[], steps: ClockStepView[]): AppealClocks {
  return {
    policyName: null,
    warnPercent: null,
    calendar: {
      name: '',
      zone: 'Europe/Moscow',
      hours: [{ days: [0, 1, 2, 3, 4], intervals: [{ from: 540, to: 1080 }] }],
    },
    clocks,
    steps,
  };
}

describe('working time used', () => {
  const now = Date.parse(at('13:22'));
  const paused = [aStep('12:00', 'started'), aStep('12:30', 'paused', 30)];

  test('runs on from the last line', () => {
    expect(countedOf(aClock(), theClocks([], [aStep('12:00', 'started')]), now)).toBe(82 * MINUTE);
  });
  test('stands still in a pause', () => {
    const clock = aClock({ state: 'paused', dueAt: null });
    expect(countedOf(clock, theClocks([], paused), now)).toBe(30 * MINUTE);
  });
  test('goes on after it', () => {
    const steps = [...paused, aStep('13:00', 'resumed')];
    expect(countedOf(aClock(), theClocks([], steps), now)).toBe(52 * MINUTE);
  });
  test('is not mixed with another cycle', () => {
    const steps = [aStep('12:00', 'started', 0, { cycle: 2 })];
    expect(countedOf(aClock(), theClocks([], steps), now)).toBe(0);
  });
});

test('pauses have a beginning and, when over, an end', () => {
  const steps = [
    aStep('12:00', 'started'),
    aStep('12:30', 'paused', 30),
    aStep('13:00', 'resumed'),
    aStep('13:10', 'paused', 10),
  ];
  expect(pausesOf(aClock(), steps)).toEqual([
    { from: at('12:30'), to: at('13:00') },
    { from: at('13:10'), to: null },
  ]);
});

describe('lines of the ledger', () => {
  const resolution = { kind: 'resolution' } as const;
  const clocks = theClocks(
    [aClock(), aClock({ ...resolution, targetMs: 27 * 60 * MINUTE })],
    [
      aStep('12:00', 'started', 0, resolution),
      aStep('12:30', 'paused', 30, resolution),
      aStep('13:15', 'resumed', 0, resolution),
      aStep('13:15', 'started'),
      aStep('14:05', 'warned', 50),
      aStep('14:35', 'met', 30),
    ],
  );

  test('count each clock by itself, in the order of time', () => {
    expect(ledgerLines(clocks, 'all').map(({ countedMs }) => countedMs / MINUTE)).toEqual([
      0, 30, 30, 0, 50, 80,
    ]);
  });
  test('know the target and how long a pause has lasted', () => {
    const lines = ledgerLines(clocks, 'resolution');
    expect(lines.map(({ targetMs }) => targetMs)).toEqual(Array(3).fill(27 * 60 * MINUTE));
    expect(lines.map(({ pausedMs }) => pausedMs)).toEqual([null, null, 45 * MINUTE]);
  });
  test('can be those of answers alone', () => {
    expect(ledgerLines(clocks, 'answer').map(({ step }) => step.action)).toEqual([
      ...['started', 'warned', 'met'],
    ]);
  });
});
