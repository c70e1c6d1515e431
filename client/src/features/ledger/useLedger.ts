import { computed, onScopeDispose, watch } from 'vue';

import { useLedgers } from './ledger.store';

/** The ledger of an appeal for as long as this part of the screen is there; null: none wanted. */
export function useLedger(appealId: () => string | null) {
  const ledgers = useLedgers();
  let held: string | null = null;
  watch(
    appealId,
    (next) => {
      if (held !== null) ledgers.release(held);
      held = next;
      if (next !== null) ledgers.hold(next);
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    if (held !== null) ledgers.release(held);
  });
  return {
    ledger: computed(() => ledgers.ledger(appealId() ?? '')),
    trouble: computed(() => ledgers.trouble(appealId() ?? '')),
    reload: () => ledgers.load(appealId() ?? ''),
  };
}
