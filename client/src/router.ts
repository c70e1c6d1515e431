import type { Rights, Side } from '@otklik/shared/people';
import {
  createRouter,
  createWebHistory,
  type RouteLocationNormalized,
  type RouteLocationRaw,
  type Router,
  type RouteRecordRaw,
} from 'vue-router';

import { routes as session, useSession } from './features/session';
import { loadMessages, MESSAGE_FILES, type MessageFile } from './platform/i18n';

declare module 'vue-router' {
  interface RouteMeta {
    /** Texts the page needs besides `common`; left out, all are loaded, which is right but slower. */
    messages?: readonly MessageFile[];
    /** Open to who is not signed in; such a page stands without navigation. */
    open?: true;
    /** How the page sits in the frame, see AppShell; `page` unless said. */
    layout?: 'page' | 'fixed' | 'inbox';
    /** The entry of the navigation that is lit, see `shellItems.ts`. */
    nav?: string;
    /** Alone on a phone: the bar at the bottom goes away. */
    alone?: boolean;
    /** The page shows the state of the connection in a place of its own. */
    ownConnection?: boolean;
    /** Whose page this is; for the other side it does not exist. */
    side?: Side;
    /** The right without which staff read "no access" and dealers "not found" (IA-3). */
    right?: keyof Rights;
  }
}

const LOGIN = '/login';
const showsGallery = import.meta.env.DEV || import.meta.env.VITE_GALLERY === '1';
/** What lies behind the login is not even loaded before somebody is signed in. */
const loadSignedIn = () => import('./signedInRoutes');

/** What is open to everybody, and a way in for every other address. */
async function openRoutes(): Promise<RouteRecordRaw[]> {
  const gallery = showsGallery ? (await import('./features/gallery')).routes : [];
  return [
    ...gallery.map((route) => ({ ...route, meta: { ...route.meta, open: true as const } })),
    ...session,
    { path: '/:rest(.*)*', component: () => import('./NotFoundPage.vue'), meta: { messages: [] } },
  ];
}

/** The router over `<base href>`; texts of a page load beside its code. */
export async function createAppRouter() {
  const router = createRouter({
    history: createWebHistory(),
    routes: await openRoutes(),
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  });

  let texts: Promise<void> = Promise.resolve();
  router.beforeEach((to) => {
    const files = to.matched.flatMap((record) => record.meta.messages ?? []);
    const named = to.matched.at(-1)?.meta.messages !== undefined;
    texts = loadMessages(named ? files : MESSAGE_FILES);
    // Awaited in beforeResolve; until then a failure must not count as unhandled.
    texts.catch(() => undefined);
  });
  router.beforeEach((to) => admit(router, to));
  router.beforeResolve(() => texts);
  return router;
}

/**
 * The door: who is signed out goes to the login and comes back to the same address, hash included (IA-4).
 * Without an answer from the server nobody is turned away: App shows that instead of the page.
 */
async function admit(
  router: Router,
  to: RouteLocationNormalized,
): Promise<RouteLocationRaw | boolean> {
  const people = useSession();
  // Most who come by another address are signed in: their pages load while the server is asked.
  if (!to.meta.open) loadSignedIn().catch(() => undefined);
  if (people.loading.state !== 'ready') await people.load();
  if (people.loading.state !== 'ready') return true;
  if (!people.me) {
    return (
      to.meta.open === true || {
        path: LOGIN,
        query: to.fullPath === '/' ? {} : { to: to.fullPath },
      }
    );
  }
  if (to.path === LOGIN) return wanted(to);
  if (to.meta.open || router.hasRoute('signedIn')) return true;
  router.addRoute((await loadSignedIn()).signedInRoute);
  return { path: to.path, query: to.query, hash: to.hash, replace: true };
}

/** Where the login leads: the address asked for, else the first page of the role. */
export function wanted({ query }: Pick<RouteLocationNormalized, 'query'>): RouteLocationRaw {
  const { to } = query;
  // Only an address of our own: "//elsewhere" would be another host for the browser.
  return typeof to === 'string' && /^\/(?![/\\])/.test(to) ? to : '/';
}
