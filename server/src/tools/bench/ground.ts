import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { entities } from '../../entities';
import { migrate, openDb, type Db } from '../../platform/db';
import { startEmbeddedPostgres } from '../../platform/embedded-postgres';
import { createLog } from '../../platform/log';
import { createBar } from '../replay/progress';

/** A server of the run, in a process of its own. */
export interface Program {
  url: string;
  /** Memory the process holds now, in bytes; 0 where the system does not tell. */
  memory: () => number;
  /** CPU it has used, ms; 0 where the system does not tell. */
  cpu: () => number;
  stop: () => Promise<void>;
  /** Ends it at once, in the middle of whatever it does. */
  kill: () => Promise<void>;
}

/** What every section stands on: one PostgreSQL, a temporary folder, programs that end with the run. */
export type Ground = Awaited<ReturnType<typeof openGround>>;

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const RESULTS = here('../../../../bench/results/');

export async function openGround() {
  const folder = await mkdtemp(join(tmpdir(), 'otklik-bench-'));
  const log = createLog('error', false);
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log });
  const children = new Set<ChildProcess>();

  /** Starts a TypeScript program beside this file; `ready` picks what is waited for from what it says. */
  function run(file: string, env: Record<string, string>): ChildProcess {
    const child = spawn(process.execPath, ['--import', 'tsx', here(file)], {
      env: { ...process.env, UPLOADS_DIR: join(folder, 'uploads'), NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  }

  const end = (child: ChildProcess, signal: NodeJS.Signals) =>
    new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once('exit', () => resolve());
      child.kill(signal);
    });

  return {
    run,

    /** Starts a server and waits until it says its port; 0: any free one. */
    async start(
      program: 'bare-server.ts' | 'product-server.ts',
      databaseUrl: string,
      port = 0,
    ): Promise<Program> {
      const child = run(`./${program}`, { DATABASE_URL: databaseUrl, PORT: String(port) });
      const taken = await new Promise<string>((resolve, reject) => {
        child.once('exit', (code) => reject(new Error(`${program} ended with ${code}`)));
        child.stdout?.on('data', (text: Buffer) => {
          const said = /port (\d+)/.exec(text.toString())?.[1];
          if (said !== undefined) resolve(said);
        });
      });
      return {
        url: `http://127.0.0.1:${taken}`,
        memory: () => memoryOf(child.pid),
        cpu: () => cpuOf(child.pid),
        stop: () => end(child, 'SIGTERM'),
        kill: () => end(child, 'SIGKILL'),
      };
    },

    /** An empty database. */
    async bareDatabase(name: string): Promise<string> {
      const client = new pg.Client({ connectionString: postgres.url });
      await client.connect();
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      const url = new URL(postgres.url);
      url.pathname = `/${name}`;
      return url.href;
    },

    /** A database with the product's tables. */
    async database(name: string): Promise<string> {
      const url = await this.bareDatabase(name);
      await migrate(url);
      return url;
    },

    /** Lends a connection pool. */
    async withDb<Result>(url: string, use: (db: Db) => Promise<Result>): Promise<Result> {
      const db = await openDb({ url, entities, poolSize: 4, log });
      try {
        return await use(db);
      } finally {
        await db.close();
      }
    },

    bar: (name: string, steps: number) => createBar(process.stderr, name, steps),
    show: (line: string) => void process.stdout.write(`${line}\n`),

    /** Keeps the figures, with what one needs to judge them by. */
    async save(name: string, figures: object): Promise<void> {
      await mkdir(RESULTS, { recursive: true });
      const machine = { cpus: cpus().length, loadBefore: loadAtStart, node: process.version };
      const text = JSON.stringify(
        { at: new Date().toISOString(), ...machine, ...figures },
        null,
        2,
      );
      await writeFile(join(RESULTS, `${name}.json`), `${text}\n`);
    },

    async close(): Promise<void> {
      await Promise.all([...children].map((child) => end(child, 'SIGKILL')));
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Average number of busy processes in the last minute before the run: what else the machine was doing. */
const loadAtStart = Math.round((loadavg()[0] ?? 0) * 10) / 10;

function memoryOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Ticks a second in which Linux counts CPU. */
const TICKS = 100;
/** CPU that a process has used, ms; 0 where the system does not tell. */
export function cpuOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
  } catch {
    return 0;
  }
}

export const median = (numbers: readonly number[]): number => percentile(numbers, 0.5);

export function percentile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Runs at most `width` at once; answers in the order of the items. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  width: number,
  run: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  async function line(): Promise<void> {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await run(item, index);
    }
  }
  await Promise.all(Array.from({ length: width }, line));
  return results;
}

/** A table of text: the first row is the head; all columns but the first are aligned to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('   '),
    )
    .join('\n');
}

export const ms = (value: number) => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
