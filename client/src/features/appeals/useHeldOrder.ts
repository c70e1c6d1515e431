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
  /** Lets in what `load` brings: older rows that were asked for. Everything else stays held. */
  letIn: (load: () => Promise<void>) => Promise<void>;
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
  async function letIn(load: () => Promise<void>): Promise<void> {
    const before = new Set(ids.value);
    await load();
    if (held.value !== null) held.value = withNew(held.value, ids.value, before);
  }
  return { shown, waiting, leaving, release, letIn };
}

/** The held order, and in it those of the order now that were not known before, each behind its neighbour. */
function withNew(
  held: readonly string[],
  now: readonly string[],
  before: ReadonlySet<string>,
): string[] {
  const order = new Set(held);
  const behind = new Map<string | null, string[]>();
  let neighbour: string | null = null;
  for (const id of now) {
    if (order.has(id)) neighbour = id;
    else if (!before.has(id)) behind.set(neighbour, [...(behind.get(neighbour) ?? []), id]);
  }
  return [...(behind.get(null) ?? []), ...held.flatMap((id) => [id, ...(behind.get(id) ?? [])])];
}
