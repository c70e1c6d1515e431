// node scripts/run.mjs FILE.ts [args]: runs a TypeScript tool of the server.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import { runToEnd } from './lib/child.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main, root, Stop } from './lib/shell.mjs';

await main(async () => {
  const [tool, ...args] = process.argv.slice(2);
  if (!tool) throw new Stop('Which tool? node scripts/run.mjs server/src/tools/NAME/main.ts');
  await ensureInstalled();
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return runToEnd(['--import', tsx, tool, ...args], {
    TSX_TSCONFIG_PATH: path.join(root, 'server/tsconfig.json'),
  });
});
