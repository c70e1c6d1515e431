import type { Entry } from '@otklik/shared/appeals';
import { shallowReactive } from 'vue';

import type { createThreadReading } from './thread.reading';

/** What this browser has of threads, for whoever proves that nothing is missing and tells what has arrived. */
export function createThreadHolding({
  all,
  held,
  catchUp,
}: Pick<ReturnType<typeof createThreadReading>, 'all' | 'held' | 'catchUp'>) {
  /** Highest number that was on the screen here, by the rule of the read mark, whatever other sessions have read. */
  const shown = shallowReactive(new Map<string, number>());

  function noteShown(appealId: string, number: number): void {
    if (number > (shown.get(appealId) ?? 0)) shown.set(appealId, number);
  }

  /** Everything from `from` to `top` is held; null: nothing yet. */
  function stretchOf(appealId: string) {
    const log = held(appealId)?.log;
    if (!log || log.is.from === null) return null;
    return { appealId, from: log.is.from, top: log.is.top, entries: log.entries };
  }

  /** Of each thread: from where to where it is held without a hole, and up to where it was displayed. */
  const receipts = () =>
    all().flatMap(({ appealId, log: { is } }) => {
      if (appealId === null || is.from === null) return [];
      const seen = Math.min(shown.get(appealId) ?? 0, is.top);
      return [{ appealId, from: is.from, got: is.top, shown: seen }];
    });

  /** A thread in the hands of who compares it with the server. */
  const examined = (appealId: string) => ({
    held: () => stretchOf(appealId),
    /** @param last the server's last number */
    async catchUp(last: number): Promise<void> {
      const one = held(appealId);
      one?.log.hear(last);
      if (one) await catchUp(one.no);
    },
    mend: (from: number, to: number, entries: readonly Entry[]) =>
      held(appealId)?.log.replace(from, to, entries),
  });

  return { noteShown, receipts, examined, reset: () => shown.clear() };
}
