/** Numbers from 0 up to 1, the same for the same seed everywhere (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const between = (random: () => number, low: number, high: number) =>
  low + random() * (high - low);

/** @throws when there is nothing to pick from */
export function pick<Item>(random: () => number, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** All of them, each once, in an order of the seed's. */
function shuffled<Item>(random: () => number, items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** Without end, each once before any comes again. */
export function* inTurn<Item>(
  items: readonly Item[],
  random: () => number,
): Generator<Item, never> {
  for (;;) yield* shuffled(random, items);
}

/** Words that tell, wherever they turn up, whose they are and who may see them. */
export function canary(random: () => number, kind: 'message' | 'note', dealer: string): string {
  const mark = Array.from({ length: 16 }, () => Math.floor(random() * 16).toString(16)).join('');
  return `cnry-${kind === 'note' ? 'n' : 'm'}-${dealer}-${mark}`;
}
