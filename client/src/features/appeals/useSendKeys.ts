const isMac = () => /Mac|iPhone|iPad/.test(navigator.userAgent);
/** What the modifier is called on this keyboard. */
export const modifierName = () => (isMac() ? '⌘' : 'Ctrl');
/** A finger's keyboard has no Shift+Enter: there Enter is always a new line (CMP-1). */
const isTouch = () => matchMedia('(pointer: coarse) and (hover: none)').matches;

/** The keys of a composer; `event.code` where a letter is meant, so that they work on every layout (§12). */
export function useSendKeys(options: {
  area: () => HTMLTextAreaElement | null;
  enterSends: () => boolean;
  send: () => void;
  /** Asked before everything else; true: the key is used up. */
  first?: (event: KeyboardEvent) => boolean;
  toggleMode?: () => void;
  escape: () => void;
  /** New text after Ctrl+B or Ctrl+I, and what is to be selected. */
  wrapped: (text: string, from: number, to: number) => void;
}) {
  function onKey(event: KeyboardEvent): void {
    // While a word is being composed Enter belongs to the input method.
    if (event.isComposing || event.keyCode === 229) return;
    if (options.first?.(event)) return;
    const modified = event.ctrlKey || event.metaKey;
    if (event.key === 'Enter') onEnter(event, modified);
    else if (event.key === 'Escape') {
      options.area()?.blur();
      event.stopPropagation();
      options.escape();
    } else if (modified && !event.altKey && event.code === 'Period') {
      event.preventDefault();
      options.toggleMode?.();
    } else if (modified && !event.altKey && (event.code === 'KeyB' || event.code === 'KeyI')) {
      event.preventDefault();
      wrap(event.code === 'KeyB' ? '**' : '*');
    }
  }

  function onEnter(event: KeyboardEvent, modified: boolean): void {
    const plainSends = options.enterSends() && !event.shiftKey && !event.altKey && !isTouch();
    if (!modified && !plainSends) return;
    event.preventDefault();
    options.send();
  }

  function wrap(mark: string): void {
    const area = options.area();
    if (!area) return;
    const { selectionStart: from, selectionEnd: to, value } = area;
    const text = value.slice(0, from) + mark + value.slice(from, to) + mark + value.slice(to);
    options.wrapped(text, from + mark.length, to + mark.length);
  }

  return { onKey, wrap };
}
