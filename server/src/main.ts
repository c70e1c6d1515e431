import { createApp } from './app';
import { ConfigError, readConfig, type Config } from './config';
import { loadDemo } from './modules/demo';
import { RECOUNTED_TABLES } from './modules/reports';
import { migrate } from './platform/db';
import { startEmbeddedPostgres } from './platform/embedded-postgres';
import { createLog } from './platform/log';

/** Reads the settings, brings the database up, migrates, listens, and stops cleanly on Ctrl+C. Alone in acting when imported. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel, !config.production);
  const embedded =
    config.databaseUrl === undefined
      ? await startEmbeddedPostgres({ dataDir: config.dataDir, log })
      : undefined;
  const databaseUrl = config.databaseUrl ?? embedded?.url ?? '';
  try {
    if (config.migrationDatabaseUrl === undefined) await migrate(databaseUrl);
    else {
      const name = decodeURIComponent(new URL(databaseUrl).username);
      await migrate(config.migrationDatabaseUrl, { name, mayTruncate: RECOUNTED_TABLES });
    }
    const app = await createApp({ config, databaseUrl, log });
    try {
      const demo = config.demoData ? await loadDemo({ app, config, log }) : null;
      const port = await app.listen().catch((error: unknown) => refusePort(config, error));
      say(config, port, demo);
      await untilToldToStop();
      process.stdout.write('Stopping…\n');
    } finally {
      // Also when the start fails half-way: open connections would keep the process alive.
      await app.close();
    }
  } finally {
    await embedded?.stop();
  }
}

function say(config: Config, port: number, demo: Awaited<ReturnType<typeof loadDemo>>): void {
  const host = config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host;
  const lines = [`Otklik is ready: http://${host}:${port}${config.basePath}`];
  if (demo) {
    lines.push(
      '',
      `Demo logins (password for all: ${demo.password})`,
      ...demo.logins.map(({ login, who }) => `  ${login.padEnd(22)} ${who}`),
    );
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** The most usual reason deserves a sentence of its own. */
function refusePort(config: Config, error: unknown): never {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') throw error;
  throw new ConfigError(`PORT="${config.port}" is in use by another program.`);
}

/** Resolves at the first request to stop; a second one ends the process at once. */
function untilToldToStop(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.once('SIGINT', () => process.exit(130));
      resolve();
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
}

main().catch((error: unknown) => {
  process.stderr.write(
    error instanceof ConfigError
      ? `Otklik cannot start: ${error.message}\n`
      : `Otklik cannot start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
