import 'reflect-metadata';
import { Writable } from 'node:stream';
import pg from 'pg';
import { runMigrations as runJobMigrations } from 'graphile-worker';
import {
  DataSource,
  type EntityManager,
  type EntityTarget,
  type ObjectLiteral,
  type QueryRunner,
  type Repository,
} from 'typeorm';
import { migrations } from '../migrations';
import { createConnectionWait } from './connection-wait';
import type { Log } from './log';

// Sums, counts and kopecks stay far below 2^53, so plain numbers are exact.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number);
// A calendar day has no zone; a Date object would give it one.
pg.types.setTypeParser(pg.types.builtins.DATE, String);

/** One transaction. Functions that join another's transaction take it first. */
export interface Tx {
  /** Rows of one statement. `Row` is the caller's knowledge of its columns. */
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  repository<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>): Repository<Entity>;
  /** Runs after COMMIT, in order; never when the transaction is rolled back. */
  afterCommit(run: () => void): void;
  /**
   * A durable effect: a job row written in this transaction, so that it exists exactly when the change does.
   * @param key a second job with the same key replaces the first while it has not run
   */
  addJob(task: string, payload: object, options?: { key?: string; runAt?: Date }): Promise<void>;
}

/** A transaction of a few prepared statements, for the hot path; see `Db.batch`. */
export interface BatchTx {
  /** `name` makes the statement prepared: its text must always be the same for that name. */
  query<Row extends object>(
    sql: string,
    parameters?: readonly unknown[],
    name?: string,
  ): Promise<Row[]>;
  /** Sends a statement without waiting for its answer; when it fails, the whole batch fails. */
  write(sql: string, parameters: readonly unknown[], name?: string): void;
  afterCommit(run: () => void): void;
}

export interface Db {
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  repository<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>): Repository<Entity>;
  transaction<Result>(run: (tx: Tx) => Promise<Result>): Promise<Result>;
  /**
   * A transaction for the hot path: statements are prepared and pipelined, so that BEGIN travels with the first of them
   * and COMMIT with the last. Costs three round trips where `transaction` needs five.
   */
  batch<Result>(run: (tx: BatchTx) => Promise<Result>): Promise<Result>;
  /**
   * One prepared statement that is a transaction by itself, committed when it answers: a single round trip. For the hot path,
   * on the connections of `batch`; `name` as there.
   */
  single<Row extends object>(
    sql: string,
    parameters: readonly unknown[],
    name: string,
  ): Promise<Row[]>;
  /**
   * Calls `heard` for every NOTIFY on `channel`, from any node; reconnects by itself. Ends with the returned function.
   * @param regained called after a loss, once it hears again: what was told meanwhile has been missed
   */
  listen(
    channel: string,
    heard: (payload: string) => void,
    regained?: () => void,
  ): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export interface DbOptions {
  url: string;
  entities: (new () => ObjectLiteral)[];
  poolSize: number;
  log: Log;
}

const STATEMENT_TIMEOUT_MS = 15_000;
const LOCK_TIMEOUT_MS = 5_000;

// Shorter than the client's patience (10 s): a refusal is better than silence.
const LIMITS = {
  connectionTimeoutMillis: 1_800,
  idleTimeoutMillis: 30_000,
  statement_timeout: STATEMENT_TIMEOUT_MS,
  lock_timeout: LOCK_TIMEOUT_MS,
  idle_in_transaction_session_timeout: 20_000,
  keepAlive: true,
  // Compiling a statement costs more than any of ours takes to run.
  options: '-c jit=off',
};
/** Batches run one after the other, so few connections serve them. */
const BATCH_CONNECTIONS = 2;

function dataSource(url: string, entities: DbOptions['entities'], poolSize: number) {
  return new DataSource({
    type: 'postgres',
    url,
    entities,
    migrations,
    synchronize: false,
    migrationsTableName: 'migration',
    poolSize,
    logging: false,
    extra: { application_name: 'otklik', ...LIMITS },
  });
}

async function rows<Row extends object>(
  runner: QueryRunner,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  const result = await runner.query(sql, [...parameters], true);
  return result.records;
}

function transactionOf(runner: QueryRunner, em: EntityManager, after: (() => void)[]): Tx {
  // A connection serves one statement at a time; callers need not know and may send several at once.
  let last: Promise<unknown> = Promise.resolve();
  return {
    query(sql, parameters) {
      const answer = last.then(() => rows<never>(runner, sql, parameters));
      last = answer.catch(() => undefined);
      return answer;
    },
    repository: (entity) => em.getRepository(entity),
    afterCommit: (run) => void after.push(run),
    async addJob(task, payload, { key, runAt } = {}) {
      await rows(
        runner,
        `SELECT graphile_worker.add_job($1, payload := $2::json, job_key := $3, run_at := coalesce($4::timestamptz, now()))`,
        [task, JSON.stringify(payload), key ?? null, runAt ?? null],
      );
    },
  };
}

/**
 * Opens the pool. The schema must be there: call {@link migrate} first.
 * Every connection has statement, lock and idle limits, so that a stuck query cannot hold others for long.
 */
export async function openDb({ url, entities, poolSize, log }: DbOptions): Promise<Db> {
  const source = await dataSource(url, entities, poolSize).initialize();
  const wait = createConnectionWait(LIMITS.connectionTimeoutMillis);

  async function connected(): Promise<QueryRunner> {
    const runner = source.createQueryRunner();
    await runner.connect();
    return runner;
  }
  async function withRunner<Result>(
    run: (runner: QueryRunner) => Promise<Result>,
  ): Promise<Result> {
    const runner = await wait.connect(connected);
    try {
      const result = await run(runner);
      wait.answered();
      return result;
    } finally {
      await runner.release();
    }
  }

  const batches = new pg.Pool({
    connectionString: url,
    max: BATCH_CONNECTIONS,
    pipeline: true,
    application_name: 'otklik batch',
    ...LIMITS,
    // The same few statements for ever, each by key: planned once, not at each call, and never by the size
    // a table had when it was planned.
    options: `${LIMITS.options} -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_material=off`,
  });
  // A connection lost in the middle of a batch tells its statements; without a listener of its own it would end the process too.
  batches.on('connect', (client) => void client.on('error', () => undefined));
  batches.on('error', (error) => log.warn({ err: error }, 'an idle database connection was lost'));

  return {
    query: (sql, parameters) => withRunner((runner) => rows(runner, sql, parameters)),
    repository: (entity) => source.getRepository(entity),
    async transaction(run) {
      const after: (() => void)[] = [];
      const result = await withRunner(async (runner) => {
        await runner.startTransaction();
        try {
          const value = await run(transactionOf(runner, runner.manager, after));
          await runner.commitTransaction();
          return value;
        } catch (error) {
          // A dead connection cannot roll back; the first error is the one that says why.
          await runner.rollbackTransaction().catch(() => undefined);
          throw error;
        }
      });
      for (const effect of after) effect();
      return result;
    },
    async batch(run) {
      const client = await wait.connect(() => batches.connect());
      const result = await batchTransaction(client, run);
      wait.answered();
      return result;
    },
    async single(sql, parameters, name) {
      // It fails by its limit only before the statement was sent.
      const answer = await wait.connect(() =>
        batches.query<never>({ text: sql, values: [...parameters], name }),
      );
      wait.answered();
      return answer.rows;
    },
    listen: (channel, heard, regained) => listen(url, channel, heard, regained, log),
    async close() {
      await batches.end();
      await source.destroy();
    },
  };
}

/** The wire below a client; pg has no public name for it, so its absence must change nothing but speed. */
function streamOf(client: pg.PoolClient): Writable | null {
  const connection: unknown = Reflect.get(client, 'connection');
  const stream: unknown =
    typeof connection === 'object' && connection !== null
      ? Reflect.get(connection, 'stream')
      : null;
  return stream instanceof Writable ? stream : null;
}

async function batchTransaction<Result>(
  client: pg.PoolClient,
  run: (tx: BatchTx) => Promise<Result>,
): Promise<Result> {
  const after: (() => void)[] = [];
  const sent: Promise<pg.QueryResult>[] = [];
  const stream = streamOf(client);
  let corked = false;
  const send = (text: string, values: readonly unknown[] = [], name?: string) => {
    // Statements of one moment leave in one packet: a write to the socket costs more than making the statement.
    if (stream && !corked) {
      corked = true;
      stream.cork();
      process.nextTick(() => {
        corked = false;
        stream.uncork();
      });
    }
    const answer = client.query({
      text,
      values: [...values],
      ...(name === undefined ? {} : { name }),
    });
    // Whoever does not wait learns of the failure at COMMIT, below.
    answer.catch(() => undefined);
    sent.push(answer);
    return answer;
  };
  try {
    void send('BEGIN');
    const value = await run({
      query: async (sql, parameters, name) => (await send(sql, parameters, name)).rows,
      write: (sql, parameters, name) => void send(sql, parameters, name),
      afterCommit: (effect) => void after.push(effect),
    });
    const end = await send('COMMIT');
    await Promise.all(sent);
    // COMMIT after a failed statement answers ROLLBACK without an error of its own.
    if (end.command !== 'COMMIT') throw new Error(`the transaction ended with ${end.command}`);
    client.release();
    for (const effect of after) effect();
    return value;
  } catch (error) {
    const back = await client.query('ROLLBACK').catch((cause: unknown) => cause);
    client.release(back instanceof Error);
    throw error;
  }
}

/** A connection of its own that listens for NOTIFY and comes back after a loss. */
async function listen(
  url: string,
  channel: string,
  heard: (payload: string) => void,
  regained: (() => void) | undefined,
  log: Log,
) {
  let closed = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: url,
      keepAlive: true,
      connectionTimeoutMillis: LIMITS.connectionTimeoutMillis,
      application_name: 'otklik listen',
    });
    next.on('notification', (message) => heard(message.payload ?? ''));
    next.on('error', (error) => {
      log.warn({ err: error, channel }, 'the listening connection was lost');
      next.removeAllListeners('notification');
      void next.end().catch(() => undefined);
      again();
    });
    await next.connect();
    await next.query(`LISTEN ${channel}`);
    if (closed) await next.end();
    client = next;
  }
  function again(): void {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => void connect().then(regained, again), 500);
  }

  await connect();
  return async () => {
    closed = true;
    clearTimeout(timer);
    await client?.end().catch(() => undefined);
  };
}

// Any number that nobody else uses: two servers starting at once migrate one after the other.
const MIGRATION_LOCK = 7_215_004;

/** A role that works with the tables and cannot change them. */
export interface RuntimeRole {
  name: string;
  /** Tables it may empty at once. */
  mayTruncate: readonly string[];
}

/**
 * Brings the schema of the database up to date: our tables and those of the job queue. Safe to call from several processes at once.
 * @param role gets what it needs to work with them
 */
export async function migrate(url: string, role?: RuntimeRole): Promise<void> {
  const source = await dataSource(url, [], 2).initialize();
  const runner = source.createQueryRunner();
  try {
    // Waiting for the other server's migration may take longer than any ordinary statement.
    await runner.query(`SET statement_timeout = 0`);
    await runner.query(`SET lock_timeout = 0`);
    await runner.query(`SELECT pg_advisory_lock($1)`, [MIGRATION_LOCK]);
    try {
      await runJobMigrations({ connectionString: url });
      await source.runMigrations({ transaction: 'each' });
      if (role) for (const sql of grantsTo(role)) await runner.query(sql);
    } finally {
      await runner.query(`SELECT pg_advisory_unlock($1)`, [MIGRATION_LOCK]);
    }
  } finally {
    await runner.release();
    await source.destroy();
  }
}

/** Of the schemas with our tables and those of the job queue. The history of migrations is read only. */
function grantsTo({ name, mayTruncate }: RuntimeRole): string[] {
  const role = pg.escapeIdentifier(name);
  return [
    `REVOKE CREATE ON SCHEMA public FROM PUBLIC`,
    ...['public', 'graphile_worker'].flatMap((schema) => [
      `GRANT USAGE ON SCHEMA ${schema} TO ${role}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`,
      `GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role}`,
      `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schema} TO ${role}`,
    ]),
    `REVOKE INSERT, UPDATE, DELETE ON migration FROM ${role}`,
    // The queue's tables show their rows to their owner alone, unless a policy says otherwise.
    `DO $$
     DECLARE queue_table regclass;
     BEGIN
       FOR queue_table IN
         SELECT oid FROM pg_class c WHERE relnamespace = 'graphile_worker'::regnamespace AND relrowsecurity
           AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = ${pg.escapeLiteral(name)})
       LOOP
         EXECUTE format('CREATE POLICY %1$I ON %2$s TO %1$I USING (true) WITH CHECK (true)', ${pg.escapeLiteral(name)}, queue_table);
       END LOOP;
     END $$`,
    ...mayTruncate.map((table) => `GRANT TRUNCATE ON ${pg.escapeIdentifier(table)} TO ${role}`),
  ];
}
