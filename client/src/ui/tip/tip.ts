import { shallowRef, type Directive } from 'vue';

export interface Tip {
  text: string;
  /** Keys that do the same, as "Ctrl+K". */
  kbd?: string | undefined;
}
export type TipSide = 'top' | 'right';

interface ShownTip extends Tip {
  anchor: HTMLElement;
  side: TipSide;
}

const SHOW_AFTER_MS = 450;
/** Time to move the pointer from the anchor onto the tip (WCAG 1.4.13). */
const LEAVE_MS = 120;

/** The one tip on the page; TipLayer draws it. */
export const shownTip = shallowRef<ShownTip | null>(null);

let showTimer: ReturnType<typeof setTimeout> | undefined;
let hideTimer: ReturnType<typeof setTimeout> | undefined;

function show(anchor: HTMLElement, delayMs: number): void {
  keepTip();
  clearTimeout(showTimer);
  showTimer = setTimeout(() => {
    const wanted = wantedTips.get(anchor);
    if (wanted && anchor.isConnected && anchor.dataset.state !== 'open') {
      shownTip.value = { ...wanted, anchor };
    }
  }, delayMs);
}

export function keepTip(): void {
  clearTimeout(hideTimer);
  hideTimer = undefined;
}

export function hideTip(delayMs = 0): void {
  clearTimeout(showTimer);
  clearTimeout(hideTimer);
  hideLater(delayMs);
}
/** The pointer is elsewhere, though the anchor has not heard of its leaving: it was moved in the page meanwhile. */
export function leaveTip(): void {
  if (hideTimer === undefined) hideLater(LEAVE_MS);
}
function hideLater(delayMs: number): void {
  hideTimer = setTimeout(() => {
    hideTimer = undefined;
    shownTip.value = null;
  }, delayMs);
}

const wantedTips = new WeakMap<HTMLElement, Tip & { side: TipSide }>();

function learn(anchor: HTMLElement, value: Tip | string | undefined, side: TipSide): void {
  const tip = typeof value === 'string' ? { text: value } : value;
  if (tip?.text) wantedTips.set(anchor, { ...tip, side });
  else wantedTips.delete(anchor);
  if (shownTip.value?.anchor === anchor)
    shownTip.value = tip?.text ? { ...tip, side, anchor } : null;
}

/**
 * `v-tip="'Ответить'"` or `v-tip="{ text, kbd }"`; `v-tip:right` puts it to the right of a rail.
 * Shown to a mouse after a moment and to the keyboard at once; Esc, a press or leaving takes it away.
 * It repeats or adds to a name, it never is the only name: give the element its own aria-label.
 */
export const vTip: Directive<HTMLElement, Tip | string | undefined> = {
  mounted(anchor, { value, arg }) {
    learn(anchor, value, arg === 'right' ? 'right' : 'top');
    anchor.addEventListener('pointerenter', (event) => {
      if (event.pointerType === 'mouse') show(anchor, SHOW_AFTER_MS);
    });
    anchor.addEventListener('pointerleave', () => hideTip(LEAVE_MS));
    anchor.addEventListener('focusin', () => {
      if (anchor.matches(':focus-visible, :has(:focus-visible)')) show(anchor, 0);
    });
    anchor.addEventListener('focusout', () => hideTip());
    anchor.addEventListener('pointerdown', () => hideTip());
    anchor.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') hideTip();
    });
  },
  updated(anchor, { value, arg }) {
    learn(anchor, value, arg === 'right' ? 'right' : 'top');
  },
  beforeUnmount(anchor) {
    if (shownTip.value?.anchor === anchor) shownTip.value = null;
  },
};
