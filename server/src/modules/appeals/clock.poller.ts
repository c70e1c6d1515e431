import type { Db } from '../../platform/db';
import type { Log } from '../../platform/log';
import { clockRepository } from '../sla';
import type { AppealService } from './appeal.service';

const EVERY_MS = 1_000;
const AT_ONCE = 200;

/**
 * Looks once a second for moments that have come: a warning or a missed deadline becomes a step of the ledger and an event of the thread,
 * and a step of the escalation ladder is done.
 * The database's clock decides, the appeal's lock and the unique indexes make it happen once, on however many nodes.
 */
export function startClockPoller({
  db,
  appeals,
  log,
  breached,
  also,
}: {
  db: Db;
  appeals: Pick<AppealService, 'tick'>;
  log: Log;
  breached?: (kind: string) => void;
  /** What else is looked at as often, after the clocks. */
  also?: () => Promise<void>;
}) {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function poll(): Promise<void> {
    const due = await clockRepository.dueAppeals(db, AT_ONCE);
    const byAppeal = new Map<string, typeof due>();
    for (const one of due) byAppeal.set(one.appealId, [...(byAppeal.get(one.appealId) ?? []), one]);
    for (const [appealId, moments] of byAppeal) {
      if (stopped) return;
      await appeals.tick(appealId, moments).then(
        (kinds) => kinds.forEach((kind) => breached?.(kind)),
        (error: unknown) =>
          log.error({ err: error, appealId }, 'a due moment could not be recorded'),
      );
    }
  }

  function again(): void {
    if (stopped) return;
    timer = setTimeout(() => {
      running = poll()
        .then(() => also?.())
        .catch((error: unknown) => log.warn({ err: error }, 'the clock poller could not read'))
        .finally(again);
    }, EVERY_MS);
  }
  again();

  return {
    /** Ends after the poll that is running. */
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
