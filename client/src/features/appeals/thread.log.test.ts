import type { DealerEntry } from '@otklik/shared/appeals';
import { expect, it } from 'vitest';

import { aDealerEntry } from './appeal.factory';
import { createThreadLog, type ThreadLog } from './thread.log';

/** The same sequence for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A thread on the server: append-only numbers, messages that change, and an event for each change. */
function aThread(next: () => number) {
  const entries: DealerEntry[] = [];
  const pick = (below: number) => Math.floor(next() * below);
  return {
    entries,
    pick,
    /** Says something or changes something. @returns the news of it, as the socket would tell */
    move(): DealerEntry[] {
      const old = entries[pick(entries.length)];
      if (next() < 0.6 || old?.kind !== 'message') {
        entries.push(aDealerEntry(entries.length + 1));
        return entries.slice(-1);
      }
      const changed = { ...old, version: old.version + 1, body: `${old.body}, better` };
      entries[entries.indexOf(old)] = changed;
      const facts = { entryId: changed.id, version: changed.version };
      const event = { type: 'edited', facts } as const;
      entries.push(aDealerEntry(entries.length + 1, { kind: 'event', event }));
      return [changed, ...entries.slice(-1)];
    },
    page(from: number, limit: number) {
      const page = entries.filter(({ publicSeq }) => publicSeq >= from).slice(0, limit);
      const named = new Set(page.map(({ event }) => event?.facts.entryId));
      const changed = entries.filter(
        ({ id }) => named.has(id) && !page.some((one) => one.id === id),
      );
      const last = page.at(-1)?.publicSeq ?? entries.length;
      return { entries: page, changed, hasMore: last < entries.length };
    },
  };
}

const state = (log: ThreadLog) =>
  [...log.entries]
    .sort(([a], [b]) => a - b)
    .map(([number, { body, version }]) => [number, body, version]);

it('news in any order, twice or not at all, and pages of any size end where a fresh fetch ends', () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const next = random(seed);
    const thread = aThread(next);
    for (let count = 0; count < 20; count += 1) thread.move();
    const log = createThreadLog();
    const limit = 1 + thread.pick(7);
    const start = 1 + thread.pick(15);
    // Asked for now, answered later: what happens in between comes as news first.
    let asked: ReturnType<typeof thread.page> | null = null;
    log.startWith(thread.page(start, 100).entries, start > 1);
    const late: DealerEntry[][] = [];
    for (let step = 0; step < 60; step += 1) {
      const news = thread.move();
      const luck = next();
      if (luck < 0.5) for (const entry of news) log.put(entry);
      else if (luck < 0.8) late.push(news);
      const held = late.splice(thread.pick(late.length + 1), 1)[0] ?? [];
      for (const entry of [...held, ...(next() < 0.3 ? held : [])]) log.put(entry);
      const from = log.is.from ?? 1;
      if (asked && next() < 0.7) {
        log.addOlder(asked.entries, (asked.entries[0]?.publicSeq ?? 1) > 1);
        for (const entry of asked.changed) log.put(entry);
        asked = null;
      } else if (!asked && from > 1 && next() < 0.4) {
        const below = Math.max(1, from - limit);
        asked = thread.page(below, from - below);
      }
    }
    if (asked) log.addOlder(asked.entries, (asked.entries[0]?.publicSeq ?? 1) > 1);
    // The row tells how far the thread goes; the gap is closed page by page.
    for (let more = true; more;) {
      const page = thread.page(log.is.top + 1, limit);
      for (const entry of [...page.entries, ...page.changed]) log.put(entry);
      more = page.hasMore;
    }
    const from = log.is.from ?? 1;
    const fresh = createThreadLog();
    fresh.startWith(thread.page(from, 1_000).entries, from > 1);
    expect([seed, state(log)]).toEqual([seed, state(fresh)]);
    expect(log.is.top).toBe(thread.entries.length);
  }
});

it('an older version never replaces a newer one, also in a page that was asked for before the change', () => {
  const log = createThreadLog();
  log.startWith([aDealerEntry(5)], true);
  log.put(aDealerEntry(3, { version: 2, body: 'better' }));
  log.addOlder([aDealerEntry(3), aDealerEntry(4)], true);
  expect(log.entries.get(3)?.body).toBe('better');
  log.put(aDealerEntry(3));
  expect(log.entries.get(3)?.body).toBe('better');
});
