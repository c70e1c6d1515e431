import { expect, it } from 'vitest';
import { runClockChaos } from './clocks';

it('no deadline is missed, doubled or early while nodes are killed and the clock of the database jumps', async () => {
  const result = await runClockChaos({ clocks: 300, kills: 3, seed: 20_261_128 });
  expect(result.broken).toEqual([]);
  expect(result).toMatchObject({ kills: 3, jumps: 7, jumpsBack: 3 });
  // One died with a moment written but not committed, one before anybody was told.
  expect(result).toMatchObject({ beforeCommit: 1, afterCommit: 1 });
}, 240_000);
