import { describe, expect, it } from 'vitest';
import { aCalendar } from './calendar.factory';
import { clockRepository } from './clock.repository';
import { aClock } from './clock.factory';
import { clockView, hoursView, promiseView } from './sla.view';

const due = new Date('2026-03-02T10:00:00.000Z');
const over = new Date('2026-03-02T12:00:00.000Z');

describe('what a dealer is promised', () => {
  it.each([
    ['a running clock', aClock({ dueAt: due }), { state: 'running', dueAt: due.toISOString() }],
    [
      'a paused clock has no time',
      aClock({ state: 'paused', dueAt: null, warnAt: null, remainingMs: 1_000 }),
      { state: 'paused', dueAt: null },
    ],
    [
      'a missed time nobody has made good',
      aClock({ state: 'breached', dueAt: due, breachedAt: due }),
      { state: 'late', dueAt: due.toISOString() },
    ],
    [
      'a kept time',
      aClock({ state: 'met', dueAt: due, endedAt: over }),
      { state: 'met', dueAt: due.toISOString() },
    ],
    [
      'a missed time that is over',
      aClock({ state: 'breached', breachedAt: due, endedAt: over }),
      null,
    ],
    ['a clock called off', aClock({ state: 'cancelled', endedAt: over }), null],
  ])('%s', (_name, clock, expected) => {
    expect(promiseView(clock)).toEqual(expected && { kind: 'first_response', ...expected });
  });
});

it('staff see all of a clock but its rules', () => {
  expect(clockView(aClock({ dueAt: due }))).toEqual({
    kind: 'first_response',
    cycle: 1,
    state: 'running',
    startedAt: '2026-03-02T08:00:00.000Z',
    targetMs: 7_200_000,
    dueAt: '2026-03-02T10:00:00.000Z',
    warnAt: '2026-03-02T09:30:00.000Z',
    remainingMs: null,
    endedAt: null,
    breachedAt: null,
  });
});

it('hours name their days, Monday being 0', () => {
  expect(hoursView(aCalendar({ weekend: '10:00-14:00' }))).toEqual([
    { days: [0, 1, 2, 3, 4], intervals: [{ from: 540, to: 1080 }] },
    { days: [5, 6], intervals: [{ from: 600, to: 840 }] },
  ]);
});

it.each([
  aClock(),
  aClock({ state: 'paused', dueAt: null, warnAt: null, remainingMs: -5 }),
  aClock({ state: 'breached', warnedAt: due, breachedAt: due, endedAt: over }),
])('a clock becomes a row and the row the same clock ($state)', (clock) => {
  const row = clockRepository.toRow(clock);
  expect(clockRepository.toClock(JSON.parse(JSON.stringify(row)))).toEqual(clock);
});
