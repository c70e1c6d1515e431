import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** One piece of a source file and what stands there instead. */
export interface Change {
  /** Below the project's root. */
  file: string;
  find: string;
  put: string;
}

/**
 * Bundles a source of the product with changes in it; the sources stay as they are.
 * Every change has to match exactly once, so that none can rot unnoticed when the product moves on.
 * @returns path of the bundle; it lies in its workspace, so that its packages are found
 */
async function bundle(
  entry: string,
  name: string,
  changes: readonly Change[],
  packages: Pick<BuildOptions, 'packages' | 'alias' | 'define' | 'conditions' | 'banner'>,
  plugins: Plugin[] = [],
): Promise<string> {
  const [workspace = ''] = entry.split('/');
  const folder = join(root, workspace, 'node_modules/.cache/otklik-chaos');
  await mkdir(folder, { recursive: true });
  const outfile = join(folder, `${name}-${process.pid}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    // Names in a stack trace must do: source maps of everything loaded cost seconds at each start.
    keepNames: true,
    define: { 'import.meta.env': '{"DEV":false}' },
    logLevel: 'silent',
    plugins: [changed(changes), ...plugins],
    ...packages,
    alias: { '@otklik/shared': join(root, 'shared/src'), ...packages.alias },
  });
  return outfile;
}

function changed(changes: readonly Change[]): Plugin {
  return {
    name: 'changed sources',
    setup(bundler) {
      const used = new Set<Change>();
      bundler.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const here = changes.filter(({ file }) => path === join(root, file));
        if (here.length === 0) return null;
        let contents = await readFile(path, 'utf8');
        for (const change of here) {
          const parts = contents.split(change.find);
          if (parts.length !== 2)
            throw new Error(
              `"${change.find}" stands ${parts.length - 1} times in ${change.file}, not once`,
            );
          contents = parts.join(change.put);
          used.add(change);
        }
        return { contents, loader: 'ts' };
      });
      bundler.onEnd(() => {
        const missed = changes.find((change) => !used.has(change));
        if (missed) throw new Error(`${missed.file} is not part of the bundle`);
      });
    },
  };
}

/** Components are for browsers: what a store's neighbour imports of them is left empty. */
const withoutComponents: Plugin = {
  name: 'without components',
  setup(bundler) {
    bundler.onResolve({ filter: /\.(vue|css|json)$/ }, ({ path }) => ({
      path,
      namespace: 'empty',
    }));
    bundler.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({
      contents: 'export default {}',
      loader: 'js',
    }));
  },
};

/**
 * Where a node can be made to die; armed by SIGUSR2 and the file that `CHAOS_POINT` names. The first three are of messages, the
 * others of the clock poller: a due moment is written but not committed; it is committed, and nobody has been told.
 */
export type CrashPoint =
  'before_commit' | 'after_commit' | 'after_answer' | 'before_tick_commit' | 'after_tick_commit';

const CRASHES: readonly Change[] = [
  {
    // A bundle lies elsewhere; and the pages must not change while they are open.
    file: 'server/src/app.ts',
    find: `fileURLToPath(new URL('../../client/dist', import.meta.url))`,
    put: `(process.env.CHAOS_CLIENT ?? 'no-client')`,
  },
  {
    file: 'server/src/main.ts',
    find: `import { createApp } from './app';`,
    put: `import { createApp } from './app';
import { readFileSync, writeFileSync } from 'node:fs';
let point = '';
process.on('SIGUSR2', () => {
  const file = process.env.CHAOS_POINT ?? '';
  point = readFileSync(file, 'utf8').trim();
  writeFileSync(file + '.heard', process.pid + ' ' + point);
});
globalThis.dieAt = (here) => { if (here === point) { process.kill(process.pid, 'SIGKILL'); for (;;) {} } return point; };`,
  },
  {
    file: 'server/src/platform/db.ts',
    find: `    const end = await send('COMMIT');`,
    put: `    globalThis.dieAt('before_commit');
    const end = await send('COMMIT');`,
  },
  {
    file: 'server/src/modules/appeals/thread.service.ts',
    find: `    const saved = await appealRepository
      .saveIfStill`,
    put: `    globalThis.dieAt('before_commit');
    const saved = await appealRepository
      .saveIfStill`,
  },
  {
    file: 'server/src/modules/appeals/thread.service.ts',
    find: `    works.forEach(written);
    return posted;`,
    put: `    if (globalThis.dieAt('after_commit') === 'after_answer') setTimeout(() => globalThis.dieAt('after_answer'), 20);
    else works.forEach(written);
    return posted;`,
  },
  {
    file: 'server/src/platform/db.ts',
    find: `    client.release();
    for (const effect of after) effect();
    return value;`,
    put: `    client.release();
    // The answer goes out, the news do not.
    if (globalThis.dieAt('after_commit') === 'after_answer') setTimeout(() => globalThis.dieAt('after_answer'), 20);
    else for (const effect of after) effect();
    return value;`,
  },
  {
    file: 'server/src/modules/appeals/appeal.service.ts',
    find: `        await appealRepository.save(tx, [work]);
        tellAfter(tx, work);
        return work.steps`,
    put: `        await appealRepository.save(tx, [work]);
        tx.afterCommit(() => globalThis.dieAt('after_tick_commit'));
        tellAfter(tx, work);
        globalThis.dieAt('before_tick_commit');
        return work.steps`,
  },
];

/** A program of the tools, with changes in the product it runs. */
export const bundleProgram = (entry: string, name: string, changes: readonly Change[] = []) =>
  bundle(entry, name, changes, { packages: 'external' });

/** The server, with crash points in it. */
export const bundleServer = (changes: readonly Change[] = []) =>
  bundle('server/src/main.ts', 'server', [...CRASHES, ...changes], { packages: 'external' });

/**
 * Packages in the bundle, as built for production: a page that is loaded anew is one file to read, and Vue does not
 * check itself while it works. Those for Node alone may still ask for its modules in the old way.
 */
const INSIDE = {
  define: {
    'import.meta.env': '{"DEV":false}',
    'process.env.NODE_ENV': '"production"',
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  },
  banner: {
    js: `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`,
  },
};

/** The client's stores, queue and socket, without any screen. */
export const bundleClient = (changes: readonly Change[] = []) =>
  bundle(
    'client/src/headless/main.ts',
    'client',
    changes,
    { ...INSIDE, alias: { vue: 'vue/dist/vue.runtime.esm-bundler.js' } },
    [withoutComponents],
  );

/** A browser of the crowd; bundled too, because a worker thread has no loader for TypeScript. */
export const bundleWorker = () =>
  bundle('server/src/tools/chaos/headless.worker.ts', 'worker', [], INSIDE);

export const removeBundle = (file: string) => rm(file, { force: true });
