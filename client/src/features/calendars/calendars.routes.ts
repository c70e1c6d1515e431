import type { RouteRecordRaw } from 'vue-router';

const meta = {
  messages: ['calendars', 'dryRun'],
  nav: 'calendars',
  side: 'staff',
  right: 'manageSla',
} as const;

export const routes: RouteRecordRaw[] = [
  { path: '/admin/calendars', component: () => import('./CalendarListPage.vue'), meta },
  {
    path: '/admin/calendars/:calendarId',
    component: () => import('./CalendarPage.vue'),
    props: ({ params }) => ({ calendarId: String(params.calendarId) }),
    meta,
  },
];
