import type { AppealSort } from '@otklik/shared/appeal-lists';
import type { StaffAppeal } from '@otklik/shared/appeals';
import { computed, ref, watch } from 'vue';
import { useI18n } from 'vue-i18n';

import {
  appealIdOf,
  causeOfLeaving,
  sortsOf,
  timeOf,
  topicIdOf,
  useAppeals,
  useDirectories,
  useHeldOrder,
  useThreads,
  type AppealFilters,
} from '../appeals';
import { troubleWords, useConnection, useSession } from '../session';
import type { InboxRowView, InboxSection } from './rows';
import type { InboxView } from './views';

/** A list of the inbox as it stands on the screen: held while somebody reads in it, live otherwise. */
export function useInboxList(
  view: () => InboxView,
  filters: () => AppealFilters,
  openNo: () => number | null,
  /** Only appeals whose clock stands still; told from the rows alone. */
  onlyPaused: () => boolean,
) {
  const { t } = useI18n();
  const session = useSession();
  const appeals = useAppeals();
  const threads = useThreads();
  const directories = useDirectories();
  const connection = useConnection();
  void directories.load();

  const grouping = computed(() => session.settings.grouping ?? 'topic');
  const sort = computed(() => appeals.sortOf(view()));
  const keys = computed(() => {
    const all = appeals.keys(view(), filters(), grouping.value === 'flat');
    if (!onlyPaused()) return all;
    return all.filter((key) => appeals.row(appealIdOf(key))?.sla === 'paused');
  });

  /** The open appeal keeps its place though somebody else's action takes it out of the view (LIV-2). */
  let place: { no: number; key: string; at: number; scope: string } | null = null;
  const scope = () => JSON.stringify([view(), filters(), onlyPaused()]);
  const listed = computed(() => {
    const no = openNo();
    const appeal = no === null ? null : appeals.byNo(no);
    if (!appeal) return keys.value;
    const at = keys.value.findIndex((key) => appealIdOf(key) === appeal.id);
    if (at >= 0) {
      place = { no: appeal.no, key: keys.value[at] ?? '', at, scope: scope() };
      return keys.value;
    }
    if (place?.no !== no || place.scope !== scope()) return keys.value;
    return keys.value.toSpliced(Math.min(place.at, keys.value.length), 0, place.key);
  });

  const state = computed(() => appeals.viewState(view(), filters()));
  const busy = ref(false);
  // What has not been shown yet cannot be held.
  const frozen = computed(() => busy.value && state.value.state === 'ready');
  const order = useHeldOrder(listed, frozen);
  watch(
    [view, filters, grouping, sort, onlyPaused],
    () => {
      void appeals.loadView(view(), filters());
      order.release();
    },
    { immediate: true, flush: 'post' },
  );
  watch(
    () => state.value.state,
    () => order.release(),
    { flush: 'post' },
  );
  async function more(): Promise<void> {
    if (!state.value.hasMore || state.value.busy) return;
    await order.letIn(() => appeals.loadMore(view(), filters()));
  }

  const natural = computed(() => new Set(keys.value));

  function rowOf(key: string): InboxRowView | null {
    const known = appeals.row(appealIdOf(key));
    if (known?.appeal.audience !== 'staff') return null;
    const { appeal, unread, needsReply, mentioned, sla } = known;
    return {
      ...{ key, appeal, unread, needsReply, mentioned, sla },
      at: timeOf(appeal, sort.value),
      draft: threads.draftOf(appeal.id)?.body.trim() || null,
      leaving: natural.value.has(key) ? null : whyLeaving(key, appeal),
    };
  }

  function whyLeaving(key: string, appeal: StaffAppeal): string {
    const cause = causeOfLeaving(appeal, topicIdOf(key), view(), filters());
    if (cause === 'topic') {
      return t('inbox.leaving.topic', { name: directories.topicName(appeal.topicId) });
    }
    if (cause === 'filter') return t('inbox.leaving.filter');
    if (cause === 'status') return t(`inbox.status.${appeal.status}`);
    if (onlyPaused() && appeals.row(appeal.id)?.sla !== 'paused') return t('inbox.leaving.running');
    if (view() === 'mentions') return t('inbox.leaving.read');
    if (!appeal.assignee) return t('inbox.leaving.unassigned');
    return appeal.assignee.id === session.personId
      ? t('inbox.leaving.yours')
      : t('inbox.leaving.assigned', { name: appeal.assignee.name });
  }

  const rowsOf = (some: readonly string[]) =>
    some.map(rowOf).filter((row): row is InboxRowView => row !== null);

  const sections = computed<InboxSection[]>(() => {
    const shown = order.shown.value;
    if (grouping.value === 'flat') {
      const rows = rowsOf(shown);
      return rows.length
        ? [{ key: 'flat', title: null, folded: false, count: rows.length, needsReply: 0, rows }]
        : [];
    }
    return appeals
      .groupsOf(shown, view())
      .map((group) => ({
        key: group.foldKey,
        title: directories.topicName(group.topicId),
        folded: group.folded,
        count: group.count,
        needsReply: group.needsReply,
        rows: rowsOf(group.keys),
      }))
      .filter(({ rows }) => rows.length > 0);
  });
  /** Numbers of the rows one can walk through, in order. */
  const walk = computed(() =>
    sections.value
      .flatMap(({ folded, rows }) => (folded ? [] : rows))
      .map(({ appeal, needsReply }) => ({
        no: appeal.no,
        needsReply,
      })),
  );

  const failure = computed(() => {
    const { problem, state: is } = state.value;
    if (is !== 'error' || !problem) return null;
    return {
      text: troubleWords(problem),
      ...(problem.requestId ? { errorId: problem.requestId } : {}),
    };
  });
  const topics = computed(() => [
    { value: '', label: t('inbox.filter.allTopics') },
    ...directories.topicFilter,
  ]);

  return {
    sections,
    walk,
    grouping,
    sort,
    sorts: computed(() => sortsOf(view(), 'staff')),
    setSort: (next: AppealSort) => void appeals.setSort(view(), next),
    setGrouping: (next: 'topic' | 'flat') => void session.changeSettings({ grouping: next }),
    fold: (key: string) => void appeals.toggleFold(key),
    counts: computed(() => (appeals.countsKnown ? appeals.counts : null)),
    state,
    failure,
    topics,
    waiting: computed(() => order.waiting.value.length),
    release: order.release,
    held: (on: boolean) => {
      busy.value = on;
    },
    more,
    retry: () => void appeals.loadView(view(), filters()),
    offline: computed(() => connection.value.state === 'offline'),
  };
}
