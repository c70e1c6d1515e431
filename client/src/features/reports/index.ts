/**
 * Reports: numbers of a period for supervisors, as charts and tables, and the appeals behind each number. Hears nothing:
 * a report is fetched when it is opened or its filters change.
 */
import type { RouteRecordRaw } from 'vue-router';

const meta = { nav: 'reports', side: 'staff' as const, right: 'seeReports' as const };

export const routes: RouteRecordRaw[] = [
  { path: '/reports', redirect: '/reports/deadlines' },
  {
    path: '/reports/appeals',
    component: () => import('./ReportAppealsPage.vue'),
    meta: { ...meta, messages: ['reports', 'appeals'] },
  },
  {
    path: '/reports/:report(deadlines|volume|load|hours|backlog|breaches)',
    component: () => import('./ReportsPage.vue'),
    meta: { ...meta, messages: ['reports'] },
  },
];
