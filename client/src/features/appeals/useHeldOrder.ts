import { computed, shallowRef, watch, type ComputedRef, type Ref } from 'vue';

export interface HeldOrder {
  /** What the list shows. While frozen: the order of the moment of freezing, gone rows still in their places. */
  shown: ComputedRef<readonly string[]>;
  /** New rows behind the pill "↑ N новых". */
  waiting: ComputedRef<readonly string[]>;
  /** Rows that would be gone: shown dimmed. */
  leaving: ComputedRef<ReadonlySet<string>>;
  /** Shows the list as it is now; it stays frozen in that order if it was. */
  release: () => void;
}

/**
 * Keeps a list still under the pointer (LIV-1): while `frozen`, rows neither move, nor come, nor go.
 * Thawing releases by itself.
 */
export function useHeldOrder(ids: Ref<readonly string[]>, frozen: Ref<boolean>): HeldOrder {
  const held = shallowRef<readonly string[] | null>(frozen.value ? ids.value : null);
  // Synchronous: a change in the same tick as the freezing must already find the order held.
  watch(
    frozen,
    (now) => {
      held.value = now ? ids.value : null;
    },
    { flush: 'sync' },
  );
  const shown = computed(() => held.value ?? ids.value);
  const waiting = computed(() => {
    if (held.value === null) return [];
    const there = new Set(held.value);
    return ids.value.filter((id) => !there.has(id));
  });
  const leaving = computed(() => {
    const now = new Set(ids.value);
    return new Set(shown.value.filter((id) => !now.has(id)));
  });
  function release(): void {
    if (held.value !== null) held.value = ids.value;
  }
  return { shown, waiting, leaving, release };
}
