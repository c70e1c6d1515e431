import { expect, it } from 'vitest';
import { LIMIT_BYTES, REPORTS_LIMIT_BYTES, weighBundle } from './check-bundle.mjs';

it('login and staff inbox cost at most 150 kB of JavaScript', async () => {
  const { totalBytes, files } = await weighBundle();
  expect(files.length).toBeGreaterThan(0);
  expect(totalBytes).toBeLessThanOrEqual(LIMIT_BYTES);
});

it('reports bring at most 220 kB more, and nothing to the first pages', async () => {
  const { reportsBytes, files } = await weighBundle();
  expect(reportsBytes).toBeLessThanOrEqual(REPORTS_LIMIT_BYTES);
  // Charts are heavier than this: where they are, they are seen.
  expect(reportsBytes).toBeGreaterThan(50_000);
  expect(files.filter(({ file }) => /Report|chart/i.test(file))).toEqual([]);
});
