import type { Ref } from 'vue';

/** Arrow keys, Home and End among the buttons of a list that a popover shows. */
export function useArrows(list: Readonly<Ref<HTMLElement | null>>) {
  const buttons = () =>
    [...(list.value?.querySelectorAll<HTMLElement>('.opt:not([disabled])') ?? [])].filter(
      (button) => button.offsetParent !== null,
    );

  function focusFirst(): void {
    buttons()[0]?.focus();
  }

  function onKey(event: KeyboardEvent): void {
    const all = buttons();
    const at = all.findIndex((button) => button === document.activeElement);
    const to = {
      ArrowDown: all[at + 1] ?? all[0],
      ArrowUp: all.at(at - 1) ?? all.at(-1),
      Home: all[0],
      End: all.at(-1),
    }[event.code];
    if (!to) return;
    // A text field keeps Home and End for its caret.
    if (event.target instanceof HTMLInputElement && !event.code.startsWith('Arrow')) return;
    event.preventDefault();
    to.focus();
  }

  return { onKey, focusFirst };
}
