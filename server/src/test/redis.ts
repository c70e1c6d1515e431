import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const USUAL = ['/usr/bin/redis-server', '/usr/local/bin/redis-server'];

/** A Redis of a test: on a port and in a folder of its own, with a password, killed and started again at will. */
export interface TestRedis {
  port: number;
  /** With the right password. */
  url: string;
  /** Does nothing when it runs. */
  start(): Promise<void>;
  /** Ends it at once, without farewell. */
  kill(): Promise<void>;
  /** It takes connections and bytes, and answers nothing, until `resume`. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

export async function testRedis(): Promise<TestRedis> {
  const program = process.env.REDIS_SERVER_PATH ?? USUAL.find((file) => existsSync(file));
  if (program === undefined)
    throw new Error(
      'redis-server is missing: run npm test, which installs it, or name it in REDIS_SERVER_PATH',
    );
  const folder = await mkdtemp(join(tmpdir(), 'otklik-redis-'));
  const port = await freePort();
  process.once('exit', () => child?.kill('SIGKILL'));
  const password = 'test-password';
  let child: ChildProcess | undefined;

  async function kill(): Promise<void> {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL');
    await gone;
  }

  return {
    port,
    url: `redis://:${password}@127.0.0.1:${port}`,
    async start() {
      if (child && child.exitCode === null) return;
      const settings = { port, dir: folder, bind: '127.0.0.1', save: '', appendonly: 'no' };
      const args = Object.entries({ ...settings, requirepass: password }).flatMap(
        ([name, value]) => [`--${name}`, String(value)],
      );
      const started = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
      child = started;
      await new Promise<void>((resolve, reject) => {
        let said = '';
        started.stdout?.on('data', (bytes: Buffer) => {
          said += bytes.toString();
          if (/ready to accept connections/i.test(said)) resolve();
        });
        started.once('exit', (code) =>
          reject(new Error(`redis-server ended with ${code}: ${said}`)),
        );
        started.once('error', reject);
      });
    },
    kill,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async close() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}
