import { defineConfig } from 'vitest/config';

/**
 * Three kinds of tests, told apart by the file's name:
 * `*.test.ts`  pure code, no database, no browser;
 * `*.itest.ts` real PostgreSQL (one server for the whole run, a database per test file);
 * `*.btest.ts` Chromium against the built client and a real server, two files at a time: pages mostly wait.
 */

/** How long a condition may take to come true on a busy machine; a test that passes never waits so long. */
const PATIENCE = { poll: { timeout: 20_000 } };

export default defineConfig({
  test: {
    // Two cores is what a small build machine has; PostgreSQL and Chromium want a share of them too.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['{shared,server,client}/src/**/*.test.ts', 'scripts/*.test.mjs'],
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          environment: 'node',
          include: ['server/src/**/*.itest.ts'],
          globalSetup: ['server/src/test/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: PATIENCE,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'browser',
          environment: 'node',
          include: ['server/src/test/browser/**/*.btest.ts', 'scripts/*.btest.mjs'],
          globalSetup: ['server/src/test/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          expect: PATIENCE,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
