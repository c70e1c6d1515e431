// Finds a redis-server for the tests of two nodes, or installs Debian's.
import fs from 'node:fs/promises';
import path from 'node:path';
import { run, say, Stop, withProgress } from './shell.mjs';

const NAMES = ['redis-server', 'valkey-server'];
const FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/snap/bin'];

/**
 * @returns {Promise<string>} path of a redis-server that starts
 * @throws Stop when there is none and none can be installed
 */
export async function findOrInstallRedis() {
  const given = process.env.REDIS_SERVER_PATH;
  if (given) {
    if (await starts(given)) return given;
    throw new Stop(`REDIS_SERVER_PATH=${given} does not start.`);
  }
  const found = await find();
  if (found) return found;
  say('No redis-server found, the tests of two nodes need one.');
  const log = await install();
  const installed = await find();
  if (installed) return installed;
  throw new Stop(
    `redis-server could not be installed. Install it, or set REDIS_SERVER_PATH to one.\n${log}`,
  );
}

async function find() {
  const onPath = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  for (const folder of new Set([...FOLDERS, ...onPath])) {
    for (const name of NAMES) {
      const candidate = path.join(folder, name);
      if (await starts(candidate)) return candidate;
    }
  }
  return undefined;
}

async function starts(/** @type {string} */ file) {
  const isThere = await fs.access(file).then(
    () => true,
    () => false,
  );
  return isThere && (await run(file, ['--version'], { quiet: true })).code === 0;
}

/** @returns {Promise<string>} what the installer said */
async function install() {
  const isDebian = await fs.access('/etc/debian_version').then(
    () => true,
    () => false,
  );
  if (process.getuid?.() !== 0 || !isDebian)
    return 'Only root on Debian or one of its kin can install it from here.';
  let log = '';
  await withProgress('Installing Redis (apt-get install redis-server)', async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    log += (await run('apt-get', ['update'], { quiet: true, env })).output;
    // The tests start their own; the package's service is not wanted.
    const args = ['install', '-y', '--no-install-recommends', 'redis-server'];
    log += (await run('apt-get', args, { quiet: true, env })).output;
  });
  return log;
}
