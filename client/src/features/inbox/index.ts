/**
 * Inbox: the staff's lists and their side of an appeal; deadlines as staff see them.
 *
 * Reads and changes appeals through `../appeals`; owns no data.
 */
import { defineAsyncComponent } from 'vue';
import type { RouteRecordRaw } from 'vue-router';

import { INBOX_VIEWS, type InboxView } from './views';

const page = () => import('./InboxPage.vue');
const nav = (view: InboxView) => (view === 'queue' || view === 'mentions' ? view : 'inbox');

export const routes: RouteRecordRaw[] = [
  { path: '/inbox', redirect: '/inbox/mine' },
  ...INBOX_VIEWS.flatMap((view): RouteRecordRaw[] => {
    const meta = {
      layout: 'inbox',
      nav: nav(view),
      side: 'staff',
      messages: ['inbox', 'thread', 'ledger', 'merges'],
    } as const;
    return [
      { path: `/inbox/${view}`, component: page, props: { view, no: null }, meta },
      {
        path: `/inbox/${view}/:no(\\d+)`,
        component: page,
        props: ({ params }) => ({ view, no: Number(params.no) }),
        meta: { ...meta, alone: true },
      },
    ];
  }),
];

// For the board, which shows the same deadlines and gives appeals to the same people.
export const ColleagueMenu = defineAsyncComponent(() => import('./ColleagueMenu.vue'));
export { useSla } from './useSla';
