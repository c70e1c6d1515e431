import type { Entry } from '@otklik/shared/appeals';
import type {
  LinkedOrder,
  ListOrders,
  OrderCard,
  OrderCounts,
  OrderRow,
} from '@otklik/shared/orders';
import { ordersApi } from '@otklik/shared/orders.api';
import type { Page } from '@otklik/shared/route';
import { defineStore } from 'pinia';
import { shallowReactive, shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { attempt } from '../../platform/problem';
import { on, onConnected } from '../../platform/socket';
import { useSession } from '../session';

export type OrderFilters = Pick<ListOrders, 'filter' | 'q' | 'dealerId'>;

/** News of many orders at once cost one question. */
const AFTER_NEWS_MS = 1_000;

/** Orders: one list at a time, cards by number, the picker. Rows and cards follow the back office live. */
export const useOrders = defineStore('orders', () => {
  const session = useSession();
  const rows = shallowRef<OrderRow[]>([]);
  const cursor = shallowRef<string | null>(null);
  const counts = shallowRef<OrderCounts | null>(null);
  /** The list lacks something that news told of; the page chooses the moment to `load` again (LIV-1). */
  const behind = shallowRef(false);
  const list = createLoader();
  const more = createLoader();
  const cards = shallowReactive(new Map<string, OrderCard>());
  const cardLoader = createLoader();
  let filters: OrderFilters = {};
  /** Number of the card that was opened last: the one that is kept fresh. */
  let opened: string | null = null;
  let listTurn = 0;

  /**
   * Shows a list from its beginning; rows of another list go at once. The same list again is refreshed in its place
   * and keeps the length it has grown to.
   */
  async function load(asked: OrderFilters = {}): Promise<void> {
    const next = { ...asked, q: asked.q?.trim() || undefined };
    const same = JSON.stringify(next) === JSON.stringify(filters);
    filters = next;
    listTurn += 1;
    behind.value = false;
    more.reset();
    if (!same) {
      rows.value = [];
      cursor.value = null;
      list.reset();
    }
    void fetchCounts();
    await list.run(() => call(ordersApi.list, next), takeFirst);
  }

  function takeFirst({ items, nextCursor }: Page<OrderRow>): void {
    const last = items.at(-1);
    const older =
      last && nextCursor !== null
        ? rows.value.filter((row) => isOlder(row, last) && fits(row, filters.filter))
        : [];
    rows.value = [...items, ...older];
    // A cursor names a place in the list and not a page: that of the rows kept is still right.
    if (older.length === 0) cursor.value = nextCursor;
  }

  async function loadMore(): Promise<void> {
    const after = cursor.value;
    const mine = listTurn;
    if (after === null || more.is.busy || list.is.busy) return;
    await more.run(
      () => call(ordersApi.list, { ...filters, cursor: after }),
      (page) => {
        if (mine !== listTurn) return;
        const known = new Set(rows.value.map(({ id }) => id));
        rows.value = [...rows.value, ...page.items.filter(({ id }) => !known.has(id))];
        cursor.value = page.nextCursor;
      },
    );
  }

  async function fetchCounts(): Promise<void> {
    const person = session.personId;
    const answer = await attempt(() => call(ordersApi.counts, {}));
    if (answer.ok && session.personId === person) counts.value = answer.value;
  }

  /** Makes a card ready; one that is held is shown meanwhile. `cardLoading` tells how it stands. */
  async function loadCard(number: string): Promise<void> {
    opened = number;
    if (!cards.has(number)) cardLoader.reset();
    await cardLoader.run(
      () => call(ordersApi.card, { number }),
      (card) => cards.set(number, card),
    );
  }
  async function refreshCard(number: string): Promise<void> {
    const answer = await attempt(() => call(ordersApi.card, { number }));
    if (answer.ok && cards.has(number)) cards.set(number, answer.value);
  }
  const card = (number: string): OrderCard | null => cards.get(number) ?? null;

  const found = new Map<string, LinkedOrder[]>();
  /**
   * Orders whose number starts with `prefix`, newest first; a repeated question is answered at once (CMP-7).
   * Staff name the appeal's dealer. Without a connection: what was found before, or nothing.
   */
  async function find(prefix: string, dealerId?: string): Promise<LinkedOrder[]> {
    const key = JSON.stringify([prefix, dealerId ?? '']);
    const asked = fetchFound(key, prefix, dealerId);
    return found.get(key) ?? asked;
  }
  async function fetchFound(
    key: string,
    prefix: string,
    dealerId: string | undefined,
  ): Promise<LinkedOrder[]> {
    const person = session.personId;
    const answer = await attempt(() => call(ordersApi.find, { prefix, dealerId }));
    if (answer.ok && session.personId === person) found.set(key, answer.value.items);
    return answer.ok ? answer.value.items : [];
  }

  /** News: the row changes in its place, an open card is fetched anew because it shows more than a row. */
  function put(order: LinkedOrder): void {
    found.clear();
    const isListed = rows.value.some(({ id }) => id === order.id);
    rows.value = rows.value.map((row) => (row.id === order.id ? newer(row, order) : row));
    const held = cards.get(order.number);
    if (held) {
      cards.set(order.number, newer(held, order));
      void refreshCard(order.number);
    }
    afterNews(!isListed || !fits(order, filters.filter));
  }

  /** Links between orders and appeals come with the news of appeals. */
  function putLinks(entries: readonly Entry[]): void {
    const linked = new Set(entries.flatMap(ordersOf));
    if (linked.size === 0) return;
    for (const number of linked) if (cards.has(number)) void refreshCard(number);
    afterNews(rows.value.some(({ number }) => linked.has(number)));
  }

  /** What was told while the connection was away has to be asked for. */
  function catchUp(): void {
    if (session.personId === null) return;
    if (opened !== null && cards.has(opened)) void refreshCard(opened);
    afterNews(true);
  }

  let newsTimer: ReturnType<typeof setTimeout> | undefined;
  let lacks = false;
  function afterNews(changesList: boolean): void {
    lacks ||= changesList;
    newsTimer ??= setTimeout(() => {
      newsTimer = undefined;
      if (counts.value !== null) void fetchCounts();
      if (list.is.state === 'ready' && lacks) behind.value = true;
      lacks = false;
    }, AFTER_NEWS_MS);
  }

  function reset(): void {
    rows.value = [];
    cursor.value = null;
    counts.value = null;
    cards.clear();
    found.clear();
    filters = {};
    opened = null;
    behind.value = false;
    lacks = false;
    listTurn += 1;
    clearTimeout(newsTimer);
    newsTimer = undefined;
    for (const loader of [list, more, cardLoader]) loader.reset();
  }
  watch(() => session.personId, reset, { flush: 'sync' });
  on('order:news', put);
  on('appeal:news', ({ entries }) => putLinks(entries));
  onConnected(catchUp);

  return {
    rows,
    behind,
    hasMore: () => cursor.value !== null,
    counts,
    listLoading: list.is,
    moreLoading: more.is,
    cardLoading: cardLoader.is,
    load,
    loadMore,
    loadCard,
    card,
    find,
    put,
  };
});

/** News can come late: what the back office told later stays. */
function newer<Row extends LinkedOrder>(held: Row, news: LinkedOrder): Row {
  return Date.parse(news.updatedAt) < Date.parse(held.updatedAt) ? held : { ...held, ...news };
}

/** Newest first, as the server lists them. */
function isOlder(row: OrderRow, than: OrderRow): boolean {
  const [at, limit] = [Date.parse(row.createdAt), Date.parse(than.createdAt)];
  return at < limit || (at === limit && row.id < than.id);
}

function fits({ state }: Pick<OrderRow, 'state'>, filter: OrderFilters['filter']): boolean {
  if (filter === 'delivered') return state === 'delivered';
  return filter !== 'active' || (state !== 'delivered' && state !== 'cancelled');
}

/** Numbers of the orders that an entry has linked to its appeal, or taken off it. */
function ordersOf({ orders, event }: Entry): string[] {
  const number = event?.facts.number;
  return typeof number === 'string' ? [...orders, number] : orders;
}
