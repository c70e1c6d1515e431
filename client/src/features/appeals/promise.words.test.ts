import { describe, expect, test } from 'vitest';

import { nearness, shownPromise } from './promise.words';

const now = Date.parse('2026-11-23T12:05:00Z');
const viewer = { language: 'ru', timeZone: 'Europe/Moscow' } as const;
const soon = '2026-11-23T14:00:00.000Z';
const later = '2026-11-26T15:00:00.000Z';
const base = { status: 'in_work', answerOwedBy: 'staff', promise: null, resolution: null } as const;
const reply = (state: 'running' | 'paused' | 'late' | 'met', dueAt: string | null) =>
  ({ kind: 'next_response', state, dueAt }) as const;

describe('the one promise a dealer is shown', () => {
  test('an answer comes before the solution', () => {
    const resolution = { kind: 'resolution', state: 'running', dueAt: later } as const;
    expect(shownPromise({ ...base, promise: reply('running', soon), resolution }, now)).toEqual({
      verb: 'reply',
      state: 'running',
      dueAt: soon,
    });
    expect(shownPromise({ ...base, answerOwedBy: null, resolution }, now)).toMatchObject({
      verb: 'solve',
    });
  });
  test('a moment that has passed is late even before the server says so', () => {
    const promise = reply('running', '2026-11-23T12:00:00.000Z');
    expect(shownPromise({ ...base, promise }, now)).toMatchObject({ state: 'late' });
  });
  test('while the dealer owes the answer nothing runs', () => {
    expect(shownPromise({ ...base, answerOwedBy: 'dealer' }, now)).toMatchObject({
      state: 'paused',
    });
  });
  test('a settled appeal promises nothing', () => {
    expect(
      shownPromise({ ...base, status: 'resolved', promise: reply('met', soon) }, now),
    ).toBeNull();
  });
});

test('today, tomorrow, later by the viewer’s calendar', () => {
  expect(nearness('2026-11-23T20:59:00Z', now, viewer)).toBe('Today');
  expect(nearness('2026-11-23T21:01:00Z', now, viewer)).toBe('Tomorrow');
  expect(nearness(later, now, viewer)).toBe('Later');
});
