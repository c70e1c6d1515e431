import { Logger, run, type Runner, type TaskList } from 'graphile-worker';
import type { Log } from './log';

/** What a job does with its payload. Throwing makes the queue try again later, with growing delay. */
export type JobTasks = Record<string, (payload: unknown) => Promise<unknown>>;

/**
 * Starts the worker of durable effects. Jobs are rows written by `tx.addJob` inside the transaction of the change.
 * @param crontab lines as graphile-worker reads them, e.g. `0 * * * * sweepUploads`
 */
export async function startJobs(
  url: string,
  tasks: JobTasks,
  crontab: string,
  log: Log,
): Promise<Runner> {
  const taskList: TaskList = Object.fromEntries(
    Object.entries(tasks).map(([name, task]) => [
      name,
      async (payload: unknown) => void (await task(payload)),
    ]),
  );
  return run({
    connectionString: url,
    concurrency: 2,
    maxPoolSize: 3,
    pollInterval: 1_000,
    noHandleSignals: true,
    taskList,
    crontab,
    logger: new Logger(() => (level, message, meta) => {
      // The job itself stays out: its payload may hold what people wrote.
      const err = meta?.error;
      if (level === 'error') log.error({ err }, message);
      else if (level === 'warning') log.warn({ err }, message);
      else log.debug(message);
    }),
  });
}
