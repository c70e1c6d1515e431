// npm run dev: database, server under tsx watch, client under Vite. Ctrl+C ends all three.
import path from 'node:path';
import { spawn } from 'node:child_process';
import { ensureInstalled } from './lib/install.mjs';
import { binary, main, root, say, withProgress } from './lib/shell.mjs';

await main(async () => {
  await ensureInstalled();
  const database = await startDatabase();
  const port = process.env.PORT ?? '3000';
  const env = { ...process.env, PORT: port, DATABASE_URL: database.url };
  const children = [
    launch([binary('tsx'), 'watch', '--clear-screen=false', 'server/src/main.ts'], {
      ...env,
      TSX_TSCONFIG_PATH: path.join(root, 'server/tsconfig.json'),
    }),
    launch([binary('vite', 'vite', 'client'), 'client'], env),
  ];
  say('Server and client restart by themselves when a file changes; Ctrl+C ends both.');

  const ended = children.map((child) => new Promise((resolve) => child.once('exit', resolve)));
  /** Called for every signal, and when one of the two ends by itself. */
  const stopAll = () => {
    for (const child of children) if (child.exitCode === null) child.kill('SIGTERM');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stopAll);
  await Promise.race(ended);
  stopAll();
  await Promise.all(ended);
  await database.stop();
  return 0;
});

/**
 * The database lives as long as this script, so a restart of the server does not restart it.
 * @returns {Promise<{ url: string, stop(): Promise<void> }>}
 */
async function startDatabase() {
  const given = process.env.DATABASE_URL;
  if (given) return { url: given, stop: async () => undefined };
  const { tsImport } = await import('tsx/esm/api');
  const { startEmbeddedPostgres } = await tsImport(
    '../server/src/platform/embedded-postgres.ts',
    import.meta.url,
  );
  const log = {
    info: () => undefined,
    warn: (/** @type {object} */ _facts, /** @type {string} */ message) => say(message),
  };
  const dataDir = path.resolve(root, process.env.DATA_DIR ?? '.data');
  return withProgress('Starting the database', () => startEmbeddedPostgres({ dataDir, log }));
}

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function launch(args, env) {
  return spawn(process.execPath, args, {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    // Ctrl+C reaches this script alone, which ends its children in order.
    detached: process.platform !== 'win32',
  });
}
