import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../platform/db';
import { startEmbeddedPostgres } from '../platform/embedded-postgres';

declare module 'vitest' {
  interface ProvidedContext {
    testDatabase: TestDatabase;
  }
}

export interface TestDatabase {
  /** Address of a database from which others may be created and dropped. */
  adminUrl: string;
  /** A migrated, empty database that nobody is connected to: `CREATE DATABASE x TEMPLATE <template>`. */
  template: string;
  /** Databases whose names begin so are dropped when the run ends. */
  prefix: string;
}

interface Running {
  database: TestDatabase;
  end(): Promise<void>;
}

/**
 * Vitest runs this file once per project and each time as a fresh module; the PostgreSQL of the run is
 * therefore kept on the global object, with the number of projects that use it.
 */
interface Shared {
  running: Promise<Running>;
  users: number;
}
const SHARED = Symbol.for('otklik.test-database');
const shelf: typeof globalThis & { [SHARED]?: Shared } = globalThis;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = (shelf[SHARED] ??= { running: begin(), users: 0 });
  shared.users += 1;
  project.provide('testDatabase', (await shared.running).database);
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    delete shelf[SHARED];
    await (await shared.running).end();
  };
}

/** Uses `TEST_DATABASE_URL` when it is set, else an embedded PostgreSQL in a temporary folder. */
async function begin(): Promise<Running> {
  const given = process.env.TEST_DATABASE_URL;
  const server = given === undefined ? await startTemporary() : { url: given, end: undefined };
  const prefix = `otklik_test_${randomBytes(4).toString('hex')}_`;
  const template = `${prefix}template`;
  const end = server.end ?? (() => dropDatabases(server.url, prefix));
  try {
    await administer(server.url, (client) => client.query(`CREATE DATABASE ${template}`));
    const templateUrl = new URL(server.url);
    templateUrl.pathname = `/${template}`;
    await migrate(templateUrl.href);
  } catch (error) {
    await end();
    throw error;
  }
  return { database: { adminUrl: server.url, template, prefix }, end };
}

async function dropDatabases(adminUrl: string, prefix: string): Promise<void> {
  await administer(adminUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [prefix],
    );
    for (const { datname } of rows) {
      await client.query(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`);
    }
  });
}

/** Folders of test runs: `otklik-test-<process>-<random>/data`. */
const RUN_FOLDER = /^otklik-test-(\d+)-/;

async function startTemporary() {
  await sweepDeadRuns();
  // The test script names a folder, so that it can clear up even after a run that was killed.
  const given = process.env.OTKLIK_TEST_DATA_DIR;
  const dataDir = given ?? (await makeRunFolder());
  const quiet = { info: () => undefined, warn: () => undefined };
  const postgres = await startEmbeddedPostgres({ dataDir, log: quiet, durable: false });
  return {
    url: postgres.url,
    async end() {
      await postgres.stop();
      // A folder that was given is its giver's: the test script keeps the counts of the run in it.
      await fs.rm(given ? dataDir : path.dirname(dataDir), { recursive: true, force: true });
    },
  };
}

async function makeRunFolder(): Promise<string> {
  const folder = await fs.mkdtemp(path.join(tmpdir(), `otklik-test-${process.pid}-`));
  await fs.chmod(folder, 0o755); // PostgreSQL may run under another account
  return path.join(folder, 'data');
}

/** A run that was killed leaves its PostgreSQL running; the next run ends it. */
async function sweepDeadRuns(): Promise<void> {
  for (const name of await fs.readdir(tmpdir())) {
    const owner = RUN_FOLDER.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const folder = path.join(tmpdir(), name);
    const lock = path.join(folder, 'data', 'postgres', 'cluster', 'postmaster.pid');
    const pid = Number((await fs.readFile(lock, 'utf8').catch(() => '')).split('\n')[0]);
    const command = await fs.readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (pid > 0 && command.includes(folder)) process.kill(pid, 'SIGQUIT');
    // Another account's folder stays; it is not ours to clear.
    await fs.rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function administer(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
