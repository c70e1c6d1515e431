import type { AppealSort } from '@otklik/shared/appeal-lists';
import type { DealerAppeal } from '@otklik/shared/appeals';
import { computed, onMounted, ref, watch } from 'vue';
import { useI18n } from 'vue-i18n';
import { useRoute, useRouter } from 'vue-router';

import { useSession } from '../session';
import { causeOfLeaving, sortsOf, timeOf } from './appeal.rules';
import { appealIdOf, topicIdOf, useAppeals } from './appeals.store';
import { useDirectories } from './directories.store';
import { useThreads } from './thread.store';
import { useHeldOrder } from './useHeldOrder';

const VIEWS = ['all', 'owed', 'closed'] as const;
type View = (typeof VIEWS)[number];
const SEARCH_MS = 300;

/** The dealer's list: view, topic and search in the URL, rows held still while they are looked at. */
export function useAppealList() {
  const route = useRoute();
  const router = useRouter();
  const session = useSession();
  const appeals = useAppeals();
  const threads = useThreads();
  const directories = useDirectories();
  const { t } = useI18n();

  const query = (name: string) => {
    const value = route.query[name];
    return typeof value === 'string' && value ? value : undefined;
  };
  const view = computed<View>(() => VIEWS.find((one) => one === query('status')) ?? 'all');
  const filters = computed(() => ({ topicId: query('topic'), q: query('q') }));
  const flat = computed(() => session.settings.grouping === 'flat');
  const sort = computed(() => appeals.sortOf(view.value));

  function addressOf(next: { status?: View; q?: string | undefined }) {
    const status = next.status ?? view.value;
    const q = 'q' in next ? next.q : query('q');
    return {
      path: '/appeals',
      query: {
        ...(status === 'all' ? {} : { status }),
        ...(query('topic') ? { topic: query('topic') } : {}),
        ...(q ? { q } : {}),
      },
    };
  }

  /** What is typed; the URL and the server follow a moment later. */
  const search = ref(query('q') ?? '');
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(search, (typed) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const q = typed.trim() || undefined;
      if (q !== query('q')) void router.replace(addressOf({ q }));
    }, SEARCH_MS);
  });
  watch(
    () => query('q') ?? '',
    (q) => {
      if (search.value.trim() !== q) search.value = q;
    },
  );

  const state = computed(() => appeals.viewState(view.value, filters.value));
  const load = () => appeals.loadView(view.value, filters.value);
  onMounted(load);
  watch([view, sort, () => JSON.stringify(filters.value)], load);

  /* ── Held order (LIV-1) ── */
  const busy = ref(false);
  // What has not been shown yet cannot be held.
  const frozen = computed(() => busy.value && state.value.state === 'ready');
  const keys = computed(() => appeals.keys(view.value, filters.value, flat.value));
  const held = useHeldOrder(keys, frozen);
  watch(
    [view, flat, sort, () => JSON.stringify(filters.value), () => state.value.state],
    held.release,
    { flush: 'post' },
  );

  /** Why a row is on its way out, in the dealer's words. */
  function whyLeaving(key: string, appeal: DealerAppeal): string {
    const cause = causeOfLeaving(appeal, topicIdOf(key), view.value, filters.value);
    switch (cause) {
      case 'topic':
        return t('appeals.leaving.topic', { name: directories.topicName(appeal.topicId) });
      case 'filter':
        return t('appeals.leaving.filter');
      case 'status':
        return t(`appeals.statuses.${appeal.status}`);
      case 'view':
        return t('appeals.leaving.answered');
    }
  }

  const rowOf = (key: string) => {
    const row = appeals.row(appealIdOf(key));
    if (!row || row.appeal.audience !== 'dealer') return null;
    const { appeal, needsReply, unread, sla } = row;
    return {
      key,
      shown: {
        ...{ appeal, needsReply, unread, sla },
        at: timeOf(appeal, sort.value),
        draft: threads.draftOf(appeal.id)?.body.trim() ?? '',
        leaving: held.leaving.value.has(key) ? whyLeaving(key, appeal) : '',
        meId: session.personId ?? '',
      },
    };
  };
  type Row = NonNullable<ReturnType<typeof rowOf>>;
  const rowsOf = (list: readonly string[]): Row[] =>
    list.map(rowOf).filter((row): row is Row => row !== null);

  const groups = computed(() =>
    flat.value
      ? []
      : appeals.groupsOf(held.shown.value, view.value).map((group) => ({
          ...group,
          rows: group.folded ? [] : rowsOf(group.keys),
          // While older pages are missing only the open ones are surely all there.
          known: !state.value.hasMore || view.value === 'owed',
        })),
  );
  const rows = computed(() => (flat.value ? rowsOf(held.shown.value) : []));
  const isEmpty = computed(() => held.shown.value.length === 0);
  const counts = computed(() => {
    if (!appeals.countsKnown) return null;
    const { open, owed, closed } = appeals.counts;
    return { all: open + (closed ?? 0), owed };
  });

  return {
    view,
    flat,
    sort,
    sorts: computed(() => sortsOf(view.value, 'dealer')),
    search,
    filters,
    addressOf,
    load,
    loadMore: () => held.letIn(() => appeals.loadMore(view.value, filters.value)),
    state,
    groups,
    rows,
    isEmpty,
    counts,
    busy,
    waiting: computed(() => held.waiting.value.length),
    release: held.release,
    toggleFold: appeals.toggleFold,
    setFlat: (next: boolean) => session.changeSettings({ grouping: next ? 'flat' : 'topic' }),
    setSort: (next: AppealSort) => appeals.setSort(view.value, next),
    pending: computed(() => threads.pendingOpens),
  };
}
