// What a person downloads before the first page works: entry, login page and staff inbox.
import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { main, root, say, Stop } from './lib/shell.mjs';

export const LIMIT_BYTES = 150_000;
/** Charts are only for who opens reports; what the first pages have brought is not counted again. */
export const REPORTS_LIMIT_BYTES = 220_000;
// With what always comes right after sign-in, though nothing imports it at once: the frame, its routes and the socket.
const FIRST_PAGES = [
  'LoginPage',
  'InboxPage',
  'SignedInFrame',
  'signedInRoutes',
  'socket.io-client',
];

/**
 * @typedef {{ file: string, src?: string, name?: string, isEntry?: boolean, imports?: string[] }} Chunk
 */

/**
 * The JavaScript of entry, login and inbox with everything they import at once, gzip-compressed.
 * @returns {Promise<{ totalBytes: number, files: { file: string, bytes: number }[], reportsBytes: number }>}
 * @throws Stop when the client is not built, or one of the pages is no chunk of it
 */
export async function weighBundle(dist = path.join(root, 'client/dist')) {
  /** @type {Record<string, Chunk>} */
  const manifest = await fs
    .readFile(path.join(dist, '.vite/manifest.json'), 'utf8')
    .then(JSON.parse, () => {
      throw new Stop('client/dist/.vite/manifest.json is missing: run npm run build first.');
    });
  const chunks = Object.entries(manifest);
  const entries = chunks.filter(([, chunk]) => chunk.isEntry).map(([key]) => key);
  /** @param {string} page */
  const chunkOf = (page) => {
    const found = chunks.find(([key, chunk]) => `${key} ${chunk.name ?? ''}`.includes(page));
    // Without a chunk of its own it would be weighed with something else, or not at all.
    if (!found) throw new Stop(`No chunk of the client is named after ${page}.`);
    return found[0];
  };
  const pages = FIRST_PAGES.map(chunkOf);
  /** @type {Set<string>} */
  const wanted = new Set();
  /** @param {string} key */
  const take = (key) => {
    const chunk = manifest[key];
    if (!chunk || wanted.has(key)) return;
    wanted.add(key);
    chunk.imports?.forEach(take);
  };
  /** What is wanted so far, smallest last. */
  const weigh = async () => {
    const files = [];
    for (const key of wanted) {
      const file = manifest[key]?.file ?? '';
      if (!file.endsWith('.js')) continue;
      files.push({
        file,
        bytes: gzipSync(await fs.readFile(path.join(dist, file)), { level: 9 }).length,
      });
    }
    files.sort((a, b) => b.bytes - a.bytes);
    return { totalBytes: files.reduce((sum, { bytes }) => sum + bytes, 0), files };
  };
  [...entries, ...pages].forEach(take);
  const first = await weigh();
  take(chunkOf('ReportsPage'));
  return { ...first, reportsBytes: (await weigh()).totalBytes - first.totalBytes };
}

/** @returns {Promise<boolean>} whether the budget is kept */
export async function reportBundle() {
  const { totalBytes, files, reportsBytes } = await weighBundle();
  const kB = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  say(`First page: ${kB(totalBytes)} gzip of at most ${kB(LIMIT_BYTES)}`);
  say(`Reports, beyond it: ${kB(reportsBytes)} gzip of at most ${kB(REPORTS_LIMIT_BYTES)}`);
  if (totalBytes <= LIMIT_BYTES) return reportsBytes <= REPORTS_LIMIT_BYTES;
  for (const { file, bytes } of files) console.log(`    ${kB(bytes).padStart(9)}  ${file}`);
  return false;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => ((await reportBundle()) ? 0 : 1));
}
