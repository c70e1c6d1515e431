// Builds server and client, and knows whether what was built is still what the sources say.
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { binary, root, run, Stop, withProgress } from './shell.mjs';

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string[]} sources files and folders whose content decides
 * @property {string} result the file that must exist
 * @property {() => Promise<void>} build
 */

/** @type {Part[]} */
const parts = [
  {
    name: 'server',
    sources: ['server/src', 'shared/src', 'server/package.json', 'server/tsconfig.json'],
    result: 'server/dist/main.js',
    build: buildServer,
  },
  {
    name: 'client',
    sources: ['client', 'shared/src'],
    result: 'client/dist/index.html',
    build: buildClient,
  },
];
const COMMON = ['tsconfig.json', 'package-lock.json', 'scripts/lib/builds.mjs'];
const NOT_SOURCES = /(^|\/)(dist|node_modules)$|^server\/src\/test$/;
const TEST_FILE = /\.(test|itest|btest)\.ts$/;

/** Builds what is stale; quick when nothing is. */
export async function ensureBuilt() {
  const stale = [];
  for (const part of parts) {
    const wanted = await fingerprint(part);
    if (!(await isFresh(part, wanted))) stale.push({ part, wanted });
  }
  await Promise.all(stale.map(({ part, wanted }) => build(part, wanted)));
}

/** Builds everything, fresh or not. */
export async function buildAll() {
  await Promise.all(parts.map(async (part) => build(part, await fingerprint(part))));
}

/**
 * @param {Part} part
 * @param {string} wanted
 */
async function build(part, wanted) {
  await fs.rm(stampOf(part), { force: true });
  await withProgress(`Building the ${part.name}`, part.build);
  await fs.mkdir(path.dirname(stampOf(part)), { recursive: true });
  await fs.writeFile(stampOf(part), wanted);
}

async function buildServer() {
  const { build: bundle } = await import('esbuild');
  await fs.rm(path.join(root, 'server/dist'), { recursive: true, force: true });
  try {
    await bundle({
      absWorkingDir: root,
      entryPoints: ['server/src/main.ts'],
      outfile: 'server/dist/main.js',
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      sourcemap: true,
      // TypeORM tells entities and migrations apart by the names of their classes.
      keepNames: true,
      packages: 'external',
      alias: { '@otklik/shared': path.join(root, 'shared/src') },
      logLevel: 'silent',
    });
  } catch (error) {
    throw new Stop(`The server does not build.\n${error instanceof Error ? error.message : error}`);
  }
}

async function buildClient() {
  const vite = binary('vite', 'vite', 'client');
  const { code, output } = await run(process.execPath, [vite, 'build', 'client'], {
    quiet: true,
    env: { NODE_ENV: 'production' },
  });
  if (code !== 0) throw new Stop(`The client does not build.\n${output}`);
}

/** @param {Part} part */
const stampOf = (part) => path.join(root, '.stamps', part.name);

/**
 * @param {Part} part
 * @param {string} wanted
 */
async function isFresh(part, wanted) {
  const stamp = await fs.readFile(stampOf(part), 'utf8').catch(() => undefined);
  if (stamp !== wanted) return false;
  return fs.access(path.join(root, part.result)).then(
    () => true,
    () => false,
  );
}

/**
 * By content and not by time: a checkout of the same sources stays fresh.
 * @param {Part} part
 */
async function fingerprint(part) {
  const files = [];
  for (const source of [...part.sources, ...COMMON]) files.push(...(await filesBelow(source)));
  const contents = await Promise.all(files.map((file) => fs.readFile(path.join(root, file))));
  const hash = createHash('sha256');
  files.forEach((file, index) => hash.update(`\0${file}\0`).update(contents[index] ?? ''));
  return hash.digest('hex');
}

/**
 * @param {string} place relative to the top
 * @returns {Promise<string[]>}
 */
async function filesBelow(place) {
  if (NOT_SOURCES.test(place)) return [];
  const stat = await fs.stat(path.join(root, place)).catch(() => undefined);
  if (!stat) return [];
  if (stat.isFile()) return TEST_FILE.test(place) ? [] : [place];
  const names = (await fs.readdir(path.join(root, place))).sort();
  const below = await Promise.all(names.map((name) => filesBelow(`${place}/${name}`)));
  return below.flat();
}
