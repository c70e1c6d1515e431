import type {
  LinkedOrder,
  ListOrders,
  OrderCard,
  OrderCounts,
  OrderRow,
} from '@otklik/shared/orders';
import { ordersApi } from '@otklik/shared/orders.api';
import { defineStore } from 'pinia';
import { shallowReactive, shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { attempt } from '../../platform/problem';
import { on } from '../../platform/socket';
import { useSession } from '../session';

export type OrderFilters = Pick<ListOrders, 'filter' | 'q' | 'dealerId'>;

const COUNTS_MS = 1_000;

/** Orders: one list at a time, cards by number, the picker. Rows and cards follow the back office live. */
export const useOrders = defineStore('orders', () => {
  const session = useSession();
  const rows = shallowRef<OrderRow[]>([]);
  const cursor = shallowRef<string | null>(null);
  const counts = shallowRef<OrderCounts | null>(null);
  const list = createLoader();
  const more = createLoader();
  const cards = shallowReactive(new Map<string, OrderCard>());
  const cardLoader = createLoader();
  let filters: OrderFilters = {};
  let listTurn = 0;

  /** Shows a list from its beginning; rows of another list go at once. */
  async function load(next: OrderFilters = {}): Promise<void> {
    const same = JSON.stringify(next) === JSON.stringify(filters);
    filters = { ...next, q: next.q?.trim() || undefined };
    listTurn += 1;
    more.reset();
    if (!same) {
      rows.value = [];
      cursor.value = null;
      list.reset();
    }
    void fetchCounts();
    await list.run(
      () => call(ordersApi.list, filters),
      (page) => {
        rows.value = page.items;
        cursor.value = page.nextCursor;
      },
    );
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

  let countsTimer: ReturnType<typeof setTimeout> | undefined;
  /** News: the row changes in its place, an open card is fetched anew because it shows more than a row. */
  function put(order: LinkedOrder): void {
    found.clear();
    rows.value = rows.value.map((row) => (row.id === order.id ? newer(row, order) : row));
    const held = cards.get(order.number);
    if (held) {
      cards.set(order.number, newer(held, order));
      void refreshCard(order.number);
    }
    if (counts.value === null) return;
    countsTimer ??= setTimeout(() => {
      countsTimer = undefined;
      void fetchCounts();
    }, COUNTS_MS);
  }

  function reset(): void {
    rows.value = [];
    cursor.value = null;
    counts.value = null;
    cards.clear();
    found.clear();
    filters = {};
    listTurn += 1;
    clearTimeout(countsTimer);
    countsTimer = undefined;
    for (const loader of [list, more, cardLoader]) loader.reset();
  }
  watch(() => session.personId, reset, { flush: 'sync' });
  on('order:news', put);

  return {
    rows,
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
