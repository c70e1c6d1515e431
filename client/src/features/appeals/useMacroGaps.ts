import {
  filled,
  gapsIn,
  type Gap,
  type MacroValues,
  type MacroVariable,
} from '@otklik/shared/macro-text';
import { computed, nextTick } from 'vue';
import { useI18n } from 'vue-i18n';

import type { LoadState } from '../../platform/loading';

/** A macro as "/" offers it: its text filled with what is known. */
export interface MacroOffer {
  id: string;
  name: string;
  text: string;
  thenStatus: 'waiting' | 'resolved' | null;
}
/** What the composer of staff needs of macros; dealers' has none. */
export interface ComposerMacros {
  /** Has the list fetched when it is not here yet, or old. */
  want: () => void;
  state: LoadState;
  /** Of the list that is here; one that arrives late is looked through then. */
  find: (query: string) => readonly MacroOffer[];
  values: MacroValues;
  /** Said when nothing is found. */
  none: string;
}

/** For a note, which changes no status. */
export const withoutActions = (macros: ComposerMacros): ComposerMacros => ({
  ...macros,
  find: (query) => macros.find(query).map((macro) => ({ ...macro, thenStatus: null })),
});

/** Variables without a value in the text being written: named, jumped to, filled, and in the way of sending (CMP-6). */
export function useMacroGaps(options: {
  macros: () => ComposerMacros | undefined;
  body: { value: string };
  element: () => HTMLTextAreaElement | null;
}) {
  const { t } = useI18n();
  const gaps = computed(() => (options.macros() ? gapsIn(options.body.value) : []));
  const variables = computed(() => [...new Set(gaps.value.map(({ variable }) => variable))]);
  const nameOf = (variable: MacroVariable) => t(`thread.macro.variables.${variable}`);
  const fillable = computed(() =>
    variables.value.some((variable) => options.macros()?.values[variable]?.trim()),
  );

  function select({ from, to }: Pick<Gap, 'from' | 'to'>): void {
    const element = options.element();
    element?.focus();
    element?.setSelectionRange(from, to);
  }
  /** Selects the next such gap after the caret, from the start again behind the last. */
  function jump(variable?: MacroVariable): void {
    const fitting = gaps.value.filter((gap) => !variable || gap.variable === variable);
    const after = options.element()?.selectionEnd ?? 0;
    const next = fitting.find(({ from }) => from >= after) ?? fitting[0];
    if (next) select(next);
  }
  async function fill(): Promise<void> {
    options.body.value = filled(options.body.value, options.macros()?.values ?? {});
    await nextTick();
    if (gaps.value.length) jump();
    else options.element()?.focus();
  }

  return {
    gaps,
    variables,
    nameOf,
    fillable,
    select,
    jump,
    fill,
    /** Why the text may not be sent; null: it may. */
    refusal: computed(() =>
      variables.value.length
        ? t('thread.macro.gapsBlock', { names: variables.value.map(nameOf).join(', ') })
        : null,
    ),
  };
}
