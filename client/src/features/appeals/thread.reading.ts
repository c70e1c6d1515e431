import type { Appeal, AppealCard, Entry } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { LinkedOrder } from '@otklik/shared/orders';
import { ref, shallowReactive, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader, type Loader } from '../../platform/loading';
import { attempt, isPassing } from '../../platform/problem';
import type { useSession } from '../session';
import { lastNumberOf, numberOf } from './appeal.rules';
import { dropThread, recallThread } from './appeals.kept';
import type { useAppeals } from './appeals.store';
import { createThreadLog, type ThreadLog } from './thread.log';
import type { Thread } from './thread.types';

export interface HeldThread {
  no: number;
  appealId: string | null;
  card: AppealCard | null;
  loader: Loader;
  olderLoader: Loader;
  log: ThreadLog;
  readAtOpening: number | null;
  firstUnread: number | null;
  onScreen: boolean;
  /** What is held is of an earlier visit and ended here; the server has not been asked since. Null: it has. */
  keptTop: number | null;
}

const PAGE = 50;
const MAX_PAGE = 100;
/** How far back opening looks for the first unread message. */
const MAX_FIRST_LOAD = 300;
const HELD_THREADS = 30;
const CARD_MS = 500;
const GAP_AGAIN_MS = 2_000;
const LEVEL_AGAIN_MS = 3_000;
const KEPT_AGAIN_MS = 5_000;

/** What the stores around a thread are to its parts. */
export interface ThreadSurroundings {
  session: ReturnType<typeof useSession>;
  appeals: ReturnType<typeof useAppeals>;
}

/** Threads as they come in: opening, pages, news, gaps. */
export function createThreadReading({ session, appeals }: ThreadSurroundings) {
  const byNo = shallowReactive(new Map<number, HeldThread>());

  const held = (appealId: string): HeldThread | null => {
    for (const thread of byNo.values()) if (thread.appealId === appealId) return thread;
    return null;
  };

  /** What is known of a thread; null before `open`. */
  function thread(no: number): Thread | null {
    const one = byNo.get(no);
    if (!one) return null;
    return {
      no,
      appealId: one.appealId,
      card: one.card,
      loading: one.loader.is,
      older: one.olderLoader.is,
      hasOlder: one.log.is.hasOlder,
      readAtOpening: one.readAtOpening,
      firstUnread: one.firstUnread,
      keptAt: one.keptTop !== null ? one.loader.is.at : null,
    };
  }

  /**
   * Opens a thread on the screen: what is held is there at once, card and newest page are fetched beside it.
   * @returns the appeal's id, or null when it could not be opened (see `thread(no).loading.problem`)
   */
  async function open(no: number): Promise<string | null> {
    const one = byNo.get(no) ?? create(no);
    one.onScreen = true;
    // The most recently opened is the last to be forgotten.
    byNo.delete(no);
    byNo.set(no, one);
    forgetOld();
    const known = appeals.byNo(no);
    one.appealId ??= known?.id ?? null;
    if (one.log.is.from !== null) captureUnread(one, markOf(one));
    await refresh(one);
    // What a held thread missed while it was not on the screen is unread too.
    if (one.onScreen && one.firstUnread === null)
      captureUnread(one, one.readAtOpening ?? markOf(one));
    return one.appealId;
  }

  function create(no: number): HeldThread {
    return shallowReactive({
      no,
      appealId: null,
      card: null,
      loader: createLoader(),
      olderLoader: createLoader(),
      log: createThreadLog(),
      readAtOpening: null,
      firstUnread: null,
      onScreen: false,
      keptTop: null,
    });
  }

  /** The thread leaves the screen: its divider goes, its content stays for a quick return. */
  function close(no: number): void {
    const one = byNo.get(no);
    if (!one) return;
    one.onScreen = false;
    one.readAtOpening = null;
    one.firstUnread = null;
  }

  function forgetOld(): void {
    for (const [no, one] of byNo) {
      if (byNo.size <= HELD_THREADS) return;
      if (!one.onScreen) byNo.delete(no);
    }
  }

  async function refresh(one: HeldThread): Promise<void> {
    if (session.fromMemory) await takeKept(one);
    const done = await one.loader.run(
      async () => {
        const asked = call(appealsApi.cardByNo, { no: one.no });
        // Awaited below; until then a failure must not count as unhandled.
        asked.catch(() => undefined);
        // With a known row the page need not wait for the card.
        const appealId = one.appealId ?? (await asked).appeal.id;
        const markSeq = appeals.marks.get(appealId)?.seq ?? (await asked).mark.seq;
        const row = appeals.byId.get(appealId) ?? (await asked).appeal;
        const begins = one.log.is.from === null || isUndone(one, (await asked).appeal);
        const page = begins
          ? await call(appealsApi.entries, { appealId, limit: firstLimit(row, markSeq) })
          : null;
        return { card: await asked, page };
      },
      ({ card, page }) => {
        one.appealId = card.appeal.id;
        if (isUndone(one, card.appeal)) one.log.clear();
        one.keptTop = null;
        // What this browser kept may have come meanwhile: it stays, and what follows it is fetched below.
        if (page && one.log.is.from === null) {
          one.log.startWith(page.entries, page.hasMore);
          for (const entry of page.changed) one.log.put(entry);
        }
        takeCard(one, card);
        // Looking at the thread may have moved the mark already: the divider keeps its first place.
        if (page && one.onScreen) captureUnread(one, one.readAtOpening ?? markOf(one));
      },
    );
    if (!done) {
      const { problem } = one.loader.is;
      if (problem?.code === 'not_found') {
        void dropThread(one.no);
        if (one.appealId) gone(one, one.appealId);
      } else if (problem && isPassing(problem)) {
        await takeKept(one);
        if (one.keptTop !== null) askSoon(one);
      }
      return;
    }
    await reachUnread(one);
    await catchUp(one.no);
  }

  /** A kept thread that is ahead of the server is of a time that a restored backup has undone. News may have run ahead of the answer. */
  const isUndone = ({ keptTop }: HeldThread, appeal: Appeal) =>
    keptTop !== null && lastNumberOf(appeal) < keptTop;

  const keptTimers = new Map<number, ReturnType<typeof setTimeout>>();
  /** The line may be there and the server in trouble: then nothing else tells that it can be asked again. */
  function askSoon(one: HeldThread): void {
    clearTimeout(keptTimers.get(one.no));
    keptTimers.set(
      one.no,
      setTimeout(() => {
        keptTimers.delete(one.no);
        if (one.keptTop !== null && one.onScreen && !one.loader.is.busy) void refresh(one);
      }, KEPT_AGAIN_MS),
    );
  }

  /** Shows what this browser kept of a thread while the server cannot be asked (STA-5). */
  async function takeKept(one: HeldThread): Promise<void> {
    const person = session.personId;
    if (one.log.is.from !== null) return;
    const kept = await recallThread(one.no);
    const isWanted = session.personId === person && byNo.get(one.no) === one;
    if (!kept || !isWanted || one.log.is.from !== null) return;
    one.appealId = kept.appealId;
    one.log.startWith(kept.entries, kept.hasOlder);
    one.keptTop = one.log.is.top;
    takeCard(one, kept.card);
    if (one.onScreen) captureUnread(one, one.readAtOpening ?? markOf(one));
    one.loader.stand(kept.at);
  }

  function gone(one: HeldThread, appealId: string): void {
    one.keptTop = null;
    one.log.clear();
    one.card = null;
    appeals.drop(appealId);
  }

  const firstLimit = (row: Appeal, markSeq: number) =>
    Math.min(MAX_PAGE, Math.max(PAGE, lastNumberOf(row) - markSeq + 10));

  function takeCard(one: HeldThread, card: AppealCard): void {
    appeals.put(card.appeal);
    appeals.putMark(card.mark);
    one.card = card;
  }

  const markOf = ({ appealId }: HeldThread) => (appealId && appeals.marks.get(appealId)?.seq) || 0;

  /** Remembers where the divider stands: above the first message of somebody else after the read mark. */
  function captureUnread(one: HeldThread, markSeq: number): void {
    one.readAtOpening = markSeq;
    const unread = [...one.log.entries]
      .filter(
        ([number, entry]) =>
          number > markSeq && entry.kind !== 'event' && entry.author?.id !== session.personId,
      )
      .map(([number]) => number);
    one.firstUnread = unread.length > 0 ? Math.min(...unread) : null;
  }

  /** The viewer moved his mark back: the divider of the open thread goes there too. */
  function divideAt(appealId: string, markSeq: number): void {
    const one = held(appealId);
    if (one?.onScreen) captureUnread(one, markSeq);
  }

  /** Loads on upwards until the first unread message is there, so that the page can start at it (UNR-4). */
  async function reachUnread(one: HeldThread): Promise<void> {
    const markSeq = one.readAtOpening ?? 0;
    while (
      one.firstUnread !== null &&
      one.log.is.hasOlder &&
      (one.log.is.from ?? 0) > markSeq + 1 &&
      one.log.entries.size < MAX_FIRST_LOAD
    ) {
      if (!(await loadOlder(one.no))) return;
      captureUnread(one, markSeq);
    }
  }

  const olderUnderWay = new Map<number, Promise<boolean>>();
  /** The page above what is held; asked for twice at once, it comes once. @returns true when it came */
  function loadOlder(no: number): Promise<boolean> {
    const known = olderUnderWay.get(no);
    if (known) return known;
    const done = fetchOlder(no).finally(() => olderUnderWay.delete(no));
    olderUnderWay.set(no, done);
    return done;
  }
  async function fetchOlder(no: number): Promise<boolean> {
    const one = byNo.get(no);
    const beforeSeq = one?.log.is.from;
    if (!one?.appealId || !beforeSeq || !one.log.is.hasOlder) return false;
    const { appealId } = one;
    return one.olderLoader.run(
      () => call(appealsApi.entries, { appealId, beforeSeq, limit: PAGE }),
      (page) => {
        if (one.log.is.from !== beforeSeq) return;
        one.log.addOlder(page.entries, page.hasMore);
        for (const entry of page.changed) one.log.put(entry);
      },
    );
  }

  /** Loads upwards until an entry is in the window. @returns whether it is */
  async function reach(no: number, entryId: string): Promise<boolean> {
    const one = byNo.get(no);
    const isThere = () => {
      const entry = one?.log.known.get(entryId);
      return entry !== undefined && one?.log.entries.has(numberOf(entry)) === true;
    };
    while (!isThere() && one?.log.is.hasOlder) if (!(await loadOlder(no))) break;
    return isThere();
  }

  const catching = new Set<number>();
  const gapTimers = new Map<number, ReturnType<typeof setTimeout>>();
  /** Fetches what came after the highest number without a gap below it. */
  async function catchUp(no: number): Promise<void> {
    const one = byNo.get(no);
    if (!one?.appealId || one.log.is.from === null || catching.has(no)) return;
    const { appealId } = one;
    const person = session.personId;
    catching.add(no);
    try {
      let more = isBehind(one);
      while (more) {
        const afterSeq = one.log.is.top;
        const answer = await attempt(() =>
          call(appealsApi.entries, { appealId, afterSeq, limit: MAX_PAGE }),
        );
        if (session.personId !== person || one.log.is.from === null) return;
        if (!answer.ok) {
          if (answer.trouble.code === 'not_found') void refresh(one);
          break;
        }
        for (const entry of answer.value.entries) one.log.put(entry);
        for (const entry of answer.value.changed) one.log.put(entry);
        more = answer.value.hasMore && one.log.is.top > afterSeq;
      }
    } finally {
      catching.delete(no);
    }
    // The row may be ahead of the answer, or the connection away: look again soon.
    if (!isBehind(one) || !(one.onScreen || waiting.has(appealId)) || gapTimers.has(no)) return;
    gapTimers.set(
      no,
      setTimeout(() => {
        gapTimers.delete(no);
        void catchUp(no);
      }, GAP_AGAIN_MS),
    );
  }

  /** The row, or news, speaks of an entry that is not held. */
  function isBehind({ appealId, log }: HeldThread): boolean {
    const row = appealId ? appeals.byId.get(appealId) : undefined;
    return log.is.from !== null && Math.max(log.is.max, row ? lastNumberOf(row) : 0) > log.is.top;
  }
  const behindOnScreen = () =>
    [...byNo.values()].filter((one) => one.onScreen && isBehind(one)).map(({ no }) => no);
  // After the tick: a row and its entries come in one piece of news.
  watch(behindOnScreen, (behind) => {
    for (const no of behind) void catchUp(no);
  });
  /** Compares what is held with the rows; called every so often, should anything have slipped through. */
  function check(): void {
    for (const no of behindOnScreen()) void catchUp(no);
    askForKept();
  }
  /** The server can be asked again about threads of an earlier visit: whether they may be seen, and what came since. */
  function askForKept(): void {
    for (const one of byNo.values()) {
      if (one.keptTop !== null && one.onScreen && !one.loader.is.busy) void refresh(one);
    }
  }
  appeals.heedLookedAt(
    () =>
      new Set(
        [...byNo.values()].flatMap((one) => (one.onScreen && one.appealId ? [one.appealId] : [])),
      ),
  );

  /* ── Nothing is said into a thread with a known gap (T11) ── */

  /** The connection came back and the rows of the time without it are not here yet. */
  const levelling = ref(false);
  /** Appeals in which something waits to be said. */
  const waiting = shallowReactive(new Set<string>());

  /** Whether everything that is known to exist of a thread is held, so that a message may go into it. */
  function isLevel(appealId: string): boolean {
    const one = held(appealId);
    const level = !levelling.value && (one === null || !isBehind(one));
    if (level) waiting.delete(appealId);
    else waiting.add(appealId);
    if (one && isBehind(one)) void catchUp(one.no);
    return level;
  }
  /** Told once the thread has caught up, for an appeal that was not level when it was asked for. */
  let levelled: (appealId: string) => void = () => undefined;
  watch(
    () =>
      levelling.value
        ? []
        : [...waiting].filter((appealId) => {
            const one = held(appealId);
            return one === null || !isBehind(one);
          }),
    (ready) => {
      for (const appealId of ready) {
        waiting.delete(appealId);
        levelled(appealId);
      }
    },
  );

  let levelTimer: ReturnType<typeof setTimeout> | undefined;
  /**
   * The connection is back: open threads fetch what they missed.
   * @param rows settles when the rows have been asked for; until they came, nothing is sent
   */
  async function wake(rows?: () => Promise<void>): Promise<void> {
    clearTimeout(levelTimer);
    const person = session.personId;
    if (rows) {
      levelling.value = true;
      await rows();
      if (session.personId !== person) return;
      if (appeals.synced.problem !== null) {
        levelTimer = setTimeout(() => void wake(rows), LEVEL_AGAIN_MS);
        return;
      }
      levelling.value = false;
    }
    for (const [entryId, state] of asked) if (state === 'loading') asked.delete(entryId);
    for (const one of byNo.values()) {
      if (!one.onScreen || one.keptTop !== null) continue;
      if (one.log.is.from === null && one.loader.is.state === 'error') void refresh(one);
      else void catchUp(one.no);
    }
    askForKept();
  }

  /* ── Quoted messages ──────────────────────────────────── */

  /** Of those asked for alone: on its way, or not to be had. */
  const asked = shallowReactive(new Map<string, 'loading' | 'gone'>());
  /** A quoted message, wherever it stands; null: it is on its way. */
  function quoted(appealId: string, entryId: string): Entry | 'gone' | null {
    const entry = held(appealId)?.log.known.get(entryId);
    return entry ?? (asked.get(entryId) === 'gone' ? 'gone' : null);
  }
  watch(
    () => {
      const missing: [appealId: string, entryId: string][] = [];
      for (const { onScreen, appealId, log } of byNo.values()) {
        if (!onScreen || !appealId) continue;
        for (const { replyTo } of log.entries.values()) {
          if (replyTo && !log.known.has(replyTo) && !asked.has(replyTo)) {
            missing.push([appealId, replyTo]);
          }
        }
      }
      return missing;
    },
    (missing) => {
      for (const [appealId, entryId] of missing) void fetchQuoted(appealId, entryId);
    },
  );
  async function fetchQuoted(appealId: string, entryId: string): Promise<void> {
    if (asked.has(entryId)) return;
    asked.set(entryId, 'loading');
    const person = session.personId;
    const answer = await attempt(() => call(appealsApi.entry, { appealId, entryId }));
    if (session.personId !== person) return;
    if (answer.ok) held(appealId)?.log.put(answer.value);
    if (answer.ok) asked.delete(entryId);
    // Without an answer it is asked for again when the connection is back.
    else if (answer.trouble.status === 404) asked.set(entryId, 'gone');
  }

  /* ── News ─────────────────────────────────────────────── */

  /** Entries from news, answers and pages; those of threads that are not held are left to their opening. */
  function putEntries(appeal: Appeal, entries: readonly Entry[]): void {
    // By its number: while it is being opened, its id may be unknown, and the page on its way may lack the entry.
    const one = byNo.get(appeal.no);
    moveOwnMark(appeal, entries);
    if (!one) return;
    one.appealId ??= appeal.id;
    for (const entry of entries) one.log.put(entry);
    if (one.onScreen && entries.some((entry) => changesCard(entry) || isNewcomers(one, entry)))
      refreshCard(one);
  }

  /** Who writes takes part from then on. */
  const isNewcomers = ({ card }: HeldThread, { author }: Entry) =>
    card !== null && author !== null && !card.participants.some(({ id }) => id === author.id);

  const changesCard = (entry: Entry) =>
    entry.kind === 'event' || entry.attachments.length > 0 || entry.orders.length > 0;

  /** Who writes has read: the server moves his mark too and tells it later. */
  function moveOwnMark(appeal: Appeal, entries: readonly Entry[]): void {
    // A changed message is no new one.
    const said = entries.filter(({ kind, version }) => kind !== 'event' && version === 1);
    const own = said.findLastIndex((entry) => entry.author?.id === session.personId);
    const last = said[own];
    const newest = said.at(-1);
    // Only a row that is exactly as fresh as its entries can tell how many messages lie below.
    const fits = appeal.last?.at === newest?.at && appeal.last?.authorId === newest?.author?.id;
    if (!last || !fits) return;
    appeals.putMark({
      appealId: appeal.id,
      seq: numberOf(last),
      messages: appeal.messages - (said.length - 1 - own),
    });
  }

  const cardTimers = new Map<number, ReturnType<typeof setTimeout>>();
  /** People, orders or files changed: the panel is fetched anew, once for many changes. */
  function refreshCard(one: HeldThread): void {
    const { no, appealId } = one;
    if (!appealId || cardTimers.has(no)) return;
    const person = session.personId;
    cardTimers.set(
      no,
      setTimeout(() => {
        cardTimers.delete(no);
        void attempt(() => call(appealsApi.card, { appealId })).then((answer) => {
          if (session.personId !== person) return;
          if (answer.ok) takeCard(one, answer.value);
          else if (answer.trouble.code === 'not_found') void refresh(one);
        });
      }, CARD_MS),
    );
  }

  const refreshCardOf = (appealId: string): void => {
    const one = held(appealId);
    if (one?.onScreen) refreshCard(one);
  };

  /** An order changed: panels that show it follow. */
  function putOrder(order: LinkedOrder): void {
    for (const one of byNo.values()) {
      if (!one.card?.orders.some(({ id }) => id === order.id)) continue;
      const orders = one.card.orders.map((known) => (known.id === order.id ? order : known));
      one.card = { ...one.card, orders };
    }
  }

  /* ── Coming and going ─────────────────────────────────── */

  function reset(): void {
    for (const one of byNo.values()) {
      one.loader.reset();
      one.olderLoader.reset();
      one.log.clear();
    }
    byNo.clear();
    olderUnderWay.clear();
    asked.clear();
    waiting.clear();
    levelling.value = false;
    clearTimeout(levelTimer);
    for (const timers of [cardTimers, gapTimers, keptTimers]) {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    }
  }

  /** Everything held was replaced: threads begin anew, those on the screen at once. */
  watch(
    () => appeals.generation,
    (now, before) => {
      if (before === 0 || now === 0) return;
      for (const [no, one] of byNo) {
        if (!one.onScreen) byNo.delete(no);
        else {
          one.log.clear();
          void refresh(one);
        }
      }
    },
  );

  return {
    held,
    all: () => [...byNo.values()],
    divideAt,
    thread,
    open,
    close,
    loadOlder,
    reach,
    catchUp,
    check,
    isLevel,
    onLevelled: (told: (appealId: string) => void) => (levelled = told),
    wake,
    quoted,
    putEntries,
    putOrder,
    refreshCardOf,
    reset,
  };
}
