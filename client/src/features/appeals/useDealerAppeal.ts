import type { Entry } from '@otklik/shared/appeals';
import { computed, onBeforeUnmount, ref, watch } from 'vue';

import { useSession } from '../session';
import { useAppeals } from './appeals.store';
import { useDirectories } from './directories.store';
import { useDraftChange } from './useDraftChange';
import { useOrders } from '../orders';
import { useThreads } from './thread.store';
import { useArrivals } from './useArrivals';
import { useMeanwhile } from './useMeanwhile';
import { useRewriting } from './useRewriting';
import { composerKey, useUploads } from './uploads.store';

/** Everything the dealer's page of one appeal shows and does, by the appeal's number. */
export function useDealerAppeal(no: () => number) {
  const session = useSession();
  const appeals = useAppeals();
  const threads = useThreads();
  const uploads = useUploads();
  const orders = useOrders();
  const directories = useDirectories();
  void directories.load();

  watch(
    no,
    (next, before) => {
      if (before !== undefined) threads.close(before);
      void threads.open(next);
    },
    { immediate: true },
  );
  onBeforeUnmount(() => threads.close(no()));

  const thread = computed(() => threads.thread(no()));
  const appealId = computed(() => thread.value?.appealId ?? appeals.byNo(no())?.id ?? null);
  const appeal = computed(() => {
    const row = appealId.value === null ? null : appeals.row(appealId.value);
    return row?.appeal.audience === 'dealer' ? row.appeal : null;
  });
  const needsReply = computed(
    () => appealId.value !== null && appeals.row(appealId.value)?.needsReply === true,
  );
  const items = computed(() => (appealId.value === null ? [] : threads.items(appealId.value)));
  const events = computed<Entry[]>(() =>
    items.value.flatMap((item) =>
      item.is === 'entry' && item.entry.kind === 'event' ? [item.entry] : [],
    ),
  );

  const meanwhile = useMeanwhile({
    no,
    ready: () => thread.value?.loading.state === 'ready',
    entries: () => items.value.flatMap((item) => (item.is === 'entry' ? [item.entry] : [])),
    meId: () => session.personId,
  });

  /* ── The field ── */
  const draft = computed(
    () => (appealId.value === null ? null : threads.draft(appealId.value, 'reply')) ?? { body: '' },
  );
  const words = computed({
    get: () => draft.value.body,
    set: (value) => {
      if (appealId.value)
        threads.setDraft(appealId.value, 'reply', { ...draft.value, body: value });
    },
  });
  const linked = computed<readonly string[]>({
    get: () => draft.value.orderNumbers ?? [],
    set: (value) => {
      if (!appealId.value) return;
      threads.setDraft(appealId.value, 'reply', { ...draft.value, orderNumbers: [...value] });
    },
  });
  const rewriting = useRewriting({ appealId: () => appealId.value, draft: words });
  // While a message is being changed, the draft is not in the field.
  const draftChange = useDraftChange(
    () => (rewriting.rewriting.value ? null : appealId.value),
    () => 'reply',
  );
  const arrivals = useArrivals({
    items: () => items.value,
    meId: () => session.personId ?? '',
    text: () => rewriting.body.value,
  });
  const filesKey = computed(() => composerKey(appealId.value ?? '', 'reply'));
  const files = computed(() => uploads.files(filesKey.value));

  function send(words: { body: string; orders: string[] }): void {
    if (appealId.value === null || rewriting.save(words.body)) return;
    threads.send(appealId.value, {
      kind: 'message',
      body: words.body,
      orderNumbers: words.orders,
      replyTo: rewriting.replyTo.value ?? undefined,
      ...uploads.take(filesKey.value),
    });
  }

  /** The words of an unsent message go back into the field; what stands there already stays below them. */
  function edit(clientId: string): void {
    if (rewriting.changeUnsent(clientId)) return;
    const back = threads.takeBack(clientId);
    if (!back || appealId.value === null) return;
    const typed = draft.value.body.trim();
    threads.setDraft(appealId.value, 'reply', {
      ...draft.value,
      body: [back.body, typed].filter(Boolean).join('\n'),
      orderNumbers: [...new Set([...(back.orderNumbers ?? []), ...linked.value])],
      ...(back.replyTo ? { replyTo: back.replyTo } : {}),
    });
    uploads.giveBack(filesKey.value, back.attachments ?? []);
    void uploads.giveBackFiles(filesKey.value, back.files ?? []);
  }

  /**
   * It goes on in another appeal: what was written here and not sent goes along, in front of what stands there.
   * @returns that one's number
   */
  function goOn(): number | null {
    const into = appeal.value?.mergedInto ?? null;
    const target = into === null ? null : appeals.byNo(into);
    const { body, orderNumbers } = draft.value;
    if (target && appealId.value && (body.trim() || orderNumbers?.length)) {
      const there = threads.draft(target.id, 'reply');
      threads.setDraft(target.id, 'reply', {
        ...there,
        body: [body.trim(), there?.body ?? ''].filter(Boolean).join('\n'),
        orderNumbers: [...new Set([...(orderNumbers ?? []), ...(there?.orderNumbers ?? [])])],
      });
      threads.clearDraft(appealId.value, 'reply');
    }
    return into;
  }

  const busy = ref(false);
  async function command<Answer>(run: (id: string) => Promise<Answer>): Promise<Answer | null> {
    if (appealId.value === null || busy.value) return null;
    busy.value = true;
    const answer = await run(appealId.value);
    busy.value = false;
    return answer;
  }

  return {
    appeal,
    appealId,
    thread,
    needsReply,
    items,
    events,
    meanwhile,
    me: computed(() => ({
      id: session.personId ?? '',
      name: session.me?.person.name ?? '',
      side: session.side ?? ('dealer' as const),
    })),
    typeName: computed(() => (appeal.value ? directories.typeName(appeal.value.typeCode) : '')),
    topicName: computed(() => (appeal.value ? directories.topicName(appeal.value.topicId) : '')),
    nameNeeded: computed(() => session.nameNeeded),
    enterSends: computed(() => session.settings.enterSends ?? true),
    setEnterSends: (enterSends: boolean) => session.changeSettings({ enterSends }),
    body: rewriting.body,
    rewriting,
    draftChange,
    arrivals,
    editMinutes: computed(() => session.me?.limits.editMinutes ?? 0),
    quoted: (entryId: string) =>
      appealId.value === null ? null : threads.quoted(appealId.value, entryId),
    reach: (entryId: string) => threads.reach(no(), entryId),
    anyway: threads.sendAnyway,
    linked,
    files,
    addFiles: (chosen: File[]) => uploads.add(filesKey.value, chosen),
    addPasted: (pasted: File[]) => uploads.addPasted(filesKey.value, pasted),
    removeFile: (clientId: string) => uploads.remove(filesKey.value, clientId),
    retryFile: (clientId: string) => uploads.retry(filesKey.value, clientId),
    findOrders: (prefix: string) => orders.find(prefix),
    goOn,
    hasWords: computed(() => draft.value.body.trim() !== ''),
    send,
    edit,
    retry: threads.retrySend,
    remove: threads.deleteUnsent,
    reload: () => void threads.open(no()),
    loadOlder: () => threads.loadOlder(no()),
    markRead: (seq: number) => {
      if (appealId.value) threads.markRead(appealId.value, seq);
    },
    markUnread: (seq: number) => command((id) => threads.markUnread(id, seq)),
    solved: () => command((id) => threads.changeStatus(id, 'resolved', true)),
    noAnswer: () => command((id) => threads.noAnswerNeeded(id)),
    /** Of the dealer's own people; asked for when somebody is to be brought in. */
    colleagues: computed(() =>
      directories.dealerColleaguesLoading.state === 'ready' ? directories.dealerColleagues : null,
    ),
    wantColleagues: () => void directories.loadDealerColleagues(),
    pullIn: (personIds: string[]) => command((id) => threads.pullIn(id, personIds)),
    takeOff: (personId: string) => command((id) => threads.leave(id, personId)),
    examined: computed(() => threads.examined(appealId.value ?? '')),
    busy,
  };
}
