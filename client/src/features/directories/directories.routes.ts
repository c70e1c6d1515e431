import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/admin/topics',
    component: () => import('./TopicsPage.vue'),
    meta: { messages: ['topics'], nav: 'topics', side: 'staff', right: 'manageDirectories' },
  },
];
