import { parseArgs } from 'node:util';
import { away } from './away';
import { calendar } from './deadlines';
import { clocks } from './clocks';
import { crowd } from './crowd';
import { openGround, type Ground } from './ground';
import { neighbours } from './neighbours';
import { reports } from './reports';
import { restart } from './restart';
import { screen } from './screen';
import { send } from './send';

/**
 * npm run bench [-- --only crowd,restart --seconds 4 --rounds 3]
 * Every section prints its table and keeps its figures in bench/results.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
  },
});
const settings = { seconds: Number(values.seconds), rounds: Number(values.rounds) };
const SECTIONS: Record<string, (ground: Ground, given: typeof settings) => Promise<void>> = {
  send,
  crowd,
  restart,
  away,
  neighbours,
  screen,
  calendar,
  clocks,
  reports,
};
const CANCELLED = 130;

async function main(): Promise<number> {
  const wanted = values.only?.split(',') ?? Object.keys(SECTIONS);
  const unknown = wanted.filter((name) => !(name in SECTIONS));
  if (unknown.length > 0 || !(settings.seconds > 0) || !(settings.rounds > 0)) {
    process.stderr.write(
      `Sections are ${Object.keys(SECTIONS).join(', ')}; seconds and rounds are above 0.\n`,
    );
    return 2;
  }
  // The first Ctrl+C removes everything that was started, the second ends at once.
  const cancelled = new Promise<'cancelled'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => resolve('cancelled'));
      process.once(signal, () => process.once(signal, () => process.exit(CANCELLED)));
    }
  });
  const ground = await openGround();
  let isCancelled = false;
  try {
    for (const name of wanted) {
      const section = SECTIONS[name]?.(ground, settings);
      // Whatever breaks in a section that is being cancelled is of no interest.
      section?.catch(() => undefined);
      if ((await Promise.race([section, cancelled])) === 'cancelled') {
        process.stderr.write('\nCancelled: ending what was started …\n');
        isCancelled = true;
        break;
      }
    }
  } finally {
    await ground.close();
  }
  return isCancelled ? CANCELLED : 0;
}

main().then(
  // Sockets of a section that was cut off would keep the process alive.
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(
      `✗ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(1);
  },
);
