import { createApp } from '../../app';
import { readConfig } from '../../config';
import { createLog } from '../../platform/log';

/** The product as it is, with all its background work, for the bench. Takes DATABASE_URL, prints its port. */
const config = readConfig({ ...process.env, PORT: '0', DEMO_DATA: '0' });
const app = await createApp({
  config,
  databaseUrl: config.databaseUrl ?? '',
  log: createLog('warn', false),
});
process.stdout.write(`port ${await app.listen(0, '127.0.0.1')}\n`);
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
