import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres';

const log = { info: () => undefined, warn: () => undefined };
let dataDir: string;
const running: EmbeddedPostgres[] = [];
const elsewhere: ChildProcess[] = [];

beforeEach(async () => {
  dataDir = await fs.mkdtemp(path.join(tmpdir(), 'otklik-embedded-'));
  await fs.chmod(dataDir, 0o755);
});

afterEach(async () => {
  // After a failed test its servers still run.
  for (const child of elsewhere.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  while (running.length > 0) await running.pop()?.stop();
  await fs.rm(dataDir, { recursive: true, force: true });
});

async function start(folder = dataDir) {
  const database = await startEmbeddedPostgres({ dataDir: folder, log, durable: false });
  running.push(database);
  return database;
}

async function ask(database: { url: string }, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

const lockFile = (folder = dataDir) => path.join(folder, 'postgres', 'cluster', 'postmaster.pid');
const postgresPid = async () => Number((await fs.readFile(lockFile(), 'utf8')).split('\n')[0]);
const isRunning = () =>
  fs.access(lockFile()).then(
    () => true,
    () => false,
  );

/** A server in a process of its own, which can be killed without a chance to say goodbye. */
async function startElsewhere() {
  const module = path.resolve(import.meta.dirname, 'embedded-postgres.ts');
  const program = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(module)});
    const log = { info() {}, warn() {} };
    const database = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, log, durable: false });
    process.on('SIGTERM', async () => { await database.stop(); process.exit(0); });
    console.log(database.url);
    setInterval(() => undefined, 1000);
  `;
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  elsewhere.push(child);
  const [line] = await once(child.stdout, 'data');
  return {
    url: String(line).trim(),
    async end(signal: 'SIGKILL' | 'SIGTERM') {
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

it('the first start makes a database that knows Cyrillic letters and speaks UTC', async () => {
  const database = await start();
  expect(await ask(database, `SHOW server_encoding`)).toBe('UTF8');
  expect(await ask(database, `SHOW timezone`)).toBe('UTC');
  expect(await ask(database, `SHOW listen_addresses`)).toBe('127.0.0.1');
  expect(await ask(database, `SELECT lower('ОБРАЩЕНИЕ')`)).toBe('обращение');
  expect(await ask(database, `SELECT to_tsvector('russian', 'Обращения')::text`)).toBe(
    "'обращен':1",
  );
  await ask(database, 'CREATE EXTENSION pg_trgm');
  expect(await ask(database, `SELECT cardinality(show_trgm('Дилер'))`)).toBe(6);
});

it('the password is in a file only its owner may read', async () => {
  const database = await start();
  const file = path.join(dataDir, 'postgres', 'password');
  expect((await fs.stat(file)).mode & 0o777).toBe(0o600);
  expect(database.url).toContain(await fs.readFile(file, 'utf8'));
});

it('what was written is there after stop and start, at the same address', async () => {
  const first = await start();
  await ask(first, 'CREATE TABLE kept (n int)');
  await ask(first, 'INSERT INTO kept VALUES (41)');
  await first.stop();
  expect(await isRunning()).toBe(false);
  const second = await start();
  expect(second.url).toBe(first.url);
  expect(await ask(second, 'SELECT n FROM kept')).toBe(41);
});

it('another port is taken when the last one is in use', async () => {
  const first = await start();
  await first.stop();
  const squatter = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
  await once(squatter, 'listening');
  try {
    const second = await start();
    expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
    expect(await ask(second, 'SELECT 1')).toBe(1);
  } finally {
    squatter.close();
  }
});

it('a database left running by a killed server is used again, and stopped at the end', async () => {
  const killed = await startElsewhere();
  await ask(killed, 'CREATE TABLE kept (n int)');
  const pid = await postgresPid();
  await killed.end('SIGKILL');
  const database = await start();
  expect(await postgresPid()).toBe(pid);
  expect(database.url).toBe(killed.url);
  expect(await ask(database, 'SELECT count(*)::int FROM kept')).toBe(0);
  await database.stop();
  expect(await isRunning()).toBe(false);
});

it('two servers share the database, and the last to leave stops it', async () => {
  const there = await startElsewhere();
  const here = await start();
  expect(here.url).toBe(there.url);
  await there.end('SIGTERM');
  expect(await ask(here, 'SELECT 1')).toBe(1);
  await here.stop();
  expect(await isRunning()).toBe(false);
});

it('servers that start at the same moment on an empty folder end up with one database', async () => {
  const databases = await Promise.all([startElsewhere(), start(), start()]);
  expect(new Set(databases.map((database) => database.url)).size).toBe(1);
  await databases[0].end('SIGTERM');
  await databases[1].stop();
  expect(await ask(databases[2], 'SELECT 1')).toBe(1);
  expect((await fs.readdir(dataDir)).filter((name) => name.includes('init'))).toEqual([]);
});

it('a server that starts while the last one leaves gets a living database', async () => {
  for (let round = 0; round < 3; round += 1) {
    const leaving = await start();
    const [, arriving] = await Promise.all([leaving.stop(), start()]);
    expect(await ask(arriving, 'SELECT 1')).toBe(1);
    await arriving.stop();
  }
});

it.each([
  ['a process that is gone', () => 2 ** 22 + 12_345],
  ['another program', () => process.pid],
])('a lock file that names %s does not stand in the way', async (_name, strangerPid) => {
  const first = await start();
  const lock = await fs.readFile(lockFile(), 'utf8');
  await first.stop();
  await fs.writeFile(lockFile(), lock.replace(/^\d+/, String(strangerPid())));
  const second = await start();
  expect(await ask(second, 'SELECT 1')).toBe(1);
  expect(await postgresPid()).not.toBe(strangerPid());
});

it('a first start that was cut short begins anew', async () => {
  const halfMade = path.join(dataDir, `postgres.init-${2 ** 22 + 12_345}-0a0b0c0d`);
  await fs.mkdir(path.join(halfMade, 'cluster'), { recursive: true });
  await fs.writeFile(path.join(halfMade, 'cluster', 'PG_VERSION'), '18\n');
  const database = await start();
  expect(await ask(database, 'SELECT 1')).toBe(1);
  expect(await fs.readdir(dataDir)).not.toContain(path.basename(halfMade));
});

it('a database that dies under a living server comes back at the same address', async () => {
  const database = await start();
  process.kill(await postgresPid(), 'SIGKILL');
  const until = Date.now() + 15_000;
  let answer: unknown;
  while (answer !== 1 && Date.now() < until) {
    await sleep(50);
    answer = await ask(database, 'SELECT 1').catch(() => undefined);
  }
  expect(answer).toBe(1);
  await database.stop();
  expect(await isRunning()).toBe(false);
});

it('a data folder below a folder closed to others works, for root too', async () => {
  const closed = path.join(dataDir, 'closed');
  await fs.mkdir(closed, { mode: 0o700 });
  const database = await start(path.join(closed, 'data'));
  expect(await ask(database, 'SELECT 1')).toBe(1);
});
