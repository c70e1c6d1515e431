import type { RouteLocationRaw, RouteRecordRaw } from 'vue-router';

import { routes as account } from './features/account';
import { routes as appeals } from './features/appeals';
import { routes as audit } from './features/audit';
import { routes as board } from './features/board';
import { routes as calendars } from './features/calendars';
import { routes as company } from './features/company';
import { routes as dealers } from './features/dealers';
import { routes as inbox } from './features/inbox';
import { routes as ladder } from './features/ladder';
import { routes as macros } from './features/macros';
import { routes as notices } from './features/notices';
import { routes as orderCard } from './features/order-card';
import { routes as orders } from './features/orders';
import { routes as reports } from './features/reports';
import { routes as policies } from './features/policies';
import { routes as rights } from './features/rights';
import { routes as seats } from './features/seats';
import { useSession } from './features/session';
import { routes as directories } from './features/directories';
import { routes as staff } from './features/staff';
import { routes as tokens } from './features/tokens';
import { appealAddress, landing } from './places';

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
    ...[
      account,
      appeals,
      audit,
      board,
      calendars,
      company,
      dealers,
      inbox,
      ladder,
      macros,
      notices,
      orders,
      orderCard,
      policies,
      reports,
      rights,
      seats,
      staff,
      directories,
      tokens,
    ].flat(),
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
