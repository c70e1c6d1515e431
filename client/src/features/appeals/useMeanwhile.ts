import type { Entry } from '@otklik/shared/appeals';
import { ref, shallowRef, watch, type Ref } from 'vue';

import { numberOf } from './appeal.rules';

/** Events that change what the open appeal is; other ones only stand in its thread. */
const TELLS = ['status', 'reopened', 'assigned', 'fields', 'no_answer_needed'] as const;
const tells = ({ event }: Entry) => TELLS.some((type) => type === event?.type);

/** What somebody else has done to the open appeal since it was opened: a line in its head says so (LIV-2). */
export function useMeanwhile(options: {
  no: () => number;
  /** The thread is there; what it holds then is no news. */
  ready: () => boolean;
  entries: () => readonly Entry[];
  meId: () => string | null;
}): Ref<Entry | null> {
  const meanwhile = shallowRef<Entry | null>(null);
  /** Up to here nothing is news; null: not known yet. */
  const known = ref<number | null>(null);
  watch(
    options.no,
    () => {
      meanwhile.value = null;
      known.value = null;
    },
    { flush: 'sync' },
  );
  const last = () =>
    options.entries().reduce((top, entry) => Math.max(top, numberOf(entry) ?? 0), 0);
  watch(
    () => [options.no(), options.ready(), last()] as const,
    ([, ready, top]) => {
      const from = known.value;
      if (!ready) return;
      known.value = top;
      if (from === null) return;
      const news = options
        .entries()
        .findLast(
          (entry) =>
            (numberOf(entry) ?? 0) > from && tells(entry) && entry.author?.id !== options.meId(),
        );
      if (news) meanwhile.value = news;
    },
    { immediate: true },
  );
  return meanwhile;
}
