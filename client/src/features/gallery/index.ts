/**
 * The component gallery: every part of `ui/` with its states, for eyes and for visual and axe tests.
 * Only in development and in builds with VITE_GALLERY=1; it owns nothing and hears nothing.
 */
import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/dev/gallery',
    component: () => import('./GalleryPage.vue'),
    meta: { messages: [] },
  },
  {
    path: '/dev/shell/:nav(rail|wide)',
    component: () => import('./GalleryShell.vue'),
    meta: { messages: [] },
    props: true,
  },
];
