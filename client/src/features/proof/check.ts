import type { Entry, EntryPage } from '@otklik/shared/appeals';
import { DIGEST_MAX } from '@otklik/shared/limits';
import type { Digest } from '@otklik/shared/proof';

import { fingerprint } from './fingerprint';

/** What a browser holds of one thread: every number from the first it fetched up to `top`. */
interface HeldStretch {
  appealId: string;
  from: number;
  top: number;
  entries: ReadonlyMap<number, Entry>;
}
/** The thread under examination, and how to get it right again. */
export interface Examined {
  /** Null: nothing is held. */
  held: () => HeldStretch | null;
  /** Fetches what came after `top`, up to the server's last number. */
  catchUp: (lastSeq: number) => Promise<void>;
  /** Puts in what the server has from one number to another, whatever stood there. */
  mend: (from: number, to: number, entries: readonly Entry[]) => void;
}
/** The server's word; both throw what `call` throws. */
export interface Authority {
  digest: (input: { appealId: string; fromSeq: number; toSeq: number }) => Promise<Digest>;
  page: (input: { appealId: string; afterSeq: number; limit: number }) => Promise<EntryPage>;
}

export interface Difference {
  number: number;
  what: 'missing' | 'changed';
}
export interface Finding {
  from: number;
  to: number;
  /** Moment of the comparison, by the server's clock. */
  at: string;
  /** What was wrong; empty when nothing was. */
  differences: Difference[];
  /** At the end browser and server hold the same. */
  whole: boolean;
}

const PAGE = 100;
/** News may arrive between the two halves of a comparison; a real difference stays. */
const LOOKS = 3;

/**
 * Compares what is held with the server, by number, version and words. What differs is fetched anew and compared once more.
 * @returns null when nothing is held
 */
export async function examine(thread: Examined, server: Authority): Promise<Finding | null> {
  await level(thread, server);
  const first = await compare(thread, server);
  if (first === null || first.same) return first && finding(first, []);
  const differences = await repair(thread, server, first);
  const again = await compare(thread, server);
  return again && finding(again, differences);
}

const finding = ({ from, to, at, same }: Comparison, differences: Difference[]): Finding => ({
  ...{ from, to, at, differences },
  whole: same,
});

/** Brings the thread up to the server's last number, so that the answer speaks of all of it. */
async function level(thread: Examined, server: Authority): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    const held = thread.held();
    if (held === null) return;
    const { lastSeq } = await server.digest({
      appealId: held.appealId,
      fromSeq: held.top + 1,
      toSeq: held.top,
    });
    if (lastSeq <= held.top) return;
    await thread.catchUp(lastSeq);
  }
}

interface Comparison {
  appealId: string;
  from: number;
  to: number;
  at: string;
  same: boolean;
}

async function compare(thread: Examined, server: Authority): Promise<Comparison | null> {
  let last: Comparison | null = null;
  for (let look = 0; look < LOOKS && !last?.same; look += 1)
    last = await compareOnce(thread, server);
  return last;
}

async function compareOnce(thread: Examined, server: Authority): Promise<Comparison | null> {
  const held = thread.held();
  if (held === null) return null;
  const { appealId, from, top: to } = held;
  let same = true;
  let at = '';
  // One question may not cover more; an empty thread is a question too.
  for (let start = from; start <= to || at === ''; start += DIGEST_MAX) {
    const end = Math.min(to, start + DIGEST_MAX - 1);
    const [theirs, ours] = await Promise.all([
      server.digest({ appealId, fromSeq: start, toSeq: end }),
      fingerprint(within(held.entries, start, end)),
    ]);
    at = theirs.at;
    same &&= theirs.entries === end - start + 1 && theirs.sha256 === ours;
  }
  return { appealId, from, to, at, same };
}

function within(entries: ReadonlyMap<number, Entry>, from: number, to: number): [number, Entry][] {
  const found: [number, Entry][] = [];
  for (let number = from; number <= to; number += 1) {
    const entry = entries.get(number);
    if (entry) found.push([number, entry]);
  }
  return found;
}

/** Fetches the whole stretch, puts it in, and tells what had been wrong. */
async function repair(
  thread: Examined,
  server: Authority,
  { appealId, from, to }: Comparison,
): Promise<Difference[]> {
  const right: Entry[] = [];
  for (let afterSeq = from - 1; afterSeq < to;) {
    const page = await server.page({ appealId, afterSeq, limit: Math.min(PAGE, to - afterSeq) });
    const last = page.entries.at(-1);
    if (!last) break;
    right.push(...page.entries);
    afterSeq = numberOf(last);
  }
  const held = thread.held()?.entries;
  const differences = right.flatMap((entry): Difference[] => {
    const number = numberOf(entry);
    const ours = held?.get(number);
    if (!ours) return [{ number, what: 'missing' }];
    const isSame =
      ours.id === entry.id && ours.version === entry.version && ours.body === entry.body;
    return isSame ? [] : [{ number, what: 'changed' }];
  });
  thread.mend(from, to, right);
  return differences;
}

const numberOf = (entry: Entry) => (entry.audience === 'staff' ? entry.seq : entry.publicSeq);
