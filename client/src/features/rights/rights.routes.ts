import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/admin/rights',
    component: () => import('./RightsPage.vue'),
    meta: { messages: ['rights'], nav: 'rights', side: 'staff', right: 'seeRights' },
  },
];
