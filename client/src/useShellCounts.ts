import { computed, type ComputedRef } from 'vue';

import type { ShellCounts } from './shellItems';

/** The numbers of the navigation's badges, live. */
export function useShellCounts(): ComputedRef<ShellCounts> {
  return computed(() => ({ needsReply: 0, queue: 0, mentions: 0 }));
}
