// Installs the packages when they are missing or no longer those of the lock file.
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { root, run, Stop, withProgress } from './shell.mjs';

const STAMP = path.join(root, 'node_modules', '.otklik-installed');

export async function ensureInstalled() {
  refuseOldNode();
  const wanted = await fingerprint();
  if ((await read(STAMP)) === wanted) return;
  if (!(await matchesLock())) {
    await withProgress('Installing packages (npm ci)', async () => {
      // Called by npm, this is the npm that called; dev packages are needed to build, whatever NODE_ENV says.
      const npm = process.env.npm_execpath;
      const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
      const { code, output } = npm?.endsWith('.js')
        ? await run(process.execPath, [npm, ...args], { quiet: true })
        : await run('npm', args, { quiet: true });
      if (code !== 0)
        throw new Stop(`npm ci failed:\n${output.split('\n').slice(0, 25).join('\n')}`);
    });
  }
  await fs.writeFile(STAMP, wanted);
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Stop(`Node.js 20.19 or newer is needed, this is ${process.versions.node}.`);
  }
}

async function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const folder of ['.', 'shared', 'server', 'client']) {
    hash.update((await read(path.join(root, folder, 'package.json'))) ?? '');
  }
  return hash.update((await read(path.join(root, 'package-lock.json'))) ?? '').digest('hex');
}

/** Somebody may have installed by hand; npm notes in node_modules what it put there. */
async function matchesLock() {
  const [there, wanted] = await Promise.all([
    read(path.join(root, 'node_modules', '.package-lock.json')),
    read(path.join(root, 'package-lock.json')),
  ]);
  if (there === undefined || wanted === undefined) return false;
  /** @type {Record<string, { version?: string, optional?: boolean, peer?: boolean }>} */
  const installed = JSON.parse(there).packages;
  /** @type {typeof installed} */
  const locked = JSON.parse(wanted).packages;
  return Object.entries(locked).every(([place, { version, optional }]) => {
    if (!place.includes('node_modules/')) return true;
    const found = installed[place];
    return found ? found.version === version : optional === true;
  });
}

/** @param {string} file */
const read = (file) => fs.readFile(file, 'utf8').catch(() => undefined);
