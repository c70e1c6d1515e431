import { onMounted, onUnmounted, type Ref } from 'vue';

const ELSEWHERE =
  'input, textarea, select, [contenteditable], [role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]';

/**
 * Keys of a list of links (UX file, part 12), by `event.code`: `j` and `k` move the focus from row to row, arrows too
 * once it is inside, `/` goes to the search, `.` shows what waits. Enter is the link's own.
 */
export function useListKeys(
  list: Readonly<Ref<HTMLElement | null>>,
  { search, release }: { search: () => void; release: () => void },
): void {
  function onKey(event: KeyboardEvent): void {
    const { target, code } = event;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.shiftKey || !(target instanceof Element) || target.closest(ELSEWHERE)) return;
    const inside = list.value?.contains(target) ?? false;
    if (code === 'Slash') search();
    else if (code === 'Period') release();
    else if (code === 'KeyJ' || (inside && code === 'ArrowDown')) move(1);
    else if (code === 'KeyK' || (inside && code === 'ArrowUp')) move(-1);
    else return;
    event.preventDefault();
  }

  function move(step: 1 | -1): void {
    const rows = [...(list.value?.querySelectorAll<HTMLElement>('[data-order]') ?? [])];
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)];
    next?.querySelector('a')?.focus();
  }

  onMounted(() => addEventListener('keydown', onKey));
  onUnmounted(() => removeEventListener('keydown', onKey));
}
