// npm run build: server and client, whether stale or not, and the weight of the first page.
import { reportBundle } from './check-bundle.mjs';
import { buildAll } from './lib/builds.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main } from './lib/shell.mjs';

await main(async () => {
  await ensureInstalled();
  await buildAll();
  return (await reportBundle()) ? 0 : 1;
});
