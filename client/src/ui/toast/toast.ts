import { ref } from 'vue';

export interface ToastText {
  text: string;
  tone?: 'plain' | 'good' | 'bad';
  /** What it speaks of: it takes the place of what was said of the same before, whose way back is past. */
  about?: string;
  /** A way back: the button counts down and the toast goes with it. */
  undo?: { run: () => void | Promise<void>; seconds?: number };
  /** Another action, under its own label. */
  action?: { label: string; run: () => void | Promise<void> };
}

/** True from the first toast on: ToastHost, and with it the library, is loaded only then. */
export const toastsWanted = ref(false);

type Show = (toast: ToastText) => void;
let show: Show | null = null;
const waiting: ToastText[] = [];

/** Says something in passing; nothing important may be said only here. */
export function showToast(toast: ToastText): void {
  if (show) show(toast);
  else waiting.push(toast);
  toastsWanted.value = true;
}

/** ToastHost reports ready. */
export function connectToasts(display: Show): void {
  show = display;
  for (const toast of waiting.splice(0)) display(toast);
}
