import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/admin/settings',
    component: () => import('./CompanySettingsPage.vue'),
    meta: { messages: ['company'], nav: 'company', side: 'staff', right: 'manageCompany' },
  },
];
