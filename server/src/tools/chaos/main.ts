import { parseArgs } from 'node:util';
import { CLOCK_PROMISES, runClockChaos } from './clocks';
import { INVARIANTS } from './checker/history';
import { isNoticed, PLANTED, runPlanted, SOUND } from './planted';
import { runChaos, type ChaosResult } from './run';

/**
 * npm run chaos [-- --minutes 2 --seed 7 --nodes 1 --per-second 50 --browsers 2 --out folder | --planted [words of a name]]
 * npm run chaos -- --clocks 10000 [--kills 20 --seed 7]
 * The product under a crowd while it is being broken; exit code 0 only when it kept its word. See README.md beside this file.
 */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string', default: '7' },
      nodes: { type: 'string', default: '1' },
      'per-second': { type: 'string', default: '50' },
      browsers: { type: 'string', default: '2' },
      out: { type: 'string' },
      planted: { type: 'boolean', default: false },
      clocks: { type: 'string' },
      kills: { type: 'string', default: '20' },
    },
  });
  let cancelled = false;
  const cancel = () => {
    cancelled = true;
  };
  process.once('SIGINT', cancel);
  process.once('SIGTERM', cancel);
  const words = positionals.join(' ');
  if (values.planted) return tryPlanted(words, whole('seed', values.seed), () => cancelled);
  if (words !== '') throw new Error(`"${words}" is no option`);
  if (values.clocks !== undefined) {
    return tryClocks({
      clocks: whole('clocks', values.clocks),
      kills: whole('kills', values.kills),
      seed: whole('seed', values.seed),
      progress: showProgress,
      cancelled: () => cancelled,
    });
  }
  const redis = process.env.REDIS_SERVER_PATH;
  const result = await runChaos({
    seed: whole('seed', values.seed),
    ms: amount('minutes', values.minutes) * 60_000,
    nodes: whole('nodes', values.nodes),
    perSecond: amount('per-second', values['per-second']),
    browsers: whole('browsers', values.browsers, 0),
    ...(values.nodes === '1' || redis === undefined ? {} : { redis }),
    ...(values.out === undefined ? {} : { out: values.out }),
    progress: showProgress,
    cancelled: () => cancelled,
  });
  process.stdout.write(`${report(result)}\n`);
  return result.violations.length + result.troubles.length > 0 ? 1 : 0;
}

/** Deadlines under kills and a clock that jumps. @returns the exit code */
async function tryClocks(options: Parameters<typeof runClockChaos>[0]): Promise<number> {
  const result = await runClockChaos(options);
  const { clocks, kills, beforeCommit, afterCommit, jumps, jumpsBack, broken } = result;
  const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
  const lines = [
    '',
    `Seed ${options.seed}: ${clocks} clocks, ${kills} kills (${beforeCommit} before a commit, ${afterCommit} between a commit and its news), ${jumps} jumps of the database's clock (${jumpsBack} of them back), ${seconds(result.ms)}, of them ${seconds(result.restartMs)} until nodes were back`,
    ...CLOCK_PROMISES.map((promise) => {
      const found = broken.find((one) => one.promise === promise);
      return found ? `  ✗ ${promise}: ${found.count}, first ${found.first}` : `  ✓ ${promise}`;
    }),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return broken.length === 0 ? 0 : 1;
}

/** Every planted defect has to be noticed, and nothing where there is none. @returns the exit code */
async function tryPlanted(words: string, seed: number, cancelled: () => boolean): Promise<number> {
  let missed = 0;
  const chosen = [SOUND, ...PLANTED].filter(({ name }) => name.includes(words));
  if (chosen.length === 0) throw new Error(`no planted defect is called "${words}"`);
  for (const planted of chosen) {
    const began = Date.now();
    if (cancelled()) return 130;
    const { violations } = await runPlanted(planted, {
      seed,
      progress: (done) => showProgress(done, planted.name),
      cancelled,
    });
    const seen = [...new Set(violations.map(({ invariant }) => invariant))];
    const isRight = isNoticed(planted, violations);
    if (!isRight) missed += 1;
    process.stdout.write(
      `\r${isRight ? '✓' : '✗ NOT RIGHT'} ${planted.name}: ${seen.join(', ') || 'no violation'}, after ${Math.round((Date.now() - began) / 1000)} s\n`,
    );
  }
  return missed === 0 ? 0 : 1;
}

function whole(name: string, text: string, least = 1): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < least)
    throw new Error(`--${name} must be a whole number from ${least}`);
  return Number(text);
}

function amount(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above zero`);
  return value;
}

function showProgress(done: number, what: string): void {
  if (!process.stderr.isTTY) return;
  const bar = '#'.repeat(Math.round(done * 24)).padEnd(24, '.');
  process.stderr.write(`\r[${bar}] ${Math.round(done * 100)} %  ${what.padEnd(40)}`);
}

function report(result: ChaosResult): string {
  const { seed, pressed, acknowledged, faults, violations, troubles, lines } = result;
  const { settledMs, unsettled } = result;
  const settled = unsettled === 0 ? 'Everything answered' : `${unsettled} never answered, the rest`;
  const kinds = Object.entries(faults).sort(([a], [b]) => a.localeCompare(b));
  const row = (name: string, value: number | string) => `  ${name.padEnd(24)}${value}`;
  return [
    '',
    `Seed ${seed}: ${pressed} pressed, ${acknowledged} acknowledged, ${lines} lines of history`,
    `${settled} ${(settledMs / 1000).toFixed(1)} s after the last fault`,
    '',
    'Faults',
    ...kinds.map(([kind, count]) => row(kind, count)),
    '',
    'Violations',
    ...INVARIANTS.map((invariant) =>
      row(invariant, violations.filter((one) => one.invariant === invariant).length),
    ),
    ...violations.slice(0, 20).map(({ invariant, what }) => `  ✗ ${invariant}: ${what}`),
    ...troubles.slice(0, 10).map((what) => `  ✗ thrown and not caught: ${what}`),
    violations.length + troubles.length === 0 ? '\n✓ The product kept its word.' : '',
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
