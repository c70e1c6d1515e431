/**
 * The page of one order: what was bought, how far it is, and the appeals about it. Builds on orders and on appeals, which
 * themselves know orders; hears nothing, its stores do.
 */
import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/orders/:number',
    component: () => import('./OrderCardPage.vue'),
    props: true,
    meta: { messages: ['orders', 'appeals', 'thread'], nav: 'orders', right: 'seeOrders' },
  },
];
