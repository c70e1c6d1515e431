import type { Notice } from '@otklik/shared/notices';
import { noticesApi } from '@otklik/shared/notices.api';
import { defineStore } from 'pinia';
import { computed, shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { attempt, type Outcome } from '../../platform/problem';
import { on, onConnected } from '../../platform/socket';
import { useSession } from '../session';

const PAGE = 50;

/** The person's own notices, newest first. */
export const useNotices = defineStore('notices', () => {
  const session = useSession();
  const items = shallowRef<Notice[]>([]);
  const unread = shallowRef(0);
  const cursor = shallowRef<string | null>(null);
  const loader = createLoader();
  let started = false;
  let asking: Promise<void> | null = null;
  let again = false;

  /** The newest page; a look that comes while one is under way is done once more after it. */
  async function load(): Promise<void> {
    again = true;
    asking ??= (async () => {
      while (again) {
        again = false;
        await loader.run(
          () => call(noticesApi.list, { limit: PAGE }),
          (page) => {
            items.value = page.items;
            cursor.value = page.nextCursor;
            unread.value = page.unread;
          },
        );
      }
    })().finally(() => (asking = null));
    return asking;
  }

  async function loadMore(): Promise<void> {
    const after = cursor.value;
    if (after === null) return;
    await loader.run(
      () => call(noticesApi.list, { limit: PAGE, cursor: after }),
      (page) => {
        items.value = [...items.value, ...page.items];
        cursor.value = page.nextCursor;
        unread.value = page.unread;
      },
    );
  }

  /** Shown at once, taken back when refused. */
  async function mark(noticeIds: readonly string[], read: boolean): Promise<Outcome<object>> {
    const before = { items: items.value, unread: unread.value };
    const changing = items.value.filter(
      ({ id, readAt }) => noticeIds.includes(id) && (readAt === null) === read,
    );
    const readAt = read ? new Date().toISOString() : null;
    items.value = items.value.map((one) => (changing.includes(one) ? { ...one, readAt } : one));
    unread.value = Math.max(0, unread.value + (read ? -1 : 1) * changing.length);
    const answer = await attempt(() => call(noticesApi.mark, { noticeIds: [...noticeIds], read }));
    if (answer.ok) unread.value = answer.value.unread;
    else {
      items.value = before.items;
      unread.value = before.unread;
    }
    return answer;
  }

  /**
   * Follows the news from now on; repeats do nothing.
   * @param arrived is told what is new and unread since the last look; not what lay there at the start
   */
  function start(arrived: (fresh: Notice[]) => void): void {
    if (started) return;
    started = true;
    const look = async () => {
      if (session.personId === null) return;
      const known = loader.is.state === 'ready' ? new Set(items.value.map(({ id }) => id)) : null;
      await load();
      if (known === null) return;
      const fresh = items.value.filter(({ id, readAt }) => readAt === null && !known.has(id));
      if (fresh.length > 0) arrived(fresh);
    };
    on('notice:news', () => void look());
    onConnected(() => void look());
    watch(
      () => session.personId,
      (personId) => personId !== null && void look(),
      { immediate: true },
    );
  }

  watch(
    () => session.personId,
    () => {
      items.value = [];
      unread.value = 0;
      cursor.value = null;
      loader.reset();
    },
    { flush: 'sync' },
  );

  return {
    ...{ items, unread, load, loadMore, mark, start },
    hasMore: computed(() => cursor.value !== null),
    loading: loader.is,
  };
});
