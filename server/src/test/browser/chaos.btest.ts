import { describe, expect, it } from 'vitest';
import { runChaos } from '../../tools/chaos/run';

const SEED = 20_261_128;
const MINUTES = 60_000;

describe('under chaos, in a browser', () => {
  it(
    'what two tabs send at once and files whose upload is cut off arrive once and whole',
    async () => {
      const result = await runChaos({
        seed: SEED,
        ms: 25_000,
        nodes: 1,
        perSecond: 3,
        browsers: 2,
        faults: ['two_tabs', 'upload_aborted'],
        eachFault: true,
      });
      expect(result.troubles).toEqual([]);
      expect(result.violations).toEqual([]);
      expect(result.unsettled).toBe(0);
      expect(result.faults.two_tabs).toBeGreaterThan(0);
      expect(result.faults.upload_aborted).toBeGreaterThan(0);
      expect(result.files).toBeGreaterThan(0);
    },
    6 * MINUTES,
  );
});
