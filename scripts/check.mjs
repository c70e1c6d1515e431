// npm run check: everything that can be said about the code without running it.
import { ensureInstalled } from './lib/install.mjs';
import { binary, main, run } from './lib/shell.mjs';

const CACHE = 'node_modules/.cache/otklik';
/** Each step is heavy on one core; more at once would only swap. */
const AT_ONCE = 2;

await main(async () => {
  await ensureInstalled();
  const tsc = binary('typescript', 'tsc');
  /** The longest first, so that none is left alone at the end. @type {[string, string[]][]} */
  const steps = [
    ['lint', [binary('eslint'), '.', '--max-warnings=0']],
    ['types: client', [binary('vue-tsc', 'vue-tsc', 'client'), '--project', 'client']],
    ['types: server', [tsc, '--project', 'server']],
    ['types: browser tests', [tsc, '--project', 'server/src/test/browser']],
    ['types: shared', [tsc, '--project', 'shared']],
    ['types: scripts', [tsc, '--project', '.']],
    [
      'format',
      [binary('prettier'), '--check', '.', '--cache', `--cache-location=${CACHE}/prettier`],
    ],
    [
      'imports',
      [binary('dependency-cruiser', 'depcruise'), 'shared/src', 'server/src', 'client/src'],
    ],
    ['unused code', [binary('knip')]],
    ['design tokens', ['scripts/check-tokens.mjs']],
  ];
  /** @type {string[]} */
  const failed = [];
  const queue = [...steps];
  const worker = async () => {
    for (let step = queue.shift(); step; step = queue.shift()) {
      const [name, args] = step;
      const begun = Date.now();
      const { code, output } = await run(process.execPath, args, {
        quiet: true,
        env: { NO_COLOR: '1' },
      });
      const seconds = ((Date.now() - begun) / 1000).toFixed(1);
      console.log(`${code === 0 ? '✓' : '✗'} ${name} ${seconds} s`);
      if (code === 0) continue;
      failed.push(name);
      console.log(output.trimEnd().replace(/^/gm, '    '));
    }
  };
  const begun = Date.now();
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const seconds = ((Date.now() - begun) / 1000).toFixed(0);
  if (failed.length === 0) console.log(`All ${steps.length} checks hold (${seconds} s)`);
  else
    console.log(
      `${failed.length} of ${steps.length} checks fail (${seconds} s): ${failed.join(', ')}`,
    );
  return failed.length === 0 ? 0 : 1;
});
