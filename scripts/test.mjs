// npm test: installs what is missing, builds what is stale, runs every test.
// Arguments go to Vitest: npm test -- --project unit
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ensureBuilt } from './lib/builds.mjs';
import { runToEnd } from './lib/child.mjs';
import { findOrInstallChromium } from './lib/chromium.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { findOrInstallRedis } from './lib/redis.mjs';
import { binary, main, root, say, Stop } from './lib/shell.mjs';

await main(async () => {
  const args = process.argv.slice(2);
  const { passed, failed } = await runTests(args).catch((error) => {
    // What the tests need is missing: nothing ran, and that is a failure.
    if (!(error instanceof Stop)) throw error;
    console.error(`✗ ${error.message}`);
    return { passed: 0, failed: 1 };
  });
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
});

/**
 * @param {string[]} args for Vitest
 * @returns {Promise<{ passed: number, failed: number }>}
 */
async function runTests(args) {
  await ensureInstalled();
  /** @type {NodeJS.ProcessEnv} */
  const env = { NODE_ENV: 'test' };
  if (includes(args, 'integration')) {
    env.REDIS_SERVER_PATH = await findOrInstallRedis();
    say(`Redis: ${env.REDIS_SERVER_PATH}`);
  }
  if (includes(args, 'browser')) {
    env.CHROMIUM_PATH = await findOrInstallChromium();
    say(`Browser: ${env.CHROMIUM_PATH}`);
    await ensureBuilt();
  }
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), `otklik-test-${process.pid}-`));
  await fs.chmod(folder, 0o755); // PostgreSQL may run under another account
  const countsFile = path.join(folder, 'counts.json');
  const dataDir = path.join(folder, 'data');
  try {
    const reporters = ['default', path.join(root, 'scripts/lib/count-reporter.mjs')];
    const code = await runToEnd(
      [binary('vitest'), 'run', ...reporters.map((reporter) => `--reporter=${reporter}`), ...args],
      { ...env, OTKLIK_TEST_COUNTS: countsFile, OTKLIK_TEST_DATA_DIR: dataDir },
    );
    const counts = await readCounts(countsFile);
    if (counts.skipped > 0) say(`${counts.skipped} skipped`);
    // A run that ended badly without a failed test is a failure all the same.
    return {
      passed: counts.passed,
      failed: code === 0 ? counts.failed : Math.max(counts.failed, 1),
    };
  } finally {
    await stopLeftover(dataDir);
    await fs.rm(folder, { recursive: true, force: true });
  }
}

/**
 * Whether tests of this project are among those that were asked for.
 * @param {string[]} args
 * @param {string} project
 */
function includes(args, project) {
  const wanted = args.flatMap((arg, index) => {
    if (arg.startsWith('--project=')) return [arg.slice('--project='.length)];
    return arg === '--project' ? [args[index + 1] ?? ''] : [];
  });
  return wanted.length === 0 || wanted.some((one) => one.includes(project) || /[*!]/.test(one));
}

/**
 * @param {string} file
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>}
 */
async function readCounts(file) {
  const text = await fs.readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? { passed: 0, failed: 1, skipped: 0 } : JSON.parse(text);
}

/**
 * Vitest stops its PostgreSQL itself, unless it was killed.
 * @param {string} dataDir
 */
async function stopLeftover(dataDir) {
  const lock = path.join(dataDir, 'postgres/cluster/postmaster.pid');
  const pid = Number((await fs.readFile(lock, 'utf8').catch(() => '')).split('\n')[0]);
  if (pid > 0) process.kill(pid, 'SIGQUIT');
}
