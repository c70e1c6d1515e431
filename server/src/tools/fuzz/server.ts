import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleProgram, removeBundle, type Change } from '../chaos/product';
import type { Measure } from './server.worker';

export interface Server {
  port: number;
  /** Undefined as long as it runs; then how it ended, with its last words. */
  ended: () => string | undefined;
  /** The last lines of its log: errors. */
  said: () => string;
  measure: () => Promise<Measure>;
  stop: () => Promise<void>;
}

export interface ServerOptions {
  databaseUrl: string;
  folder: string;
  changes?: readonly Change[];
}

const MEASURE_MS = 20_000;

/** The product in a process of its own, so that its end, its memory and its files can be seen from outside. */
export async function startServer({
  databaseUrl,
  folder,
  changes,
}: ServerOptions): Promise<Server> {
  const bundle = await bundleProgram('server/src/tools/fuzz/server.worker.ts', 'fuzz', changes);
  const client = join(folder, 'client');
  await mkdir(join(client, 'assets'), { recursive: true });
  await writeFile(join(client, 'index.html'), '<!doctype html><base href="/"><title>x</title>');
  await writeFile(join(client, 'assets/x.js'), '');
  const child = spawn(process.execPath, ['--expose-gc', bundle], {
    env: {
      ...process.env,
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      DATA_DIR: join(folder, 'data'),
      UPLOADS_DIR: join(folder, 'uploads'),
      CLIENT_FOLDER: client,
      // The limit itself has a test of its own; here it would keep files from being looked into.
      UPLOADS_PER_HOUR: '100000',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let said = '';
  let end: string | undefined;
  const hear = (text: Buffer) => void (said = (said + text.toString()).slice(-6_000));
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      end = `the server ended with ${signal ?? code}; it said last:\n${said}`;
      resolve();
    });
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve((message as { port: number }).port));
    void gone.then(() => reject(new Error(end)));
  });
  return {
    port,
    ended: () => end,
    said: () => said,
    measure: () =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error('no measure came')), MEASURE_MS);
        child.once('message', (measure) => {
          clearTimeout(late);
          resolve(measure as Measure);
        });
        child.send('measure');
      }),
    async stop() {
      if (end === undefined) child.kill('SIGTERM');
      const impatient = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(impatient);
      await removeBundle(bundle);
    },
  };
}
