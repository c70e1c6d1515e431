import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/macros',
    component: () => import('./MacrosPage.vue'),
    meta: { messages: ['macros', 'thread'], nav: 'macros', side: 'staff' },
  },
];
