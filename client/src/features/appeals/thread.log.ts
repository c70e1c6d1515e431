import type { Entry } from '@otklik/shared/appeals';
import { shallowReactive } from 'vue';

import { numberOf } from './appeal.rules';

/** The part of a thread that this browser holds: a window without holes that grows at both ends. */
export interface ThreadLog {
  /** By number, in the viewer's numbering. */
  readonly entries: ReadonlyMap<number, Entry>;
  /** By id, with those that came from outside the window: quoted ones, and ones that were changed. */
  readonly known: ReadonlyMap<string, Entry>;
  readonly is: {
    /** Lowest number of the window; null before the first page. */
    readonly from: number | null;
    /** Highest number up to which nothing is missing. */
    readonly top: number;
    /** Highest number heard of, held or not. Above `top`: something is missing. */
    readonly max: number;
    readonly hasOlder: boolean;
  };
  /**
   * The one way in for single entries, in any order, any number of times: a lower version never replaces a higher one,
   * also when it comes with a page that was asked for before the change.
   */
  put(entry: Entry): void;
  /** Somebody told that the thread has come this far. */
  hear(number: number): void;
  /** The newest page. */
  startWith(entries: readonly Entry[], hasOlder: boolean): void;
  /** The page right below the window. */
  addOlder(entries: readonly Entry[], hasOlder: boolean): void;
  /** What the server has from one number of the window to another, whatever stood there and in whatever version. */
  replace(from: number, to: number, entries: readonly Entry[]): void;
  clear(): void;
}

export function createThreadLog(): ThreadLog {
  const entries = shallowReactive(new Map<number, Entry>());
  const known = shallowReactive(new Map<string, Entry>());
  const is = shallowReactive<{ from: number | null; top: number; max: number; hasOlder: boolean }>({
    from: null,
    top: 0,
    max: 0,
    hasOlder: false,
  });

  function put(entry: Entry): void {
    const number = numberOf(entry);
    const before = known.get(entry.id);
    const newest = before && before.version >= entry.version ? before : entry;
    if (newest !== before) known.set(entry.id, newest);
    hear(number);
    if (is.from !== null && number < is.from) return;
    if (entries.get(number) !== newest) entries.set(number, newest);
    closeRanks();
  }

  function hear(number: number): void {
    is.max = Math.max(is.max, number);
  }

  function closeRanks(): void {
    if (is.from === null) return;
    let top = Math.max(is.top, is.from - 1);
    while (entries.has(top + 1)) top += 1;
    is.top = top;
  }

  function startWith(page: readonly Entry[], hasOlder: boolean): void {
    const first = page[0];
    is.from = first ? numberOf(first) : 1;
    is.top = 0;
    is.hasOlder = hasOlder;
    for (const number of [...entries.keys()]) {
      if (number < (is.from ?? 1)) entries.delete(number);
    }
    for (const entry of page) put(entry);
    closeRanks();
  }

  function addOlder(page: readonly Entry[], hasOlder: boolean): void {
    const first = page[0];
    is.hasOlder = hasOlder;
    if (first) is.from = Math.min(is.from ?? numberOf(first), numberOf(first));
    for (const entry of page) put(entry);
  }

  function replace(from: number, to: number, right: readonly Entry[]): void {
    for (let number = from; number <= to; number += 1) {
      const before = entries.get(number);
      if (before) known.delete(before.id);
      entries.delete(number);
    }
    for (const entry of right) {
      known.set(entry.id, entry);
      put(entry);
    }
  }

  function clear(): void {
    entries.clear();
    known.clear();
    is.from = null;
    is.top = 0;
    is.max = 0;
    is.hasOlder = false;
  }

  return { entries, known, is, put, hear, startWith, addOlder, replace, clear };
}
