import type { Db } from '../../platform/db';
import type { Log } from '../../platform/log';
import { clockRepository } from '../sla';
import type { AppealService } from './appeal.service';

/** A look costs little (npm run bench -- --only clocks); a deadline is to be written down within two seconds. */
const EVERY_MS = 500;
const AT_ONCE = 200;

/**
 * Looks twice a second for moments that have come: a warning or a missed deadline becomes a step of the ledger and an event of the thread,
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

  /** @returns whether to look again at once: there was more than one look takes, and it got on */
  async function poll(): Promise<boolean> {
    let recorded = 0;
    const due = await clockRepository.dueAppeals(db, AT_ONCE);
    const byAppeal = new Map<string, typeof due>();
    for (const one of due) byAppeal.set(one.appealId, [...(byAppeal.get(one.appealId) ?? []), one]);
    for (const [appealId, moments] of byAppeal) {
      if (stopped) return false;
      await appeals.tick(appealId, moments).then(
        (kinds) => {
          recorded += kinds.length;
          kinds.forEach((kind) => breached?.(kind));
        },
        (error: unknown) =>
          log.error({ err: error, appealId }, 'a due moment could not be recorded'),
      );
    }
    return due.length === AT_ONCE && recorded > 0;
  }

  function again(waitMs: number): void {
    if (stopped) return;
    timer = setTimeout(() => {
      const began = performance.now();
      running = poll()
        .then(async (isMore) => {
          await also?.();
          return isMore;
        })
        .catch((error: unknown) => {
          log.warn({ err: error }, 'the clock poller could not read');
          return false;
        })
        .then((isMore) =>
          // Looks keep their beat however much there was to write.
          again(isMore ? 0 : Math.max(0, EVERY_MS - (performance.now() - began))),
        );
    }, waitMs);
  }
  again(EVERY_MS);

  return {
    /** Ends after the poll that is running. */
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
