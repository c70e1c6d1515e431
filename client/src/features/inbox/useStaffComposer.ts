import type { StaffAppeal } from '@otklik/shared/appeals';
import { computed, ref, watch } from 'vue';

import {
  composerKey,
  useArrivals,
  useDraftChange,
  useRewriting,
  useThreads,
  useUploads,
  type Composed,
  type DraftMode,
} from '../appeals';
import { useSession } from '../session';

/** What is being written to the open appeal: a reply and a note side by side, never mixed (CMP-2, CMP-4). */
export function useStaffComposer(appeal: () => StaffAppeal | null) {
  const session = useSession();
  const threads = useThreads();
  const uploads = useUploads();

  const id = computed(() => appeal()?.id ?? null);
  /** What the person works in; null: he has not touched the field of this appeal yet. */
  const chosen = ref<DraftMode | null>(null);
  watch(id, () => (chosen.value = null), { flush: 'sync' });
  // It opens in Reply, always, unless only a note was begun; that may be heard from the server a moment later (CMP-4).
  const onlyNote = computed(
    () =>
      id.value !== null &&
      threads.draft(id.value, 'reply') === null &&
      threads.draft(id.value, 'note') !== null,
  );
  const mode = computed<DraftMode>({
    get: () => chosen.value ?? (onlyNote.value ? 'note' : 'reply'),
    set: (next) => (chosen.value = next),
  });

  const draft = computed(() => (id.value ? threads.draft(id.value, mode.value) : null));
  const words = computed({
    get: () => draft.value?.body ?? '',
    set: (text) => {
      if (id.value) threads.setDraft(id.value, mode.value, { ...draft.value, body: text });
    },
  });
  const rewriting = useRewriting({ appealId: () => id.value, draft: words, mode });
  // While a message is being changed, the draft is not in the field.
  const draftChange = useDraftChange(
    () => (rewriting.rewriting.value ? null : id.value),
    () => mode.value,
  );
  watch(draftChange.writing, () => (chosen.value ??= mode.value), { flush: 'sync' });
  const arrivals = useArrivals({
    items: () => (id.value ? threads.items(id.value) : []),
    meId: () => session.personId ?? '',
    text: () => rewriting.body.value,
  });
  const orders = computed({
    get: (): readonly string[] => draft.value?.orderNumbers ?? [],
    set: (numbers) => {
      if (!id.value) return;
      threads.setDraft(id.value, mode.value, {
        ...draft.value,
        body: words.value,
        orderNumbers: [...numbers],
      });
    },
  });

  /** What a macro does along with the reply; it goes with the words, on all sessions. */
  const along = computed({
    get: () => (mode.value === 'reply' ? (draft.value?.thenStatus ?? null) : null),
    set: (thenStatus: 'waiting' | 'resolved' | null) => {
      if (!id.value || !draft.value) return;
      const { thenStatus: _before, ...rest } = draft.value;
      threads.setDraft(id.value, mode.value, thenStatus ? { ...rest, thenStatus } : rest);
    },
  });

  const key = computed(() => (id.value ? composerKey(id.value, mode.value) : ''));
  const files = computed(() => uploads.files(key.value));

  /** @returns the new message's clientId, null when there was none */
  function send({ body: text, orders: numbers, mentions, then }: Composed): string | null {
    if (!id.value || rewriting.save(text)) return null;
    const note = mode.value === 'note';
    return threads.send(id.value, {
      kind: note ? 'note' : 'message',
      body: text,
      ...uploads.take(key.value),
      orderNumbers: numbers,
      mentions,
      replyTo: rewriting.replyTo.value ?? undefined,
      ...(then ? { thenStatus: then } : {}),
    });
  }

  /** Edit of a message that was not sent: its words come back into the field, in front of what is there. */
  function edit(clientId: string): void {
    if (rewriting.changeUnsent(clientId)) return;
    const back = threads.takeBack(clientId);
    if (!back || !id.value) return;
    mode.value = back.kind === 'note' ? 'note' : 'reply';
    const before = words.value.trim();
    threads.setDraft(id.value, mode.value, {
      ...draft.value,
      body: before ? `${back.body}\n${before}` : back.body,
      orderNumbers: [...new Set([...(back.orderNumbers ?? []), ...orders.value])],
      ...(back.replyTo ? { replyTo: back.replyTo } : {}),
      ...(back.thenStatus ? { thenStatus: back.thenStatus } : {}),
    });
    uploads.giveBack(key.value, back.attachments ?? []);
    void uploads.giveBackFiles(key.value, back.files ?? []);
  }

  return {
    mode,
    body: rewriting.body,
    rewriting,
    draftChange,
    arrivals,
    orders,
    along,
    files,
    saved: computed(() => draft.value !== null && words.value.trim() !== ''),
    enterSends: computed(() => session.settings.enterSends ?? true),
    setEnterSends: (enterSends: boolean) => void session.changeSettings({ enterSends }),
    send,
    edit,
    retry: (clientId: string) => threads.retrySend(clientId),
    remove: threads.deleteUnsent,
    addFiles: (chosen: File[]) => uploads.add(key.value, chosen),
    addPasted: (pasted: File[]) => uploads.addPasted(key.value, pasted),
    removeUpload: (localId: string) => uploads.remove(key.value, localId),
    retryUpload: (localId: string) => uploads.retry(key.value, localId),
  };
}
