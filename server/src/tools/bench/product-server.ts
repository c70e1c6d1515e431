import { createApp } from '../../app';
import { readConfig } from '../../config';
import { createLog } from '../../platform/log';

/** The product as it is, with all its background work, for the bench. Takes DATABASE_URL and PORT (0: any), prints its port. */
const config = readConfig({ ...process.env, DEMO_DATA: '0' });
const app = await createApp({
  config,
  databaseUrl: config.databaseUrl ?? '',
  log: createLog('warn', false),
});
process.stdout.write(`port ${await app.listen(config.port, '127.0.0.1')}\n`);
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
