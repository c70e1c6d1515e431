import { describe, expect, it } from 'vitest';
import { testDb } from '../../test/test-db';
import { isFound, PLANTED } from './planted';
import { runFuzz } from './run';

const SEED = 20_261_129;
const MINUTES = 60_000;

describe('under fuzzing', () => {
  it(
    'every answer is one of the contract, and nobody gets what is not his',
    async () => {
      const database = await testDb();
      try {
        const result = await runFuzz({ databaseUrl: database.url, requests: 1_500, seed: SEED });
        expect(result.faults).toEqual([]);
        expect(result.done).toBe(1_500);
        // Most operations have really been reached.
        expect(result.served).toBeGreaterThan(result.operations / 3);
      } finally {
        await database.close();
      }
    },
    5 * MINUTES,
  );

  // The others have their turn with `npm run fuzz -- --planted`.
  it.each(PLANTED.slice(0, 1))(
    'finds: $name',
    async (planted) => {
      const database = await testDb();
      try {
        const { faults } = await runFuzz({
          ...{ databaseUrl: database.url, requests: 2_000, seed: SEED, changes: planted.changes },
          enough: (known) => isFound(planted, known),
        });
        expect(isFound(planted, faults)).toBe(true);
      } finally {
        await database.close();
      }
    },
    5 * MINUTES,
  );
});
