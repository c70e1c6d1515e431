import { computed, type ComputedRef } from 'vue';

import { useAppeals } from './features/appeals';
import { useNotices } from './features/notices';
import type { ShellCounts } from './shellItems';

/** The numbers of the navigation's badges, live. */
export function useShellCounts(): ComputedRef<ShellCounts> {
  const appeals = useAppeals();
  const notices = useNotices();
  return computed(() => {
    const { queue, mentions } = appeals.counts;
    // Told from the rows, without a question: title and badge follow the news itself (NTF-1).
    return { needsReply: appeals.owedNow, queue, mentions, notices: notices.unread };
  });
}
