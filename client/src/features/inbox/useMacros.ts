import type { AppealCard, Entry, StaffAppeal } from '@otklik/shared/appeals';
import { filled, type MacroValues } from '@otklik/shared/macro-text';
import { computed, ref, shallowRef } from 'vue';
import { useI18n } from 'vue-i18n';

import { minuteNow } from '../../platform/clock';
import { useFormat } from '../../platform/useFormat';
import type { ComposerMacros } from '../appeals';
import { loadMacroFinder } from '../macros';

/** What an appeal gives to the variables of macros, and the macros that "/" offers for it (CMP-6). */
export function useMacros(about: {
  appeal: () => StaffAppeal | null;
  card: () => AppealCard | null;
  entries: () => readonly Entry[];
  /** Orders that the message being written will link. */
  orders: () => readonly string[];
  me: () => string;
}) {
  const { t } = useI18n();
  const format = useFormat();
  /** Fetched with the first "/". */
  const finder = shallowRef<Awaited<ReturnType<typeof loadMacroFinder>> | null>(null);
  const isMissing = ref(false);
  async function want(): Promise<void> {
    finder.value ??= await loadMacroFinder().catch(() => null);
    // The part of the program could not be fetched: the same as macros that could not.
    isMissing.value = finder.value === null;
    finder.value?.wantMacros();
  }

  const values = computed<MacroValues>(() => {
    const appeal = about.appeal();
    if (!appeal) return {};
    const orders = about.orders().length
      ? about.orders()
      : (about.card()?.orders.map(({ number }) => number) ?? []);
    const due = [appeal.clock, appeal.resolution].find(
      (clock) => clock?.dueAt && Date.parse(clock.dueAt) > minuteNow.value,
    )?.dueAt;
    return {
      dealer: appeal.dealerName,
      visitor: visitorOf(appeal),
      appealNo: String(appeal.no),
      orderNo: orders.join(', '),
      manager: appeal.assignee?.name ?? about.me(),
      // Whole, with its zone: who reads it later or elsewhere must understand it too.
      promise: due ? format.fullTime(due) : '',
    };
  });

  function visitorOf({ contactName }: StaffAppeal): string {
    const wrote = about
      .entries()
      .findLast(({ kind, author }) => kind === 'message' && author?.side === 'dealer');
    const opener = about
      .card()
      ?.participants.find(({ role, side }) => role === 'opener' && side === 'dealer');
    return wrote?.author?.name ?? opener?.name ?? contactName ?? '';
  }

  return computed<ComposerMacros>(() => {
    const state = finder.value?.macrosState() ?? (isMissing.value ? 'error' : 'loading');
    return {
      state,
      values: values.value,
      none: t(state === 'error' ? 'thread.macro.failed' : 'thread.macro.none'),
      want: () => void want(),
      find: (query) =>
        (finder.value?.foundMacros(query) ?? []).map(({ id, name, body, thenStatus }) => ({
          ...{ id, name, thenStatus },
          text: filled(body, values.value),
        })),
    };
  });
}
