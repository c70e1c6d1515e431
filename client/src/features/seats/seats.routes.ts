import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/admin/seats',
    component: () => import('./SeatsPage.vue'),
    meta: { messages: ['seats'], nav: 'seats', side: 'staff', right: 'seeSeats' },
  },
];
