import { onBeforeUnmount, onMounted, watch, type Ref } from 'vue';

/** A message counts as read after it was at least half visible for so long, ms (UNR-3). */
const READ_MS = 1_000;

/**
 * Watches which messages are really looked at: half of the message (or of the window, for a long one) visible for
 * 1 s, in a visible tab of a focused window. Elements carry `data-seq`. Tells the highest number, forward only and at
 * most once a second.
 */
export function useReadMark(
  box: Readonly<Ref<HTMLElement | null>>,
  options: {
    /** Changes whenever the list of messages does. */
    lines: () => unknown;
    /** What is known to be read. */
    from: () => number;
    read: (seq: number) => void;
  },
) {
  /** Seen elements and since when, ms of `performance.now`. */
  const seen = new Map<Element, number>();
  let attentiveSince: number | null = null;
  let told = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let observer: IntersectionObserver | null = null;

  const isAttentive = () => document.visibilityState === 'visible' && document.hasFocus();
  const seqOf = (element: Element) =>
    element instanceof HTMLElement ? Number(element.dataset.seq ?? 0) : 0;

  function notice(entries: IntersectionObserverEntry[]): void {
    for (const { target, intersectionRect, boundingClientRect, rootBounds } of entries) {
      const whole = Math.min(boundingClientRect.height, rootBounds?.height ?? Infinity);
      const visible = whole > 0 && intersectionRect.height >= whole / 2;
      if (!visible) seen.delete(target);
      else if (!seen.has(target)) seen.set(target, performance.now());
    }
    plan();
  }

  function attend(): void {
    const now = isAttentive();
    if (now === (attentiveSince !== null)) return;
    attentiveSince = now ? performance.now() : null;
    plan();
  }

  /** Tells what is read by now, and comes back when the next message will be. */
  function plan(): void {
    clearTimeout(timer);
    if (attentiveSince === null) return;
    const now = performance.now();
    let highest = Math.max(told, options.from());
    let next = Infinity;
    for (const [element, since] of seen) {
      const readAt = Math.max(since, attentiveSince) + READ_MS;
      const seq = seqOf(element);
      if (seq <= highest) continue;
      if (readAt <= now) highest = seq;
      else next = Math.min(next, readAt);
    }
    if (highest > Math.max(told, options.from())) {
      told = highest;
      options.read(highest);
    }
    if (next !== Infinity) timer = setTimeout(plan, Math.max(next - now, 50));
  }

  function observeAll(): void {
    if (!observer || !box.value) return;
    for (const element of seen.keys()) if (!element.isConnected) seen.delete(element);
    for (const element of box.value.querySelectorAll('[data-seq]')) observer.observe(element);
  }

  onMounted(() => {
    observer = new IntersectionObserver(notice, {
      root: box.value,
      threshold: [0, 0.1, 0.25, 0.5, 0.75, 1],
    });
    observeAll();
    attend();
    addEventListener('focus', attend);
    addEventListener('blur', attend);
    document.addEventListener('visibilitychange', attend);
  });
  watch(options.lines, observeAll, { flush: 'post' });
  onBeforeUnmount(() => {
    clearTimeout(timer);
    observer?.disconnect();
    removeEventListener('focus', attend);
    removeEventListener('blur', attend);
    document.removeEventListener('visibilitychange', attend);
  });
}
