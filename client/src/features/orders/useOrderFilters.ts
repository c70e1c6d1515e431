import type { ListOrders } from '@otklik/shared/orders';
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue';
import type { RouteLocationNormalizedLoaded, RouteLocationRaw, Router } from 'vue-router';

type Filter = NonNullable<ListOrders['filter']>;

/** Typing is over when no key comes for so long. */
const TYPING_MS = 200;

/** What the list is narrowed to. It lives in the address (IA-2): `?filter=active|delivered&q=`. */
export function useOrderFilters(route: RouteLocationNormalizedLoaded, router: Router) {
  const here = route.path;
  // On the way out the route is already that of the next page.
  const query = shallowRef(route.query);
  watch(
    () => route.query,
    (next) => {
      if (route.path === here) query.value = next;
    },
  );
  const asked = () => (typeof query.value.q === 'string' ? query.value.q.trim() : '');
  const filter = computed<Filter>(() => {
    const { filter: name } = query.value;
    return name === 'active' || name === 'delivered' ? name : 'all';
  });
  /** What the field holds; the address follows a moment later. */
  const q = ref(asked());
  const filters = computed(() => ({ filter: filter.value, q: asked() || undefined }));

  function addressOf(next: Filter, words = asked()): RouteLocationRaw {
    return {
      path: here,
      query: { ...(next === 'all' ? {} : { filter: next }), ...(words ? { q: words } : {}) },
    };
  }

  let typing: ReturnType<typeof setTimeout> | undefined;
  watch(q, (next) => {
    clearTimeout(typing);
    if (next.trim() === asked()) return;
    typing = setTimeout(() => void router.replace(addressOf(filter.value, next.trim())), TYPING_MS);
  });
  // Back and forward change the address without the field.
  watch(asked, (next) => {
    if (next !== q.value.trim()) q.value = next;
  });
  onScopeDispose(() => clearTimeout(typing));

  return { q, filter, filters, addressOf };
}
