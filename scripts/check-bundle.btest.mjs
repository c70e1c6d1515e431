import { expect, it } from 'vitest';
import { LIMIT_BYTES, weighBundle } from './check-bundle.mjs';

it('login and staff inbox cost at most 150 kB of JavaScript', async () => {
  const { totalBytes, files } = await weighBundle();
  expect(files.length).toBeGreaterThan(0);
  expect(totalBytes).toBeLessThanOrEqual(LIMIT_BYTES);
});
