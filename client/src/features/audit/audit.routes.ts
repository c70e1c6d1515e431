import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/admin/audit',
    component: () => import('./AuditPage.vue'),
    meta: {
      messages: ['audit', 'admin', 'rights'],
      nav: 'audit',
      side: 'staff',
      right: 'seeAudit',
    },
  },
];
