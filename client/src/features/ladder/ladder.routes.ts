import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/admin/ladder',
    component: () => import('./LadderPage.vue'),
    meta: { messages: ['ladder'], nav: 'ladder', side: 'staff', right: 'manageSla' },
  },
];
