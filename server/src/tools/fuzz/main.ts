import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { migrate } from '../../platform/db';
import { startEmbeddedPostgres } from '../../platform/embedded-postgres';
import { createLog } from '../../platform/log';
import { createBar } from '../replay/progress';
import { isFound, PLANTED } from './planted';
import { runFuzz, type FuzzOptions, type FuzzResult } from './run';

/**
 * npm run fuzz [-- --requests 20000 --seed 7 --case N | --planted]
 * The product under requests that nobody should send; exit code 0 only when it answered all of them as it should. See README.md
 * beside this file.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '20000' },
      seed: { type: 'string' },
      case: { type: 'string' },
      planted: { type: 'boolean', default: false },
    },
  });
  const requests = whole('requests', values.requests);
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : whole('seed', values.seed);
  const only = values.case === undefined ? {} : { only: whole('case', values.case) };
  let cancelled = false;
  process.once('SIGINT', () => {
    cancelled = true;
    process.once('SIGINT', () => process.exit(130));
  });
  process.stdout.write(`Seed ${seed}\n`);
  const run = (more: Partial<FuzzOptions>) =>
    onDatabase(async (databaseUrl) => {
      const steps = 'only' in only ? 1 : (more.requests ?? requests);
      const bar = createBar(process.stderr, 'fuzz', steps);
      let shown = 0;
      const result = await runFuzz({
        ...{ databaseUrl, requests, seed, ...only, ...more },
        progress(done) {
          for (; shown < done; shown += 1) bar.step();
        },
        cancelled: () => cancelled,
      });
      bar.end();
      return result;
    });
  if (values.planted) {
    let missed = 0;
    for (const planted of PLANTED) {
      if (cancelled) return 130;
      const { faults, done } = await run({
        ...{ requests: PLANTED_REQUESTS, changes: planted.changes },
        enough: (known) => isFound(planted, known),
      });
      const found = isFound(planted, faults);
      if (!found) missed += 1;
      const told = `${found ? '✓' : '✗ NOT FOUND'} ${planted.name}: ${faults.length} faults in ${done}`;
      process.stdout.write(`${told}\n`);
    }
    return missed === 0 ? 0 : 1;
  }
  const result = await run({});
  process.stdout.write(`${report(result, seed)}\n`);
  if (result.faults.length > 0) return 1;
  return cancelled ? 130 : 0;
}

const PLANTED_REQUESTS = 3_000;

/** Lends an embedded PostgreSQL with the product's tables. */
async function onDatabase<Result>(use: (databaseUrl: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'otklik-fuzz-data-'));
  try {
    const log = createLog('silent', false);
    const postgres = await startEmbeddedPostgres({
      dataDir: join(folder, 'data'),
      log,
      durable: false,
    });
    try {
      await migrate(postgres.url);
      return await use(postgres.url);
    } finally {
      await postgres.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function whole(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be a whole number`);
  return Number(text);
}

function report(result: FuzzResult, seed: number): string {
  const { done, ms, served, operations, kinds, statuses, faults, measures, said } = result;
  const counts = (of: Record<string, number>) =>
    Object.entries(of)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const is = (...words: string[]) =>
    faults.filter(({ fault }) => words.some((word) => fault.startsWith(word))).length;
  const seen = new Map<string, number>();
  // The same fault of the same kind of request is told three times.
  const told = faults.filter(({ what, fault }) => {
    const key = `${what.split(':')[0]} ${fault.slice(0, 40)}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return (seen.get(key) ?? 0) <= 3;
  });
  return [
    `${done} requests in ${Math.round(ms / 1000)} s; ${served} of ${operations} operations served some`,
    ...(result.unserved.length > 0 ? [`  never served: ${result.unserved.join(', ')}`] : []),
    `  by kind: ${counts(kinds)}`,
    `  answers: ${counts(statuses)}`,
    `  memory, descriptors: ${measures.map((one) => `${Math.round(one.memory / 1e6)} MB, ${one.descriptors}`).join(' → ')}`,
    `${is('the server ended')} crashes, ${is('answers 5')} answers of 5xx, ${is('CANARY')} canaries, ${faults.length} faults in all`,
    ...told
      .slice(0, 40)
      .map(({ at, what, fault }) => `  ✗ --seed ${seed} --case ${at}: ${fault}\n      ${what}`),
    ...(faults.length > 0 && said !== '' ? ['The server said last:', said] : []),
  ].join('\n');
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(
      `✗ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  },
);
