export interface QueueLimits {
  /** Commands that are served at once after a rest. */
  burst: number;
  /** Commands served in a second after that. */
  perSecond: number;
  /** Commands that may wait for their turn. */
  mostWaiting: number;
}

export interface CommandQueue {
  /** Runs a command now or in its turn. @returns false when too many wait: then it never runs */
  take(run: () => void): boolean;
  /** Commands that wait. */
  readonly waiting: number;
}

/**
 * The share of the server that one session gets: whoever asks faster waits behind himself, not before others.
 * Commands keep their order. Under the limits nothing waits and no timer runs.
 */
export function commandQueue(
  { burst, perSecond, mostWaiting }: QueueLimits,
  clock: () => number = () => performance.now(),
): CommandQueue {
  const queue: (() => void)[] = [];
  let allowed = burst;
  let counted = clock();
  let timer: NodeJS.Timeout | null = null;

  function refill(): void {
    const now = clock();
    allowed = Math.min(burst, allowed + ((now - counted) * perSecond) / 1000);
    counted = now;
  }

  function serve(): void {
    timer = null;
    refill();
    while (allowed >= 1) {
      const run = queue.shift();
      if (!run) return;
      allowed -= 1;
      run();
    }
    if (queue.length > 0) later();
  }

  function later(): void {
    timer ??= setTimeout(serve, Math.ceil(((1 - allowed) * 1000) / perSecond));
  }

  return {
    take(run) {
      refill();
      if (queue.length === 0 && allowed >= 1) {
        allowed -= 1;
        run();
        return true;
      }
      if (queue.length >= mostWaiting) return false;
      queue.push(run);
      later();
      return true;
    },
    get waiting() {
      return queue.length;
    },
  };
}
