import type { RouteLocationRaw, RouteRecordRaw } from 'vue-router';

import { useSession } from './features/session';
import { appealAddress, landing } from './places';

const features = import.meta.glob<{ routes?: RouteRecordRaw[] }>(
  ['./features/*/index.ts', '!./features/{gallery,session}/index.ts'],
  { eager: true },
);
const notFound = () => import('./NotFoundPage.vue');

/** Everything behind the login: the pages of all features inside one frame. */
export const signedInRoute: RouteRecordRaw = {
  path: '/',
  name: 'signedIn',
  component: () => import('./SignedInFrame.vue'),
  meta: { messages: [] },
  children: [
    // Where these two lead depends on who is signed in; their page is never shown.
    { path: '', component: notFound, meta: { messages: [] }, beforeEnter: home },
    {
      path: 'a/:no(\\d+)',
      component: notFound,
      meta: { messages: [] },
      beforeEnter: ({ params, hash }) => appealLink(Number(params.no), hash),
    },
    ...Object.values(features).flatMap(({ routes }) => routes ?? []),
    { path: '/:rest(.*)*', component: notFound, meta: { messages: [] } },
  ],
};

function home(): RouteLocationRaw | boolean {
  const { me } = useSession();
  return me ? { path: landing(me.person.role), replace: true } : true;
}

function appealLink(no: number, hash: string): RouteLocationRaw | boolean {
  const { side } = useSession();
  return side ? { path: appealAddress(side, no), hash, replace: true } : true;
}
