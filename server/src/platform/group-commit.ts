/** What became of one item of a batch: its result, the error for its own caller, or: it has to be served by itself. */
export type Outcome<Result> = { value: Result } | { error: unknown } | 'alone';

export interface GroupOptions<Item> {
  /** Items with the same key keep their order and are never in two batches at once; without it no item has to do with another. */
  keyOf?: (item: Item) => string;
  /** Items in one batch. */
  most?: number;
  /** Batches under way at once: while one waits for the disk, the next is being worked out. */
  lanes?: number;
  /** A batch begins beside a running one only when so many calls wait: small batches cost more than they win. */
  worthwhile?: number;
}

/**
 * Group commit: calls that arrive while batches run form the next batch, without any timer. A batch begins once the running turn of
 * the event loop has read what lies on every socket. Under light load every call is a batch of one and waits for nothing else;
 * under load one transaction serves many.
 *
 * @param run serves a batch in one transaction. Answers one outcome per item, `'alone'` when the item should be served by itself
 *   (its row is locked by somebody else). When it throws, every item of the batch is served alone, so that one bad item harms no other.
 * @param alone serves one item in a transaction of its own
 */
export function groupCommit<Item, Result>(
  run: (items: Item[]) => Promise<Outcome<Result>[]>,
  alone: (item: Item) => Promise<Result>,
  { keyOf, most = 64, lanes = 2, worthwhile = 8 }: GroupOptions<Item> = {},
): (item: Item) => Promise<Result> {
  interface Waiting {
    item: Item;
    key: string | symbol;
    resolve: (value: Result) => void;
    reject: (error: unknown) => void;
  }
  let queue: Waiting[] = [];
  let running = 0;
  /** Keys that are being served now. */
  const busy = new Set<string | symbol>();

  /** The oldest waiting items whose keys are free; the others keep their places. */
  function nextBatch(): Waiting[] {
    const batch: Waiting[] = [];
    const rest: Waiting[] = [];
    for (const waiting of queue) {
      if (batch.length < most && !busy.has(waiting.key)) batch.push(waiting);
      else rest.push(waiting);
    }
    queue = rest;
    for (const { key } of batch) busy.add(key);
    return batch;
  }

  async function serveAlone(waiting: Waiting): Promise<void> {
    await alone(waiting.item).then(waiting.resolve, waiting.reject);
  }

  async function serve(batch: Waiting[]): Promise<void> {
    const outcomes = await run(batch.map(({ item }) => item)).catch((): Outcome<Result>[] => []);
    const left = new Map<string | symbol, Waiting[]>();
    batch.forEach((waiting, index) => {
      const outcome = outcomes[index] ?? 'alone';
      if (outcome === 'alone') left.set(waiting.key, [...(left.get(waiting.key) ?? []), waiting]);
      else if ('error' in outcome) waiting.reject(outcome.error);
      else waiting.resolve(outcome.value);
    });
    for (const { key } of batch) if (!left.has(key)) busy.delete(key);
    // In their order, and without holding up the lane: only their own key waits for them.
    for (const [key, items] of left) {
      void (async () => {
        for (const waiting of items) await serveAlone(waiting);
        busy.delete(key);
        start();
      })();
    }
  }

  async function lane(): Promise<void> {
    do {
      // What has arrived already but was not read yet comes along.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = nextBatch();
      if (batch.length === 0) break;
      await serve(batch);
    } while (running === 1 || queue.length >= worthwhile);
    // What is left is too little for a second lane, or waits for a key, whose holder starts again.
    running -= 1;
  }

  function start(): void {
    if (running >= lanes || queue.length < (running === 0 ? 1 : worthwhile)) return;
    running += 1;
    void lane();
  }

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      queue.push({ item, key: keyOf?.(item) ?? Symbol(), resolve, reject });
      start();
    });
}
