const isMac = () => /Mac|iPhone|iPad/.test(navigator.userAgent);
/** What the modifier is called on this keyboard. */
export const modifierName = () => (isMac() ? '⌘' : 'Ctrl');
/** A finger's keyboard has no Shift+Enter: there Enter is always a new line (CMP-1). */
const isTouch = () => matchMedia('(pointer: coarse) and (hover: none)').matches;

/** Whether this key sends (CMP-1). While a word is being composed Enter belongs to the input method. */
export function isSendKey(event: KeyboardEvent, enterSends: boolean): boolean {
  if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229) return false;
  if (event.ctrlKey || event.metaKey) return true;
  return enterSends && !event.shiftKey && !event.altKey && !isTouch();
}

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
    if (event.isComposing || event.keyCode === 229) return;
    if (options.first?.(event)) return;
    const modified = event.ctrlKey || event.metaKey;
    if (isSendKey(event, options.enterSends())) {
      event.preventDefault();
      options.send();
    } else if (event.key === 'Escape') {
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

  function wrap(mark: string): void {
    const area = options.area();
    if (!area) return;
    const { selectionStart: from, selectionEnd: to, value } = area;
    const text = value.slice(0, from) + mark + value.slice(from, to) + mark + value.slice(to);
    options.wrapped(text, from + mark.length, to + mark.length);
  }

  return { onKey, wrap };
}
