import type { Ref } from 'vue';

/**
 * What a layer without a Reka trigger has to do itself: a press on its own button closes it once instead of
 * closing and opening again, and focus goes back to that button unless the user went elsewhere.
 */
export function useAnchoredLayer(anchor: () => HTMLElement | null, open: Ref<boolean>) {
  let leftByPointer = false;
  return {
    onInteractOutside(event: Event): void {
      const { target } = event;
      if (target instanceof Node && anchor()?.contains(target)) event.preventDefault();
      else leftByPointer = true;
    },
    onCloseAutoFocus(event: Event): void {
      event.preventDefault();
      if (!leftByPointer) anchor()?.focus({ preventScroll: true });
      leftByPointer = false;
    },
    close(): void {
      open.value = false;
    },
  };
}
