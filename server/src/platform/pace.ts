import { setTimeout as wait } from 'node:timers/promises';

/** Beside so many answers a second work and rest are equally long; beside twice as many the rest is four times as long. */
const EVEN_PER_SECOND = 200;
/** The longest rest, in lengths of the piece of work before it. */
const MOST = 8;

/** How long to rest after a piece of work, ms, beside so many answers a second. */
export const restMs = (tookMs: number, perSecond: number): number =>
  tookMs * Math.min(MOST, (perSecond / EVEN_PER_SECOND) ** 2);

export interface Pace {
  /** Rests after a piece of work, the longer the more people were answered meanwhile. */
  rest(tookMs: number): Promise<void>;
}

/**
 * Holds long work in the background back while people are being answered: it takes turns with them instead of racing them.
 * With nobody there it does not rest at all.
 * @param answered how many answers this process has given so far
 * @param elapsedMs a clock that never jumps
 */
export function createPace(
  answered: () => number,
  elapsedMs: () => number = () => performance.now(),
  rested: (ms: number) => Promise<unknown> = wait,
): Pace {
  let before = { count: answered(), ms: elapsedMs() };
  return {
    async rest(tookMs) {
      const now = { count: answered(), ms: elapsedMs() };
      const seconds = (now.ms - before.ms) / 1000;
      const perSecond = seconds > 0 ? (now.count - before.count) / seconds : 0;
      before = now;
      await rested(restMs(tookMs, perSecond));
    },
  };
}
