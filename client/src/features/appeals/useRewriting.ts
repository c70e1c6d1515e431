import { computed, ref, shallowRef, watch, type Ref, type WritableComputedRef } from 'vue';
import { useI18n } from 'vue-i18n';

import { showToast } from '../../ui/toast/toast';
import type { DraftMode } from './drafts';
import { plainMessage } from './markdown';
import type { ShownMessage } from './thread.lines';
import { useThreads } from './thread.store';
import { useTroubleText } from './useTroubleText';

/** A message whose words are being changed in the composer. */
export interface Rewriting {
  /** Entry id of a stored message, clientId of one that is not stored yet. */
  id: string;
  isStored: boolean;
  kind: 'message' | 'note';
  before: string;
  /** Files alone may stand without words. */
  hasFiles: boolean;
}

/**
 * Changing, deleting and quoting messages with the field of a thread: while a message is changed, the draft of the
 * mode is put aside and comes back afterwards as it was.
 */
export function useRewriting(options: {
  appealId: () => string | null;
  /** The draft's words. */
  draft: WritableComputedRef<string>;
  /** Staff: the mode of the field. */
  mode?: Ref<DraftMode>;
}) {
  const { appealId, draft, mode } = options;
  const { t } = useI18n();
  const threads = useThreads();
  const { troubleText } = useTroubleText();

  const rewriting = shallowRef<Rewriting | null>(null);
  const words = ref('');
  let modeBefore: DraftMode = 'reply';
  const body = computed({
    get: () => (rewriting.value ? words.value : draft.value),
    set: (text) => {
      if (rewriting.value) words.value = text;
      else draft.value = text;
    },
  });

  function begin(next: Rewriting): void {
    if (rewriting.value === null) modeBefore = mode?.value ?? 'reply';
    rewriting.value = next;
    words.value = next.before;
    if (mode) mode.value = next.kind === 'note' ? 'note' : 'reply';
  }
  function cancel(): void {
    if (rewriting.value === null) return;
    rewriting.value = null;
    words.value = '';
    if (mode) mode.value = modeBefore;
  }
  watch(appealId, cancel);
  // Chosen by hand: the person wants to write something else.
  watch(
    () => mode?.value,
    (now) => {
      const kind = rewriting.value?.kind;
      if (kind && now !== (kind === 'note' ? 'note' : 'reply')) {
        rewriting.value = null;
        words.value = '';
      }
    },
  );

  /** Changes the words of a message that the server has; its newest words, sent or not, are in the field. */
  const changeStored = ({ id, kind, body: before, attachments }: ShownMessage) => {
    if (id) begin({ id, isStored: true, kind, before, hasFiles: attachments.length > 0 });
  };
  /** @returns false when it is not here: a refused one is taken back into the draft instead */
  function changeUnsent(clientId: string): boolean {
    const id = appealId();
    const item = id === null ? undefined : threads.items(id).find(isPendingOf(clientId));
    if (item?.is !== 'pending' || !threads.staysInPlace(clientId)) return false;
    const { kind, body: before, attachments, files } = item;
    const hasFiles = attachments.length + files.length > 0;
    begin({ id: clientId, isStored: false, kind, before, hasFiles });
    return true;
  }
  const isPendingOf = (clientId: string) => (item: ReturnType<typeof threads.items>[number]) =>
    item.is === 'pending' && item.clientId === clientId;

  /** Saves the new words. @returns false when nothing is being changed: they are a message of their own */
  function save(text: string): boolean {
    const now = rewriting.value;
    const id = appealId();
    if (!now || !id) return false;
    const next = text.trim();
    if (next === '' && !now.hasFiles) return true;
    if (now.isStored) {
      if (next !== now.before.trim() || isRefused(id, now.id)) {
        threads.editEntry(id, now.id, next);
      }
    } else threads.editUnsent(now.id, next);
    cancel();
    return true;
  }
  const isRefused = (id: string, entryId: string) =>
    threads
      .items(id)
      .some(
        (item) =>
          item.is === 'entry' && item.entry.id === entryId && item.change?.state === 'failed',
      );

  function erase(entryId: string): void {
    const id = appealId();
    if (rewriting.value?.id === entryId) cancel();
    if (id) threads.deleteEntry(id, entryId);
  }

  /* ── Quotes ───────────────────────────────────────────── */

  const modeNow = () => mode?.value ?? 'reply';
  const draftNow = () => {
    const id = appealId();
    return (id === null ? null : threads.draft(id, modeNow())) ?? { body: '' };
  };
  const replyTo = computed(() => draftNow().replyTo ?? null);
  /** What stands above the field. */
  const quote = computed(() => {
    const id = appealId();
    if (id === null || replyTo.value === null || rewriting.value) return null;
    const entry = threads.quoted(id, replyTo.value);
    if (entry === null) return { name: '…', text: '' };
    const isGone = entry === 'gone' || entry.deletedAt !== null;
    return {
      name: entry === 'gone' ? '' : (entry.author?.name ?? ''),
      text: isGone
        ? t('thread.deleted')
        : plainMessage(entry.body) || t('thread.quote.files', entry.attachments.length),
    };
  });
  function quoteMessage({ id: entryId, kind }: ShownMessage): void {
    const id = appealId();
    if (!id || !entryId) return;
    cancel();
    if (mode && kind === 'note') mode.value = 'note';
    threads.setDraft(id, modeNow(), { ...draftNow(), replyTo: entryId });
  }
  function dropQuote(): void {
    const id = appealId();
    const { replyTo: _quoted, ...rest } = draftNow();
    if (id) threads.setDraft(id, modeNow(), rest);
  }

  /* ── What was shown at once and then refused ──────────── */

  watch(
    () => threads.takenBack,
    (refused) => {
      if (!refused || refused.appealId !== appealId() || refused.what === 'edit') return;
      const reason = troubleText(refused.problem);
      showToast({ text: t(`thread.takenBack.${refused.what}`, { reason }), tone: 'bad' });
    },
  );

  return {
    body,
    rewriting,
    cancel,
    changeStored,
    changeUnsent,
    save,
    erase,
    quote,
    replyTo,
    quoteMessage,
    dropQuote,
  };
}
