import { computed, ref, watch } from 'vue';

import type { ThreadItem } from './thread.types';

/**
 * Public messages of others that came in while something was being written (CMP-8): told above the field until they
 * are looked at, or the field is empty again.
 */
export function useArrivals(options: {
  items: () => readonly ThreadItem[];
  meId: () => string;
  /** What is in the field. */
  text: () => string;
}) {
  const isWriting = computed(() => options.text().trim() !== '');
  /** Highest number that was there when the writing began, or when the line was closed. */
  const seen = ref<number | null>(null);
  const last = computed(() =>
    options.items().reduce((top, item) => (item.is === 'entry' ? item.number : top), 0),
  );
  watch(isWriting, (writing) => (seen.value = writing ? last.value : null), { immediate: true });
  // A thread that opens with a draft in the field: what comes with its first page is not news.
  watch(last, (now, before) => {
    if (before === 0 && seen.value === 0) seen.value = now;
  });

  const arrived = computed(() => {
    const from = seen.value;
    if (from === null || from === 0) return [];
    return options.items().flatMap((item) => {
      if (item.is !== 'entry' || item.number <= from) return [];
      const { entry } = item;
      return entry.kind === 'message' && entry.author?.id !== options.meId() ? [entry] : [];
    });
  });
  return {
    /** The first of them, by whom and how many there are; null: none. */
    arrival: computed(() => {
      const first = arrived.value[0];
      const newest = arrived.value.at(-1);
      if (!first || !newest) return null;
      return {
        entryId: first.id,
        name: newest.author?.name ?? '',
        count: arrived.value.length,
      };
    }),
    dismiss: () => (seen.value = last.value),
  };
}
