import { computed, type ComputedRef } from 'vue';

import { useAppeals } from './features/appeals';
import type { ShellCounts } from './shellItems';

/** The numbers of the navigation's badges, live. */
export function useShellCounts(): ComputedRef<ShellCounts> {
  const appeals = useAppeals();
  return computed(() => {
    const { owed, queue, mentions } = appeals.counts;
    return { needsReply: owed, queue, mentions };
  });
}
