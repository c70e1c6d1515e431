/** What became of one item of a batch: its result, or the error for its own caller. */
export type Outcome<Result> = { value: Result } | { error: unknown } | 'alone';

/**
 * Group commit: calls that arrive while a batch runs form the next batch, without any timer.
 * Under light load every call is a batch of one and waits for nothing; under load one transaction serves many.
 *
 * @param run serves a batch in one transaction. Answers one outcome per item, `'alone'` when the item should be served by itself
 *   (its row is locked by somebody else). When it throws, every item of the batch is served alone, so that one bad item harms no other.
 * @param alone serves one item in a transaction of its own
 * @param most items in one batch
 */
export function groupCommit<Item, Result>(
  run: (items: Item[]) => Promise<Outcome<Result>[]>,
  alone: (item: Item) => Promise<Result>,
  most = 64,
): (item: Item) => Promise<Result> {
  interface Waiting {
    item: Item;
    resolve: (value: Result) => void;
    reject: (error: unknown) => void;
  }
  let queue: Waiting[] = [];
  let running = false;

  const serveAlone = (waiting: Waiting) =>
    void alone(waiting.item).then(waiting.resolve, waiting.reject);

  async function serve(batch: Waiting[]): Promise<void> {
    const outcomes = await run(batch.map((waiting) => waiting.item)).catch(
      (): Outcome<Result>[] => [],
    );
    batch.forEach((waiting, index) => {
      const outcome = outcomes[index] ?? 'alone';
      if (outcome === 'alone') serveAlone(waiting);
      else if ('error' in outcome) waiting.reject(outcome.error);
      else waiting.resolve(outcome.value);
    });
  }

  async function drain(): Promise<void> {
    running = true;
    while (queue.length > 0) {
      const batch = queue.slice(0, most);
      queue = queue.slice(most);
      await serve(batch);
    }
    running = false;
  }

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      queue.push({ item, resolve, reject });
      if (!running) void drain();
    });
}
