import { computed, onBeforeUnmount, ref, watch } from 'vue';

import type { DraftMode } from './drafts';
import { useThreads } from './thread.store';

/** One field and its draft: whether another session changed it while it is being written here (CMP-2). */
export function useDraftChange(appealId: () => string | null, mode: () => DraftMode) {
  const threads = useThreads();
  /** The field has the focus; the page tells. */
  const writing = ref(false);
  const place = computed(() => {
    const id = appealId();
    return id === null ? null : { appealId: id, mode: mode() };
  });
  watch(
    [writing, place],
    () => threads.writeIn(writing.value ? place.value : null),
    // News may come in the same moment.
    { flush: 'sync' },
  );
  onBeforeUnmount(() => threads.writeIn(null));

  return {
    writing,
    changed: computed(
      () => place.value !== null && threads.isDraftChanged(place.value.appealId, place.value.mode),
    ),
    choose(choice: 'take' | 'leave'): void {
      if (place.value) threads.resolveDraft(place.value.appealId, place.value.mode, choice);
    },
  };
}
