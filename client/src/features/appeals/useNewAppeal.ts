import { Bug, CircleQuestionMark, MessageSquareWarning } from '@lucide/vue';
import { MESSAGE_MAX } from '@otklik/shared/limits';
import { computed, ref, watch } from 'vue';
import { useI18n } from 'vue-i18n';

import { useFormat } from '../../platform/useFormat';
import { useOrders } from '../orders';
import { useSession } from '../session';
import { useDirectories } from './directories.store';
import { NEW_APPEAL } from './drafts';
import { useThreads, type OpenResult } from './thread.store';
import { useDraftChange } from './useDraftChange';
import { composerKey, useUploads } from './uploads.store';
import { useTroubleText } from './useTroubleText';

const KEY = composerKey(NEW_APPEAL, 'reply');
const ICONS = { complaint: MessageSquareWarning, error: Bug, question: CircleQuestionMark };
const iconOf = (code: string) => Object.entries(ICONS).find(([known]) => known === code)?.[1];

export type MissingPart = 'body' | 'type' | 'topic';

/**
 * A new appeal being written: one draft for the field of the dealer's home and for the page "New appeal", so that
 * going from one to the other loses nothing.
 */
export function useNewAppeal() {
  const { t } = useI18n();
  const session = useSession();
  const format = useFormat();
  const threads = useThreads();
  const uploads = useUploads();
  const directories = useDirectories();
  const orderStore = useOrders();
  const { troubleText } = useTroubleText();
  void directories.load();

  const draft = computed(() => threads.draft(NEW_APPEAL, 'reply') ?? { body: '' });
  const draftChange = useDraftChange(
    () => NEW_APPEAL,
    () => 'reply',
  );
  const field = <Name extends 'typeCode' | 'topicId'>(name: Name) =>
    computed<string | null>({
      get: () => draft.value[name] ?? null,
      set: (value) =>
        threads.setDraft(NEW_APPEAL, 'reply', { ...draft.value, [name]: value ?? undefined }),
    });
  const body = computed({
    get: () => draft.value.body,
    set: (value) => threads.setDraft(NEW_APPEAL, 'reply', { ...draft.value, body: value }),
  });
  const typeCode = field('typeCode');
  const topicId = field('topicId');
  const orders = computed<readonly string[]>({
    get: () => draft.value.orderNumbers ?? [],
    set: (value) =>
      threads.setDraft(NEW_APPEAL, 'reply', { ...draft.value, orderNumbers: [...value] }),
  });
  function linkOrder(number: string): void {
    if (!orders.value.includes(number)) orders.value = [...orders.value, number];
  }
  function unlinkOrder(number: string): void {
    orders.value = orders.value.filter((one) => one !== number);
  }

  const types = computed(() =>
    directories.types.map(({ code }) => {
      const icon = iconOf(code);
      return { value: code, label: directories.typeName(code), ...(icon ? { icon } : {}) };
    }),
  );
  const topics = computed(() =>
    directories.topics.map(({ id }) => ({ value: id, label: directories.topicName(id) })),
  );

  /** What the last press of Send found missing; cleared as soon as it is there. */
  const missing = ref<MissingPart | null>(null);
  const refusal = ref('');
  const sending = ref(false);
  const files = computed(() => uploads.files(KEY));
  watch([body, typeCode, topicId, files], () => {
    missing.value = null;
    refusal.value = '';
  });

  function findMissing(): MissingPart | null {
    const said = body.value.trim() !== '' || files.value.length > 0;
    // A topic closed meanwhile has to be chosen anew; the text stays.
    const topic = directories.topics.find(({ id }) => id === topicId.value);
    if (!said) return 'body';
    if (typeCode.value === null) return 'type';
    return topic ? null : 'topic';
  }

  /** Sends what is written. Null: something is missing or in the way, and the screen says what. */
  async function send(): Promise<Exclude<OpenResult, { state: 'failed' }> | null> {
    if (sending.value) return null;
    if (files.value.some(({ state, canRetry }) => state === 'failed' && !canRetry)) {
      refusal.value = t('thread.composer.failedFiles');
      return null;
    }
    if (body.value.trim().length > MESSAGE_MAX) {
      refusal.value = t('thread.composer.tooLong', { n: format.number(MESSAGE_MAX) });
      return null;
    }
    missing.value = findMissing();
    if (missing.value !== null || typeCode.value === null || topicId.value === null) return null;
    sending.value = true;
    const topic = topicId.value;
    const result = await threads.openAppeal({
      typeCode: typeCode.value,
      topicId: topic,
      body: body.value.trim(),
      orderNumbers: [...orders.value],
      ...uploads.take(KEY),
    });
    sending.value = false;
    if (result.state === 'failed') {
      const back = threads.takeBack(result.clientId);
      uploads.giveBack(KEY, back?.attachments ?? []);
      void uploads.giveBackFiles(KEY, back?.files ?? []);
      refusal.value = t('appeals.new.refused', { reason: troubleText(result.problem) });
      return null;
    }
    directories.useTopic(topic);
    return result;
  }

  return {
    draftChange,
    body,
    typeCode,
    topicId,
    orders,
    linkOrder,
    unlinkOrder,
    types,
    topics,
    files,
    addFiles: (chosen: readonly File[]) => uploads.add(KEY, chosen),
    addPasted: (pasted: readonly File[]) => uploads.addPasted(KEY, pasted),
    removeFile: (clientId: string) => uploads.remove(KEY, clientId),
    retryFile: (clientId: string) => uploads.retry(KEY, clientId),
    findOrders: (prefix: string) => orderStore.find(prefix),
    missing,
    refusal,
    sending,
    send,
    /** Here Enter is a new line and Ctrl+Enter sends, unless the person has turned it round (CMP-1). */
    enterOpens: computed(() => session.settings.enterOpens ?? false),
    setEnterOpens: (enterOpens: boolean) => void session.changeSettings({ enterOpens }),
  };
}

export type NewAppealForm = ReturnType<typeof useNewAppeal>;
