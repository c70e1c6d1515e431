import type { AppealListView, AppealSort } from '@otklik/shared/appeal-lists';
import type {
  Appeal,
  AppealCounts,
  AppealPage,
  ReadMark,
  SyncAnswer,
} from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { defineStore } from 'pinia';
import { computed, shallowReactive, shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { learnServerTime, minuteNow, serverNow } from '../../platform/clock';
import { createLoader, type Loader, type Loading } from '../../platform/loading';
import { attempt } from '../../platform/problem';
import { useSession } from '../session';
import { recallRows } from './appeals.kept';
import {
  isInView,
  orderOf,
  passes,
  rowOf,
  sortOf as sortIn,
  topicsInOrder,
  type AppealFilters,
  type AppealRow,
  type Viewer,
} from './appeal.rules';

/** A topic with its rows, as a list shows it. */
export interface AppealGroup {
  topicId: string;
  /** Key of the fold in the settings: `<view>:<topicId>`. */
  foldKey: string;
  folded: boolean;
  /** Row keys in order, for `v-for`; `appealIdOf(key)` gives the appeal. */
  keys: string[];
  /** Rows that are in the view now (rows on their way out are shown, not counted). */
  count: number;
  /** "3 · 2 ждут вас" */
  needsReply: number;
}

/** How a view stands: rows of open appeals come with sync, older ones page by page. */
export interface ViewState extends Loading {
  hasMore: boolean;
}

interface View {
  loader: Loader;
  cursor: string | null;
  /** What the server answered; null when the view can be told from the rows alone. */
  ids: Set<string> | null;
}

const NO_COUNTS: AppealCounts = { open: 0, owed: 0, closed: 0, mine: 0, queue: 0, mentions: 0 };
/** Sync brings every open appeal: these views are complete with it. */
const COMPLETE: readonly AppealListView[] = ['open', 'mine', 'queue', 'owed'];
const NEW_SYNC_MS = 3_000;
const COUNTS_MS = 400;
/** The server's clock is learnt again only when it is off by more than the network can explain. */
const CLOCK_SLACK_MS = 2_000;

/** A row's key within a list: an appeal that changes its topic leaves one place and comes into another. */
const keyOf = (appeal: Appeal) => `${appeal.topicId}/${appeal.id}`;
/** The appeal of a row key. */
export const appealIdOf = (key: string) => key.slice(key.indexOf('/') + 1);
/** The topic a row key stands under. */
export const topicIdOf = (key: string) => key.slice(0, key.indexOf('/'));

/** Rows and marks of all appeals this browser knows. Answers, news and sync end in `put`, in any order, any number of times. */
export const useAppeals = defineStore('appeals', () => {
  const session = useSession();
  const byId = shallowReactive(new Map<string, Appeal>());
  const marks = shallowReactive(new Map<string, ReadMark>());
  const counts = shallowRef<AppealCounts | null>(null);
  const views = shallowReactive(new Map<string, View>());
  const synced = createLoader();
  /** Grows when everything held was replaced (rights, restored backup): threads start anew too. */
  const generation = shallowRef(0);

  const viewer = computed<Viewer>(() => ({
    personId: session.personId ?? '',
    side: session.side ?? 'dealer',
  }));

  /* ── Facts ────────────────────────────────────────────── */

  /** What came in while a sync is under way; a reset keeps it beside its own rows. */
  let arrived: { appeals: Map<string, Appeal>; marks: Map<string, ReadMark> } | null = null;

  /** The one way in for rows: a lower revision never replaces a higher one. */
  function put(appeal: Appeal): void {
    if (arrived) keepNewer(arrived.appeals, appeal);
    keepNewer(byId, appeal);
  }
  /**
   * The one way in for read marks: a lower revision never replaces a higher one. Without a revision it is what this page
   * has just seen the viewer read: forward only, until the server answers.
   */
  function putMark({ rev, ...read }: Omit<ReadMark, 'rev'> & Partial<ReadMark>): void {
    const mark = { ...read, rev: rev ?? marks.get(read.appealId)?.rev ?? 0 };
    if (arrived) keepLatest(arrived.marks, mark);
    keepLatest(marks, mark);
  }
  function keepNewer(held: Map<string, Appeal>, appeal: Appeal): void {
    const known = held.get(appeal.id);
    if (!known || known.rev < appeal.rev) held.set(appeal.id, appeal);
  }
  function keepLatest(held: Map<string, ReadMark>, mark: ReadMark): void {
    const known = held.get(mark.appealId);
    if (
      !known ||
      known.rev < mark.rev ||
      (known.rev === mark.rev &&
        (known.seq < mark.seq || (known.seq === mark.seq && known.messages !== mark.messages)))
    ) {
      held.set(mark.appealId, mark);
    }
  }
  function putPage({ items, marks: moved }: Pick<AppealPage, 'items' | 'marks'>): void {
    for (const appeal of items) put(appeal);
    for (const mark of moved) putMark(mark);
  }

  /** The viewer may not see it any more (its card answered "not found"). */
  function drop(appealId: string): void {
    byId.delete(appealId);
    marks.delete(appealId);
  }

  /* ── Sync ─────────────────────────────────────────────── */

  let cursor: string | undefined;
  let syncing: Promise<void> | null = null;
  let syncAgain = false;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  /** Fetches what changed since the last time. Called while one is under way: once more after it. */
  function sync(): Promise<void> {
    if (syncing) {
      syncAgain = true;
      return syncing;
    }
    clearTimeout(retryTimer);
    syncing = syncAll().finally(() => {
      syncing = null;
      if (!syncAgain) return;
      syncAgain = false;
      void sync();
    });
    return syncing;
  }

  async function syncAll(): Promise<void> {
    const person = session.personId;
    if (person === null) return;
    // Nobody has to wait for a server that did not answer a moment ago.
    if (session.fromMemory) await seed(person);
    const stage: NonNullable<typeof arrived> = { appeals: new Map(), marks: new Map() };
    arrived = stage;
    let reset = false;
    let more = true;
    let answered = true;
    while (more && answered && session.personId === person) {
      answered = await synced.run(
        () => call(appealsApi.sync, cursor === undefined ? {} : { cursor }),
        (answer) => {
          reset ||= answer.reset;
          more = answer.more;
          take(answer, stage);
        },
      );
    }
    if (arrived === stage) arrived = null;
    if (session.personId !== person) return;
    if (reset && !more) replaceAll(stage);
    // A reset that broke off has to begin again, or the rows it did not reach would stay unknown.
    if (reset && more) cursor = undefined;
    if (!answered) await seed(person);
    if (!answered && cursor === undefined) retryTimer = setTimeout(() => void sync(), NEW_SYNC_MS);
  }

  function take(answer: SyncAnswer, stage: NonNullable<typeof arrived>): void {
    // A reset counts on its own numbers: after a restored backup the revisions held here may be higher.
    for (const appeal of answer.items) keepNewer(stage.appeals, appeal);
    for (const mark of answer.marks) keepLatest(stage.marks, mark);
    putPage(answer);
    cursor = answer.cursor;
    tellCounts(answer.counts);
    const serverMs = Date.parse(answer.serverTime);
    if (Math.abs(serverMs - serverNow()) > CLOCK_SLACK_MS) learnServerTime(serverMs);
  }

  /** After a reset only what the answer named (and what came meanwhile) is true. */
  function replaceAll(stage: NonNullable<typeof arrived>): void {
    const first = generation.value === 0;
    generation.value += 1;
    // The very first answer is a reset as well; what pages fetched before it is as fresh.
    if (first) {
      unseed(stage);
      return;
    }
    for (const id of [...byId.keys()]) if (!stage.appeals.has(id)) byId.delete(id);
    for (const id of [...marks.keys()]) if (!stage.marks.has(id)) marks.delete(id);
    for (const [id, appeal] of stage.appeals) byId.set(id, appeal);
    for (const [id, mark] of stage.marks) marks.set(id, mark);
    reloadViews();
  }

  /* ── What this browser kept (STA-5) ───────────────────── */

  /** Rows of an earlier visit, until the server has answered once. */
  const seeded = new Map<string, Appeal>();
  let isSeeded = false;
  async function seed(person: string): Promise<void> {
    if (isSeeded || generation.value > 0) return;
    const kept = await recallRows();
    if (!kept || isSeeded || generation.value > 0 || session.personId !== person) return;
    isSeeded = true;
    for (const appeal of kept.appeals) {
      keepNewer(byId, appeal);
      if (byId.get(appeal.id) === appeal) seeded.set(appeal.id, appeal);
    }
    for (const mark of kept.marks) keepLatest(marks, mark);
    counts.value ??= kept.counts;
    synced.stand(kept.at);
  }

  /** Appeals that are being looked at: their threads ask for themselves whether they may still be seen. */
  let lookedAt: () => ReadonlySet<string> = () => new Set();
  const heedLookedAt = (tell: typeof lookedAt) => (lookedAt = tell);

  /** The first answer: of the kept rows only those stay that it names, or that came from elsewhere meanwhile. */
  function unseed(stage: NonNullable<typeof arrived>): void {
    if (!isSeeded) return;
    isSeeded = false;
    const spared = lookedAt();
    for (const [id, appeal] of seeded) {
      if (byId.get(id) !== appeal || stage.appeals.has(id) || spared.has(id)) continue;
      byId.delete(id);
      marks.delete(id);
    }
    seeded.clear();
    // Pages that could not be fetched meanwhile, and closed appeals that have just gone.
    reloadViews();
  }

  /* ── Counts ───────────────────────────────────────────── */

  let countsTurn = 0;
  let countsTimer: ReturnType<typeof setTimeout> | undefined;
  function tellCounts(next: AppealCounts): void {
    countsTurn += 1;
    counts.value = next;
  }
  /** The numbers beside the views, a moment after news: many at once cost one question. */
  function refreshCounts(): void {
    countsTimer ??= setTimeout(() => {
      countsTimer = undefined;
      void fetchCounts();
    }, COUNTS_MS);
  }
  async function fetchCounts(): Promise<void> {
    if (session.personId === null) return;
    const mine = ++countsTurn;
    const answer = await attempt(() => call(appealsApi.counts, {}));
    // Without an answer the old numbers stay; the next sync brings new ones.
    if (answer.ok && mine === countsTurn) counts.value = answer.value;
  }

  /** How many appeals need the viewer's reply at this moment, from the rows held: every open one, once sync has come. */
  const owedNow = computed(() => {
    if (generation.value === 0) return counts.value?.owed ?? 0;
    const now = serverNow();
    let owed = 0;
    for (const appeal of byId.values()) {
      const one = rowOf(appeal, marks.get(appeal.id), viewer.value, now);
      if (isInView(one, 'owed', viewer.value)) owed += 1;
    }
    return owed;
  });

  /* ── Rows and lists ───────────────────────────────────── */

  /** The later of the two, so that a row that has just changed is judged by this second. */
  const nowMs = () => Math.max(minuteNow.value, serverNow());

  /** A status that was chosen here and is on its way to the server: it is shown at once. */
  let statusOnItsWay: (appealId: string) => Appeal['status'] | null = () => null;
  const heedStatus = (tell: typeof statusOnItsWay) => (statusOnItsWay = tell);

  function row(appealId: string): AppealRow | null {
    const known = byId.get(appealId);
    if (!known) return null;
    const status = statusOnItsWay(appealId) ?? known.status;
    const appeal = status === known.status ? known : { ...known, status };
    return rowOf(appeal, marks.get(appealId), viewer.value, nowMs());
  }

  /** The appeal with this number, if this browser knows it. */
  function byNo(no: number): Appeal | null {
    for (const appeal of byId.values()) if (appeal.no === no) return appeal;
    return null;
  }

  /** The order a view stands in: the viewer's choice, the same on all his devices. Appeals about one order keep the view's own. */
  const sortOf = (view: AppealListView, { orderNumber }: AppealFilters = {}): AppealSort =>
    sortIn(
      view,
      viewer.value.side,
      orderNumber === undefined ? session.settings.sort?.[view] : undefined,
    );
  const setSort = (view: AppealListView, sort: AppealSort) =>
    session.changeSettings({ sort: { [view]: sort } });

  /**
   * Keys of a view's rows in the order of the list. `flat`: one list; otherwise rows stand together by topic.
   * Feed them to `useHeldOrder`, and what that shows to `groupsOf`.
   */
  function keys(view: AppealListView, filters: AppealFilters = {}, flat = false): string[] {
    const ids = views.get(viewKey(view, filters))?.ids ?? null;
    const now = nowMs();
    const rows: AppealRow[] = [];
    for (const appeal of byId.values()) {
      if (!passes(appeal, filters) || (ids !== null && !ids.has(appeal.id))) continue;
      const one = rowOf(appeal, marks.get(appeal.id), viewer.value, now);
      if (isInView(one, view, viewer.value)) rows.push(one);
    }
    const sort = sortOf(view, filters);
    rows.sort(orderOf(sort));
    if (flat) return rows.map(({ appeal }) => keyOf(appeal));
    const grouped = new Map<string, string[]>(
      topicsInOrder(rows, sort).map((topicId) => [topicId, []]),
    );
    for (const { appeal } of rows) grouped.get(appeal.topicId)?.push(keyOf(appeal));
    return [...grouped.values()].flat();
  }

  /** Topic groups of row keys, in the order of the keys. */
  function groupsOf(shown: readonly string[], view: AppealListView): AppealGroup[] {
    const folded = new Set(session.settings.folded);
    const groups = new Map<string, AppealGroup>();
    for (const key of shown) {
      const topicId = topicIdOf(key);
      const foldKey = `${view}:${topicId}`;
      const group = groups.get(topicId) ?? {
        topicId,
        foldKey,
        folded: folded.has(foldKey),
        keys: [],
        count: 0,
        needsReply: 0,
      };
      groups.set(topicId, group);
      group.keys.push(key);
      const one = row(appealIdOf(key));
      if (!one || keyOf(one.appeal) !== key || !isInView(one, view, viewer.value)) continue;
      group.count += 1;
      if (one.needsReply) group.needsReply += 1;
    }
    return [...groups.values()];
  }

  /** Topic groups of a view as they are now. */
  const grouped = (view: AppealListView, filters: AppealFilters = {}) =>
    groupsOf(keys(view, filters), view);

  /** Folds or unfolds a group; remembered on the server, the same on all devices. */
  async function toggleFold(foldKey: string): Promise<void> {
    const folded = session.settings.folded ?? [];
    await session.changeSettings({
      folded: folded.includes(foldKey)
        ? folded.filter((key) => key !== foldKey)
        : [...folded, foldKey].slice(-300),
    });
  }

  /* ── Pages ────────────────────────────────────────────── */

  /** A page of one order says nothing of how far another has come. */
  function viewKey(view: AppealListView, filters: AppealFilters): string {
    const { topicId, dealerId, orderNumber, q } = filters;
    const narrowed = [topicId ?? '', dealerId ?? '', orderNumber ?? '', (q ?? '').trim()];
    return JSON.stringify([view, ...narrowed, sortOf(view, filters)]);
  }
  const isComplete = (view: AppealListView, { orderNumber }: AppealFilters) =>
    COMPLETE.includes(view) && orderNumber === undefined;

  /** How the view stands; `loadView` first. */
  function viewState(view: AppealListView, filters: AppealFilters = {}): ViewState {
    if (isComplete(view, filters)) return { ...synced.is, hasMore: false };
    const known = views.get(viewKey(view, filters));
    if (!known) return { state: 'idle', problem: null, at: null, busy: false, hasMore: false };
    return { ...known.loader.is, hasMore: known.cursor !== null };
  }

  /** Makes the first page of a view ready; what is there is shown meanwhile. */
  async function loadView(view: AppealListView, filters: AppealFilters = {}): Promise<void> {
    if (isComplete(view, filters)) {
      if (synced.is.state !== 'ready') await sync();
      return;
    }
    const key = viewKey(view, filters);
    const known = views.get(key) ?? { loader: createLoader(), cursor: null, ids: null };
    await fetchPage(view, filters, known, undefined);
  }

  /** The next page, while `viewState().hasMore`. */
  async function loadMore(view: AppealListView, filters: AppealFilters = {}): Promise<void> {
    const known = views.get(viewKey(view, filters));
    if (!known || known.cursor === null || known.loader.is.busy) return;
    await fetchPage(view, filters, known, known.cursor);
  }

  async function fetchPage(
    view: AppealListView,
    filters: AppealFilters,
    known: View,
    after: string | undefined,
  ): Promise<void> {
    const key = viewKey(view, filters);
    views.set(key, known);
    const { topicId, dealerId, orderNumber } = filters;
    const q = filters.q?.trim() || undefined;
    const sort = sortOf(view, filters) === 'opened' ? 'opened' : undefined;
    await known.loader.run(
      () => call(appealsApi.list, { view, sort, topicId, dealerId, orderNumber, q, cursor: after }),
      (page) => {
        putPage(page);
        const ids = page.items.map(({ id }) => id);
        // A new object: whoever reads the view hears of the page.
        views.set(key, {
          loader: known.loader,
          cursor: page.nextCursor,
          ids:
            orderNumber === undefined
              ? null
              : new Set([...((after !== undefined && known.ids) || []), ...ids]),
        });
      },
    );
  }

  function reloadViews(): void {
    for (const [key, known] of views) {
      const [view, topicId, dealerId, orderNumber, q]: [AppealListView, ...string[]] =
        JSON.parse(key);
      const filters: AppealFilters = {
        topicId: topicId || undefined,
        dealerId: dealerId || undefined,
        orderNumber: orderNumber || undefined,
        q: q || undefined,
      };
      // Those of an order that is not chosen now are read anew when it is.
      if (viewKey(view, filters) === key) void fetchPage(view, filters, known, undefined);
      else views.delete(key);
    }
  }

  function reset(): void {
    byId.clear();
    marks.clear();
    for (const view of views.values()) view.loader.reset();
    views.clear();
    counts.value = null;
    cursor = undefined;
    arrived = null;
    syncAgain = false;
    seeded.clear();
    isSeeded = false;
    generation.value = 0;
    synced.reset();
    clearTimeout(retryTimer);
    clearTimeout(countsTimer);
    countsTimer = undefined;
    countsTurn += 1;
  }
  watch(() => session.personId, reset, { flush: 'sync' });

  return {
    byId,
    marks,
    counts: computed(() => counts.value ?? NO_COUNTS),
    /** False until the server has told the counts once: show "—", not 0. */
    countsKnown: computed(() => counts.value !== null),
    synced: synced.is,
    generation,
    owedNow,
    viewer,
    put,
    putMark,
    drop,
    heedStatus,
    heedLookedAt,
    sync,
    refreshCounts,
    row,
    byNo,
    sortOf,
    setSort,
    keys,
    groupsOf,
    grouped,
    toggleFold,
    viewState,
    loadView,
    loadMore,
  };
});
