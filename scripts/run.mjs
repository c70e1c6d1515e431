// node scripts/run.mjs [--pages] FILE.ts [args]: runs a TypeScript tool of the server.
// --pages: the tool opens the built client in a Chromium, unless it is told `--browsers 0`.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import { ensureBuilt } from './lib/builds.mjs';
import { runToEnd } from './lib/child.mjs';
import { findOrInstallChromium } from './lib/chromium.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { findOrInstallRedis } from './lib/redis.mjs';
import { main, root, Stop } from './lib/shell.mjs';

await main(async () => {
  const given = process.argv.slice(2);
  const opensPages = given[0] === '--pages';
  const [tool, ...args] = opensPages ? given.slice(1) : given;
  if (!tool) throw new Stop('Which tool? node scripts/run.mjs server/src/tools/NAME/main.ts');
  await ensureInstalled();
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  /** @type {NodeJS.ProcessEnv} */
  const env = { TSX_TSCONFIG_PATH: path.join(root, 'server/tsconfig.json') };
  if (opensPages && !/--browsers[= ]0|--planted/.test(args.join(' '))) {
    env.CHROMIUM_PATH = await findOrInstallChromium();
    await ensureBuilt();
  }
  // Several server processes talk to each other over Redis.
  if (/--nodes[= ](?!1\b)/.test(args.join(' '))) env.REDIS_SERVER_PATH = await findOrInstallRedis();
  return runToEnd(['--import', tsx, tool, ...args], env);
});
