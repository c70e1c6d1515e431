import { onScopeDispose, watch, type Ref } from 'vue';

/** One and a half screens before the end is seen. */
const AHEAD = '0px 0px 150% 0px';

/**
 * Calls when the element comes near while the page is scrolled, and again after `grown` has changed if it is near
 * still: rows that do not fill the window leave nothing to scroll.
 */
export function useNearEnd(
  end: Readonly<Ref<HTMLElement | null>>,
  grown: () => unknown,
  near: () => void,
): void {
  const observer = new IntersectionObserver(
    (seen) => {
      if (seen.some(({ isIntersecting }) => isIntersecting)) near();
    },
    { rootMargin: AHEAD },
  );
  watch(
    [end, grown],
    ([now], [before]) => {
      if (before) observer.unobserve(before);
      if (now) observer.observe(now);
    },
    { flush: 'post' },
  );
  onScopeDispose(() => observer.disconnect());
}
