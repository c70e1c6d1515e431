import type { Rights } from '@otklik/shared/people';
import type { RouteRecordRaw } from 'vue-router';

/** The same pages for admins and, with what their rights allow, for other staff. */
const pages = (base: string, right: keyof Rights): RouteRecordRaw[] => {
  const meta = {
    messages: ['admin', 'audit', 'policies', 'calendars'],
    nav: 'dealers',
    side: 'staff',
    right,
  } as const;
  return [
    { path: base, component: () => import('./DealerListPage.vue'), props: { base }, meta },
    {
      path: `${base}/:dealerId`,
      component: () => import('./DealerPage.vue'),
      props: ({ params }) => ({ base, dealerId: String(params.dealerId) }),
      meta,
      redirect: ({ params }) => `${base}/${String(params.dealerId)}/general`,
      children: [
        { path: 'general', component: () => import('./GeneralTab.vue') },
        { path: 'visitors', component: () => import('./VisitorsTab.vue') },
        { path: 'sessions', component: () => import('./SessionsTab.vue') },
        { path: 'log', component: () => import('./LogTab.vue') },
      ],
    },
  ];
};

export const routes: RouteRecordRaw[] = [
  ...pages('/admin/dealers', 'manageDealers'),
  ...pages('/dealers', 'seeDealers'),
];
