import { performance } from 'node:perf_hooks';

/** Together with the limit of one try shorter than the client's patience (10 s). */
const TRIES = 3;
/** A timer this late was held up by the process itself. */
const LATE_MS = 1_000;
/** A busy database goes on answering; one that fell silent may have answered when the try began. */
const LATELY = 1 / 3;
const TIMEOUT = /timeout exceeded when trying to connect|due to connection timeout/i;

/**
 * Waits for a connection, and tells a database that does not answer from one that has much to do. When a try ends by its limit,
 * another one follows if the database has answered somebody lately, or if this process stood still itself: a suspended machine
 * finds its timers run out before it has read what lies on its sockets.
 * @param limitMs after which `connect` gives up
 */
export function createConnectionWait(
  limitMs: number,
  monotonic: () => number = () => performance.now(),
) {
  let answeredAt = -Infinity;
  return {
    /** The database has just answered. */
    answered(): void {
      answeredAt = monotonic();
    },
    async connect<Connection>(connect: () => Promise<Connection>): Promise<Connection> {
      for (let tries = 1; ; tries += 1) {
        const askedAt = monotonic();
        try {
          return await connect();
        } catch (error) {
          const isTimeout = error instanceof Error && TIMEOUT.test(error.message);
          const isBusy = answeredAt > Math.max(askedAt, monotonic() - limitMs * LATELY);
          const stoodStill = monotonic() - askedAt > limitMs + LATE_MS;
          if (tries === TRIES || !isTimeout || !(isBusy || stoodStill)) throw error;
        }
      }
    },
  };
}
