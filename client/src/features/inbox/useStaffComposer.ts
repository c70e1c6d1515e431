import type { StaffAppeal } from '@otklik/shared/appeals';
import { computed, ref, watch } from 'vue';

import { composerKey, useThreads, useUploads, type Composed, type DraftMode } from '../appeals';
import { useSession } from '../session';

/** What is being written to the open appeal: a reply and a note side by side, never mixed (CMP-2, CMP-4). */
export function useStaffComposer(appeal: () => StaffAppeal | null) {
  const session = useSession();
  const threads = useThreads();
  const uploads = useUploads();

  const id = computed(() => appeal()?.id ?? null);
  const mode = ref<DraftMode>('reply');
  // It opens in Reply, always, unless only a note was begun.
  watch(
    id,
    (next) => {
      const onlyNote =
        next !== null && !threads.draft(next, 'reply') && threads.draft(next, 'note') !== null;
      mode.value = onlyNote ? 'note' : 'reply';
    },
    { immediate: true },
  );

  const draft = computed(() => (id.value ? threads.draft(id.value, mode.value) : null));
  const body = computed({
    get: () => draft.value?.body ?? '',
    set: (text) => {
      if (id.value) threads.setDraft(id.value, mode.value, { ...draft.value, body: text });
    },
  });
  const orders = computed({
    get: (): readonly string[] => draft.value?.orderNumbers ?? [],
    set: (numbers) => {
      if (!id.value) return;
      threads.setDraft(id.value, mode.value, {
        ...draft.value,
        body: body.value,
        orderNumbers: [...numbers],
      });
    },
  });

  const key = computed(() => (id.value ? composerKey(id.value, mode.value) : ''));
  const files = computed(() => uploads.files(key.value));

  /** @returns false when there was nothing to send */
  function send({ body: text, orders: numbers, mentions, then }: Composed): boolean {
    if (!id.value) return false;
    const note = mode.value === 'note';
    const sent = threads.send(id.value, {
      kind: note ? 'note' : 'message',
      body: text,
      attachments: uploads.take(key.value),
      orderNumbers: numbers,
      mentions,
      ...(then ? { thenStatus: then } : {}),
    });
    return sent !== null;
  }

  /** Edit of a message that was not sent: its words come back into the field, in front of what is there. */
  function edit(clientId: string): void {
    const words = threads.takeBack(clientId);
    if (!words || !id.value) return;
    mode.value = words.kind === 'note' ? 'note' : 'reply';
    const before = body.value.trim();
    threads.setDraft(id.value, mode.value, {
      ...draft.value,
      body: before ? `${words.body}\n${before}` : words.body,
      orderNumbers: [...new Set([...(words.orderNumbers ?? []), ...orders.value])],
    });
    uploads.giveBack(key.value, words.attachments ?? []);
  }

  return {
    mode,
    body,
    orders,
    files,
    saved: computed(() => draft.value !== null && body.value.trim() !== ''),
    enterSends: computed(() => session.settings.enterSends ?? true),
    setEnterSends: (enterSends: boolean) => void session.changeSettings({ enterSends }),
    send,
    edit,
    retry: (clientId: string) => threads.retrySend(clientId),
    remove: (clientId: string) => void threads.takeBack(clientId),
    addFiles: (chosen: File[]) => uploads.add(key.value, chosen),
    addPasted: (pasted: File[]) => uploads.addPasted(key.value, pasted),
    removeUpload: (localId: string) => uploads.remove(key.value, localId),
    retryUpload: (localId: string) => uploads.retry(key.value, localId),
  };
}
