import type { OrderRow } from '@otklik/shared/orders';
import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, expect, it, vi } from 'vitest';

import { Offline } from '../../platform/problem';
import { useOrders } from './orders.store';

type Answer = (input: Record<string, unknown>) => unknown;
const answers = new Map<string, Answer>();
vi.mock('../../platform/api', () => ({
  call: async (route: { method: string; path: string }, input: Record<string, unknown>) =>
    answers.get(`${route.method} ${route.path}`)?.(input),
}));
vi.mock('../session', () => import('../session/session.store'));
vi.mock('../../platform/socket', () => ({
  on: () => () => undefined,
  onConnected: () => () => undefined,
  startSocket: async () => undefined,
  stopSocket: () => undefined,
}));

const anOrder = (number: string, fields: Partial<OrderRow> = {}): OrderRow => ({
  id: `id ${number}`,
  number,
  dealerId: 'dealer',
  dealerName: 'Dealer',
  state: 'picking',
  createdAt: '2025-11-19T09:00:00.000Z',
  shipOn: null,
  places: null,
  lineCount: 1,
  totalKopecks: 100,
  appeals: [{ id: 'a', no: 1 }],
  updatedAt: '2025-11-19T09:00:00.000Z',
  ...fields,
});

beforeEach(() => {
  setActivePinia(createPinia());
  answers.clear();
  answers.set('GET /orders/counts', () => ({ all: 2, active: 2, delivered: 0 }));
  answers.set('GET /orders', ({ cursor }) =>
    cursor === 'p2'
      ? { items: [anOrder('1'), anOrder('2')], nextCursor: null }
      : { items: [anOrder('1')], nextCursor: 'p2' },
  );
});

it('pages without doubles', async () => {
  const orders = useOrders();
  await orders.load({ filter: 'active' });
  expect(orders.hasMore()).toBe(true);
  await orders.loadMore();
  expect(orders.rows.map(({ number }) => number)).toEqual(['1', '2']);
  expect(orders.hasMore()).toBe(false);
});

it('does not add a page of the list before to the one now', async () => {
  const orders = useOrders();
  await orders.load();
  const more = orders.loadMore();
  await orders.load({ q: 'x' });
  await more;
  expect(orders.rows.map(({ number }) => number)).toEqual(['1']);
});

it('follows news in its place and ignores what comes late', async () => {
  const orders = useOrders();
  await orders.load();
  const { appeals: _appeals, ...linked } = anOrder('1', {
    state: 'shipped',
    updatedAt: '2025-11-19T10:00:00.000Z',
  });
  orders.put(linked);
  orders.put({ ...linked, state: 'picking', updatedAt: '2025-11-19T09:30:00.000Z' });
  expect(orders.rows[0]).toMatchObject({ state: 'shipped', appeals: [{ no: 1 }] });
});

it('keeps the list when a refresh fails, and says so', async () => {
  const orders = useOrders();
  await orders.load();
  answers.set('GET /orders', () => {
    throw new Offline(false);
  });
  await orders.load();
  expect(orders.rows).toHaveLength(1);
  expect(orders.listLoading).toMatchObject({ state: 'ready', problem: { code: 'offline' } });
});

it('answers a repeated search at once, also without a connection', async () => {
  const orders = useOrders();
  answers.set('GET /orders/find', () => ({ items: [anOrder('402')] }));
  expect(await orders.find('40')).toHaveLength(1);
  answers.set('GET /orders/find', () => {
    throw new Offline(false);
  });
  expect(await orders.find('40')).toHaveLength(1);
  expect(await orders.find('41')).toEqual([]);
});
