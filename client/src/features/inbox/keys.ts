import { onMounted, onUnmounted } from 'vue';

/** What single keys do in list and appeal (UX file, part 12), by `event.code`: the same on every keyboard layout. */
export const INBOX_KEYS = {
  KeyJ: 'next',
  KeyK: 'previous',
  Period: 'release',
  Slash: 'filter',
  KeyR: 'reply',
  KeyN: 'note',
  KeyI: 'take',
  KeyA: 'assign',
  KeyP: 'pullIn',
  KeyS: 'status',
  KeyT: 'topic',
  KeyO: 'linkOrder',
  KeyE: 'resolve',
  KeyU: 'unread',
  BracketLeft: 'previousAppeal',
  BracketRight: 'nextAppeal',
  Escape: 'escape',
} as const;
const SHIFTED = { KeyJ: 'nextOwed', KeyK: 'previousOwed' } as const;
const ARROWS = { ArrowDown: 'next', ArrowUp: 'previous' } as const;

export type InboxAction =
  (typeof INBOX_KEYS)[keyof typeof INBOX_KEYS] | (typeof SHIFTED)[keyof typeof SHIFTED] | 'help';

const LAYERS = '[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]';
const FIELDS = 'input, textarea, select, [contenteditable]';
/** "g" and a letter go elsewhere: the letter is not ours. */
const AFTER_G_MS = 1_500;

/** The action a key press asks for, or null when it belongs to a field, an open layer or the browser. */
function actionOf(event: KeyboardEvent): InboxAction | null {
  const { code, target } = event;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return null;
  if (!(target instanceof Element) || target.closest(LAYERS)) return null;
  if (target.closest(FIELDS)) return null;
  // Where "?" lies depends on the layout, so here the character counts.
  if (event.key === '?') return 'help';
  if (event.shiftKey) return at(SHIFTED, code);
  const arrow = at(ARROWS, code);
  // Elsewhere arrows scroll what has the focus.
  if (arrow) return target === document.body || target.closest('.list-body') ? arrow : null;
  return at(INBOX_KEYS, code);
}

function at<Value>(table: Readonly<Record<string, Value>>, code: string): Value | null {
  return table[code] ?? null;
}

/** Listens while the page is shown. `run` says whether it has used the key. */
export function useInboxKeys(run: (action: InboxAction) => boolean): void {
  let goneAt = -Infinity;
  function onKey(event: KeyboardEvent): void {
    const afterG = event.timeStamp - goneAt < AFTER_G_MS;
    goneAt = event.code === 'KeyG' ? event.timeStamp : -Infinity;
    if (afterG) return;
    const action = actionOf(event);
    if (action && run(action)) event.preventDefault();
  }
  onMounted(() => addEventListener('keydown', onKey));
  onUnmounted(() => removeEventListener('keydown', onKey));
}
