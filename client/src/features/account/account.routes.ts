import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/account',
    component: () => import('./AccountPage.vue'),
    meta: { messages: ['account', 'contacts'], nav: 'account' },
    redirect: '/account/sessions',
    children: [
      { path: 'profile', component: () => import('./ProfileTab.vue') },
      {
        path: 'contacts',
        component: () => import('../contacts').then(({ ContactsTab }) => ContactsTab),
        meta: { side: 'dealer' },
      },
      { path: 'sessions', component: () => import('./SessionsTab.vue') },
      { path: 'appearance', component: () => import('./AppearanceTab.vue') },
    ],
  },
];
