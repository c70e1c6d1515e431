import { describe, expect, it } from 'vitest';
import { createPace, restMs } from './pace';

describe('long work in the background', () => {
  it.each([
    [0, 0],
    [100, 10],
    [200, 40],
    [400, 160],
    [100_000, 320],
  ])('beside %s answers a second rests %s ms after 40 ms of work', (perSecond, ms) => {
    expect(restMs(40, perSecond)).toBe(ms);
  });

  it('looks at what was answered since it rested last', async () => {
    let [answers, ms] = [7, 1_000];
    const rests: number[] = [];
    const pace = createPace(
      () => answers,
      () => ms,
      async (length) => void rests.push(length),
    );
    for (const served of [0, 40, 0]) {
      [answers, ms] = [answers + served, ms + 200];
      await pace.rest(100);
    }
    expect(rests).toEqual([0, 100, 0]);
  });
});
