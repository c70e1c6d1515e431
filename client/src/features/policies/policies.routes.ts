import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/admin/sla',
    component: () => import('./PoliciesPage.vue'),
    meta: { messages: ['policies', 'dryRun'], nav: 'sla', side: 'staff', right: 'manageSla' },
  },
];
