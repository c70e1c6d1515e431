import type { Entry } from '@otklik/shared/appeals';
import { shallowReactive } from 'vue';

import { numberOf } from './appeal.rules';

/** The part of a thread that this browser holds: a window without holes that grows at both ends. */
export interface ThreadLog {
  /** By number, in the viewer's numbering. */
  readonly entries: ReadonlyMap<number, Entry>;
  readonly is: {
    /** Lowest number of the window; null before the first page. */
    readonly from: number | null;
    /** Highest number up to which nothing is missing. */
    readonly top: number;
    /** Highest number held. Above `top`: something between is missing. */
    readonly max: number;
    readonly hasOlder: boolean;
  };
  /** The one way in for single entries, in any order, any number of times. */
  put(entry: Entry): void;
  /** The newest page. */
  startWith(entries: readonly Entry[], hasOlder: boolean): void;
  /** The page right below the window. */
  addOlder(entries: readonly Entry[], hasOlder: boolean): void;
  clear(): void;
}

export function createThreadLog(): ThreadLog {
  const entries = shallowReactive(new Map<number, Entry>());
  const is = shallowReactive<{ from: number | null; top: number; max: number; hasOlder: boolean }>({
    from: null,
    top: 0,
    max: 0,
    hasOlder: false,
  });

  function put(entry: Entry): void {
    const number = numberOf(entry);
    if (is.from !== null && number < is.from) return;
    entries.set(number, entry);
    is.max = Math.max(is.max, number);
    closeRanks();
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

  function clear(): void {
    entries.clear();
    is.from = null;
    is.top = 0;
    is.max = 0;
    is.hasOlder = false;
  }

  return { entries, is, put, startWith, addOlder, clear };
}
