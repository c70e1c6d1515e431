import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router';

import { loadMessages, MESSAGE_FILES, type MessageFile } from './platform/i18n';

declare module 'vue-router' {
  interface RouteMeta {
    /** Texts the page needs besides `common`; left out, all are loaded, which is right but slower. */
    messages?: readonly MessageFile[];
  }
}

const showsGallery = import.meta.env.DEV || import.meta.env.VITE_GALLERY === '1';

/** Every feature's own routes, in the order in which they are matched. */
async function collectRoutes(): Promise<RouteRecordRaw[]> {
  const routes: RouteRecordRaw[] = [];
  if (showsGallery) routes.push(...(await import('./features/gallery')).routes);
  routes.push({
    path: '/:rest(.*)*',
    component: () => import('./NotFoundPage.vue'),
    meta: { messages: [] },
  });
  return routes;
}

/** The router over `<base href>`; texts of a page load beside its code. */
export async function createAppRouter() {
  const router = createRouter({
    history: createWebHistory(),
    routes: await collectRoutes(),
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  });

  let texts: Promise<void> = Promise.resolve();
  router.beforeEach((to) => {
    const files = to.matched.flatMap((record) => record.meta.messages ?? []);
    const named = to.matched.some((record) => record.meta.messages);
    texts = loadMessages(named ? files : MESSAGE_FILES);
    // Awaited in beforeResolve; until then a failure must not count as unhandled.
    texts.catch(() => undefined);
  });
  router.beforeResolve(() => texts);
  return router;
}
