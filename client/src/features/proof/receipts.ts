/** What this session can say of one thread: everything from `from` to `got` is held, up to `shown` it was displayed. */
export interface Receipt {
  appealId: string;
  from: number;
  got: number;
  shown: number;
}

/** Appeals in one report. */
const MOST = 100;

/**
 * Remembers what was reported, so that only what is new is told.
 * @returns `due`: what is to be told now; `told`: the server has it
 */
export function createReceiptBook() {
  const known = new Map<string, Receipt>();

  /** True when the receipt says something that the known one does not. */
  function isNews(next: Receipt): boolean {
    const before = known.get(next.appealId);
    if (!before) return next.got >= next.from;
    return next.got > before.got || next.shown > before.shown || next.from < before.from;
  }

  return {
    due: (now: readonly Receipt[]): Receipt[] => now.filter(isNews).slice(0, MOST),
    told(receipts: readonly Receipt[]): void {
      for (const next of receipts) {
        const before = known.get(next.appealId);
        // A thread that was dropped and opened anew holds less than was told before.
        known.set(next.appealId, {
          appealId: next.appealId,
          from: Math.min(next.from, before?.from ?? next.from),
          got: Math.max(next.got, before?.got ?? 0),
          shown: Math.max(next.shown, before?.shown ?? 0),
        });
      }
    },
    forget: () => known.clear(),
  };
}
