// npm start: from a fresh clone to a running server.
import { ensureBuilt } from './lib/builds.mjs';
import { runToEnd } from './lib/child.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main } from './lib/shell.mjs';

await main(async () => {
  await ensureInstalled();
  await ensureBuilt();
  return runToEnd(['--enable-source-maps', 'server/dist/main.js', ...process.argv.slice(2)]);
});
