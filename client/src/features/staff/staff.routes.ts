import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/admin/staff',
    component: () => import('./StaffPage.vue'),
    meta: { messages: ['admin', 'staff'], nav: 'staff', side: 'staff', right: 'manageStaff' },
  },
];
