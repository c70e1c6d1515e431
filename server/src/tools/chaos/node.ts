import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { CrashPoint } from './product';

export interface NodeOptions {
  name: string;
  bundle: string;
  folder: string;
  databaseUrl: string;
  redisUrl?: string;
  /** Folder of the built client; left out: it serves no pages. */
  client?: string;
}

/** A free port, for a server that has to come back under the same one. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** One real server process that is killed and started again. */
export class ServerNode {
  private child: ChildProcess | undefined;
  private wanted = false;
  /** The last lines it said, for the report of a start that failed. */
  private said = '';

  private constructor(
    readonly port: number,
    private readonly options: NodeOptions,
  ) {}

  static async start(options: NodeOptions): Promise<ServerNode> {
    const node = new ServerNode(await freePort(), options);
    await node.start();
    return node;
  }

  private get pointFile(): string {
    return join(this.options.folder, `${this.options.name}.point`);
  }

  /** Starts it and waits until it is ready. @throws when it does not become ready within a minute */
  async start(tries = 20): Promise<void> {
    const { bundle, folder, databaseUrl, redisUrl, client, name } = this.options;
    this.wanted = true;
    this.child = spawn(process.execPath, [bundle], {
      env: {
        ...process.env,
        NODE_ENV: 'production',
        PORT: String(this.port),
        DATABASE_URL: databaseUrl,
        DATA_DIR: join(folder, name),
        UPLOADS_DIR: join(folder, 'uploads'),
        DEMO_DATA: '0',
        LOG_LEVEL: 'error',
        CHAOS_POINT: this.pointFile,
        ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
        ...(client === undefined ? {} : { CHAOS_CLIENT: client }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const hear = (text: Buffer) => {
      this.said = (this.said + text.toString()).slice(-2_000);
    };
    this.child.stdout?.on('data', hear);
    this.child.stderr?.on('data', hear);
    const deadline = Date.now() + 60_000;
    while (!(await this.isReady())) {
      if (!this.wanted) return;
      if (Date.now() > deadline) {
        await this.kill();
        throw new Error(`${name} did not become ready. It said last:\n${this.said}`);
      }
      // A database that is just being restarted ends a starting server; a supervisor starts it anew.
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        if (tries <= 1) throw new Error(`${name} does not start. It said last:\n${this.said}`);
        return this.start(tries - 1);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async isReady(): Promise<boolean> {
    return fetch(`http://127.0.0.1:${this.port}/readyz`, {
      signal: AbortSignal.timeout(2_000),
    }).then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  get isAlive(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null;
  }

  /** Ends at once, in the middle of whatever it does. */
  async kill(): Promise<void> {
    if (!this.child || !this.isAlive) return;
    const gone = new Promise<void>((resolve) => this.child?.once('exit', () => resolve()));
    this.child.kill('SIGKILL');
    await gone;
  }

  /** The next write dies at that point. @returns whether it died there within `ms` */
  async dieAt(point: CrashPoint, ms: number): Promise<boolean> {
    if (!this.child || !this.isAlive) return false;
    const { child } = this;
    const gone = new Promise<true>((resolve) => child.once('exit', () => resolve(true)));
    await this.aim(point);
    const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), ms).unref());
    const died = await Promise.race([gone, late]);
    if (!died) await this.aim('');
    return died;
  }

  /**
   * It dies when it comes to that point, which may be one of the changes it was built with: it has heard so when this answers.
   * @returns `died` resolves when the process is gone
   */
  async arm(point: string): Promise<{ died: Promise<void> }> {
    const { child } = this;
    if (!child || !this.isAlive) throw new Error(`${this.options.name} does not run`);
    const died = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await this.aim(point);
    const heard = () => readFile(`${this.pointFile}.heard`, 'utf8').catch(() => '');
    while ((await heard()) !== `${child.pid} ${point}`) {
      if (!this.isAlive) throw new Error(`${this.options.name} ended before ${point}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return { died };
  }

  private async aim(point: string): Promise<void> {
    await writeFile(this.pointFile, point);
    this.child?.kill('SIGUSR2');
  }

  /** Ends it politely, for good. */
  async stop(): Promise<void> {
    this.wanted = false;
    const { child } = this;
    if (!child || !this.isAlive) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const impatient = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await gone;
    clearTimeout(impatient);
  }
}
