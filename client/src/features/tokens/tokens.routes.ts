import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/admin/tokens',
    component: () => import('./TokensPage.vue'),
    meta: { messages: ['tokens'], nav: 'tokens', side: 'staff', right: 'manageTokens' },
  },
];
