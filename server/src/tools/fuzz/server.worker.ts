import { readdirSync } from 'node:fs';
import { createApp } from '../../app';
import { readConfig } from '../../config';
import { createLog } from '../../platform/log';

/** What the server says of itself when it is asked. */
export interface Measure {
  /** Bytes that are in use after everything unused has gone. */
  memory: number;
  /** Open files and connections; 0 where the system does not tell. */
  descriptors: number;
}

/**
 * The product as it is, in a process of its own, for the fuzzer. Takes DATABASE_URL and CLIENT_FOLDER; tells its port, and a
 * {@link Measure} whenever it is sent something. Needs --expose-gc.
 */
const config = readConfig({ ...process.env, DEMO_DATA: '0', PORT: '0' });
const app = await createApp({
  config,
  databaseUrl: config.databaseUrl ?? '',
  log: createLog('error', false),
  clientFolder: process.env.CLIENT_FOLDER ?? 'no client',
});
process.send?.({ port: await app.listen(0, '127.0.0.1') });
process.on('message', () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.send?.({ memory: heapUsed + external, descriptors: descriptors() } satisfies Measure);
});
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
// Ctrl+C goes to everybody; the fuzzer says when it is over.
process.on('SIGINT', () => undefined);
process.once('disconnect', () => process.exit(0));

function descriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
