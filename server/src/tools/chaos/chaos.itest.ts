import { describe, expect, it } from 'vitest';
import { isNoticed, PLANTED, runPlanted } from './planted';
import { runChaos } from './run';

const SEED = 20_261_122;
const MINUTES = 60_000;

describe('under chaos', () => {
  it(
    'nothing is lost, doubled, out of order or seen by the wrong side',
    async () => {
      const result = await runChaos({ seed: SEED, ms: 20_000, nodes: 1, perSecond: 12 });
      expect(result.troubles).toEqual([]);
      expect(result.violations).toEqual([]);
      expect(result.acknowledged).toBeGreaterThan(20);
      expect(Object.keys(result.faults).length).toBeGreaterThanOrEqual(4);
    },
    6 * MINUTES,
  );

  // The others take their turn with `npm run chaos -- --planted`.
  it.each(PLANTED.filter(({ name }) => name.startsWith('one more field')))(
    'notices: $name',
    async (planted) => {
      const { violations } = await runPlanted(planted, { seed: SEED });
      expect(isNoticed(planted, violations)).toBe(true);
    },
    6 * MINUTES,
  );
});
