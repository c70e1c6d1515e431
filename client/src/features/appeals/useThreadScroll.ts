import {
  nextTick,
  onBeforeUnmount,
  onBeforeUpdate,
  onMounted,
  onUpdated,
  ref,
  type Ref,
} from 'vue';

/** Within this distance of the end the thread follows new messages (LIV-3), px. */
const NEAR_END = 48;
/** Where the first unread and a linked message are put: this share of the height. */
const READING_LINE = 0.25;
const OLDER_SCREENS = 1.5;

interface Anchor {
  element: HTMLElement;
  /** px from the top of the window, as everything here: what grows above the thread moves nothing in it. */
  top: number;
  /** Upper edge of the thread. */
  edge: number;
}

/**
 * Keeps the place in a thread: at the end it follows, elsewhere what is being read does not move, whatever is
 * added above or below or changes its size. The browser's own anchoring is off, because it cannot follow the end.
 */
export function useThreadScroll(
  box: Readonly<Ref<HTMLElement | null>>,
  options: { nearTop: () => void },
) {
  const atEnd = ref(true);
  /** Where the reader was before his own message took him to the end. */
  const returnTo = ref<Anchor | null>(null);
  /** What is on the screen, the best to hold on to first: one may be gone after an update. */
  let anchors: Anchor[] = [];
  /** How far the thread was scrolled when they were taken down. */
  let takenAt = -1;
  let placed = false;

  const endDistance = (element: HTMLElement) =>
    element.scrollHeight - element.scrollTop - element.clientHeight;

  /** Entries only: dividers and the line about loading find other places when older pages come. Those seen as a whole first. */
  function findAnchors(element: HTMLElement): Anchor[] {
    const { top: edge, bottom } = element.getBoundingClientRect();
    const cut: Anchor[] = [];
    const whole: Anchor[] = [];
    for (const child of element.children) {
      if (!(child instanceof HTMLElement) || !isEntry(child)) continue;
      const rect = child.getBoundingClientRect();
      if (rect.top >= bottom) break;
      if (rect.bottom <= edge || rect.height === 0) continue;
      (rect.top < edge ? cut : whole).push({ element: child, top: rect.top, edge });
    }
    return [...whole, ...cut];
  }
  const isEntry = ({ dataset }: HTMLElement) =>
    dataset.seq !== undefined || dataset.messageState !== undefined;

  function capture(): void {
    const element = box.value;
    if (!element || !placed) return;
    anchors = atEnd.value ? [] : findAnchors(element);
    takenAt = element.scrollTop;
  }
  /** A line above the thread may have pushed it down in this very update: what nobody has scrolled stands as it stood. */
  function captureScrolled(): void {
    if (box.value && box.value.scrollTop !== takenAt) capture();
  }

  function restore(): void {
    const element = box.value;
    if (!element || !placed) return;
    if (atEnd.value) {
      element.scrollTop = element.scrollHeight;
      return;
    }
    const anchor = anchors.find((one) => one.element.isConnected);
    const moved = anchor ? anchor.element.getBoundingClientRect().top - anchor.top : 0;
    if (Math.abs(moved) >= 0.5) element.scrollTop += moved;
    capture();
  }

  /** Browsers tell of scrolling once a frame at most. */
  function onScroll(): void {
    const element = box.value;
    if (!element) return;
    atEnd.value = endDistance(element) <= NEAR_END;
    // Whoever has left the end by himself looks for his own way.
    if (!atEnd.value) returnTo.value = null;
    capture();
    askOlder();
  }
  function askOlder(): void {
    const element = box.value;
    if (element && placed && element.scrollTop < element.clientHeight * OLDER_SCREENS)
      options.nearTop();
  }

  function toEnd(): void {
    const element = box.value;
    if (!element) return;
    atEnd.value = true;
    placed = true;
    element.scrollTop = element.scrollHeight;
  }

  /** After an own send: the end, with a way back when the reader was more than a screen away. */
  function toEndAfterSend(): void {
    const element = box.value;
    if (!element) return;
    const far = endDistance(element) > element.clientHeight;
    returnTo.value = far ? (findAnchors(element)[0] ?? null) : null;
    void nextTick(toEnd);
  }
  function goBack(): void {
    const back = returnTo.value;
    returnTo.value = null;
    const element = box.value;
    if (!back || !element || !back.element.isConnected) return;
    atEnd.value = false;
    const { top: edge } = element.getBoundingClientRect();
    element.scrollTop += back.element.getBoundingClientRect().top - edge - (back.top - back.edge);
    capture();
  }

  /** Puts an element at a quarter of the height. */
  function bring(target: HTMLElement): void {
    const element = box.value;
    if (!element) return;
    placed = true;
    const wanted = element.clientHeight * READING_LINE;
    element.scrollTop +=
      target.getBoundingClientRect().top - element.getBoundingClientRect().top - wanted;
    atEnd.value = endDistance(element) <= NEAR_END;
    capture();
  }

  onBeforeUpdate(captureScrolled);
  onUpdated(() => {
    restore();
    askOlder();
  });
  // The composer grows, the keyboard opens, the window turns: same rules as for new messages.
  const watchSize = new ResizeObserver(restore);
  onMounted(() => {
    if (box.value) watchSize.observe(box.value);
  });
  onBeforeUnmount(() => watchSize.disconnect());

  return { atEnd, returnTo, onScroll, toEnd, toEndAfterSend, goBack, bring, askOlder };
}
