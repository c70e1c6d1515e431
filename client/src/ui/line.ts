import { computed, inject, type ComputedRef, type InjectionKey } from 'vue';

/** Why what only the server can do cannot be done now, in words; null while it can. The frame of the pages provides it. */
export const LINE: InjectionKey<ComputedRef<string | null>> = Symbol('line');

/**
 * For a button with `needsLine` (STA-5): the reason to show while it does nothing. Such a button keeps the focus, so that
 * the reason can be read by keyboard too.
 */
export function useLine(needed: () => boolean | undefined): ComputedRef<string | undefined> {
  const line = inject(LINE, null);
  return computed(() => (needed() ? (line?.value ?? undefined) : undefined));
}
