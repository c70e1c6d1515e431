import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commandQueue } from './command-queue';

const LIMITS = { burst: 3, perSecond: 10, mostWaiting: 4 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function aQueue() {
  const served: number[] = [];
  const queue = commandQueue(LIMITS, () => Date.now());
  return { queue, served, take: (no: number) => queue.take(() => void served.push(no)) };
}

describe('the share of one session', () => {
  it('serves a burst at once, then the rest one by one in order', () => {
    const { served, take } = aQueue();
    for (let no = 1; no <= 6; no += 1) expect(take(no)).toBe(true);
    expect(served).toEqual([1, 2, 3]);
    vi.advanceTimersByTime(100);
    expect(served).toEqual([1, 2, 3, 4]);
    vi.advanceTimersByTime(200);
    expect(served).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('takes no more than may wait, and none of those it refused is served later', () => {
    const { queue, served, take } = aQueue();
    const taken = Array.from({ length: 20 }, (_, index) => take(index + 1));
    expect(taken.filter(Boolean)).toHaveLength(LIMITS.burst + LIMITS.mostWaiting);
    expect(queue.waiting).toBe(LIMITS.mostWaiting);
    vi.advanceTimersByTime(60_000);
    expect(served).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(queue.waiting).toBe(0);
  });

  it('lets nobody pass those who wait already', () => {
    const { served, take } = aQueue();
    for (let no = 1; no <= 4; no += 1) take(no);
    vi.advanceTimersByTime(50);
    take(5);
    vi.advanceTimersByTime(1_000);
    expect(served).toEqual([1, 2, 3, 4, 5]);
  });

  it('allows a new burst after a rest, and leaves no timer behind', () => {
    const { served, take } = aQueue();
    for (let no = 1; no <= 4; no += 1) take(no);
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
    for (let no = 5; no <= 7; no += 1) take(no);
    expect(served).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});
