/**
 * Orders: lists, cards and the picker of a dealer's orders, and the page that lists them. The page of one order is the
 * feature `order-card`: it shows appeals too, which build on orders.
 *
 * Hears `order:news`, and `appeal:news` for the links between the two.
 */
import type { RouteRecordRaw } from 'vue-router';

export { dayMoment, stagesDone } from './order.words';
export { useOrders, type OrderFilters } from './orders.store';

export const routes: RouteRecordRaw[] = [
  {
    path: '/orders',
    component: () => import('./OrderListPage.vue'),
    meta: { messages: ['orders'], nav: 'orders', right: 'seeOrders' },
  },
];
