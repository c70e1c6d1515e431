/**
 * Board: the supervisor's columns of deadlines. Hears `appeal:news`.
 */
import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/board',
    component: () => import('./BoardPage.vue'),
    meta: {
      layout: 'fixed',
      nav: 'board',
      side: 'staff',
      right: 'seeBoard',
      ownConnection: true,
      messages: ['board', 'inbox', 'ledger'],
    },
  },
];
