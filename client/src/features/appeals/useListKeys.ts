import { onBeforeUnmount, onMounted, type Ref } from 'vue';

const LAYERS = '[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]';
const FIELDS = 'input, textarea, select, [contenteditable]';

/** A single key that belongs neither to a field nor to an open layer nor to a shortcut with a modifier. */
export function isFreeKey(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  // An open layer comes first, also while the focus still is on the button that opened it.
  if (document.querySelector('dialog[open], [aria-haspopup][aria-expanded="true"]')) return false;
  return !(event.target instanceof Element) || !event.target.closest(`${FIELDS}, ${LAYERS}`);
}

/** j/k and arrows walk the rows (links), `.` shows what waits, `/` searches; Enter follows the focused link by itself. */
export function useListKeys(
  box: Readonly<Ref<HTMLElement | null>>,
  options: { release: () => void; search: () => void },
): void {
  function walk(step: number): void {
    const rows = [...(box.value?.querySelectorAll<HTMLElement>('a.drow') ?? [])];
    const at = rows.findIndex((row) => row === document.activeElement);
    const next = at === -1 ? (step > 0 ? 0 : rows.length - 1) : at + step;
    const row = rows[Math.min(Math.max(next, 0), rows.length - 1)];
    row?.focus();
    row?.scrollIntoView({ block: 'nearest' });
  }
  function onKey(event: KeyboardEvent): void {
    if (!isFreeKey(event) || event.shiftKey) return;
    const inList = box.value?.contains(document.activeElement) ?? false;
    if (event.code === 'KeyJ' || (inList && event.code === 'ArrowDown')) walk(1);
    else if (event.code === 'KeyK' || (inList && event.code === 'ArrowUp')) walk(-1);
    else if (event.code === 'Period') options.release();
    else if (event.code === 'Slash') options.search();
    else return;
    event.preventDefault();
  }
  onMounted(() => addEventListener('keydown', onKey));
  onBeforeUnmount(() => removeEventListener('keydown', onKey));
}
