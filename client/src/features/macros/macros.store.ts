import type { ChangeMacro, CreateMacro, MacroView } from '@otklik/shared/macros';
import { macrosApi } from '@otklik/shared/macros.api';
import { defineStore } from 'pinia';
import { ref, shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { attempt, type Outcome } from '../../platform/problem';
import { useSession } from '../session';

/** What is typed into the editor. */
export type MacroFields = Required<Omit<CreateMacro, 'clientId'>>;
/** A macro being changed: its words, and the revision they were made from; of a new one the id it will be made under. */
export interface MacroEdit {
  fields: MacroFields;
  rev: number;
  clientId: string;
}
/** Stands in for the id of a macro that is not saved yet. */
export const NEW_MACRO = 'new';

export const fieldsOf = (macro: MacroView | null): MacroFields => ({
  name: macro?.name ?? '',
  body: macro?.body ?? '',
  thenStatus: macro?.thenStatus ?? null,
  scope: macro?.scope ?? 'own',
  teamId: macro?.teamId ?? null,
});
/** Whether two say the same; the server trims words. */
export const isSameMacro = (a: MacroFields, b: MacroFields) =>
  a.name.trim() === b.name.trim() &&
  a.body.trim() === b.body.trim() &&
  a.thenStatus === b.thenStatus &&
  a.scope === b.scope &&
  a.teamId === b.teamId;

/** Ready texts of the staff: the server's, and what is being changed here. */
export const useMacros = defineStore('macros', () => {
  const session = useSession();
  const items = shallowRef<readonly MacroView[]>([]);
  const canShare = ref(false);
  /** Not saved yet, by macro id or `NEW_MACRO`; they wait here while other macros and pages are looked at. */
  const edits = ref(new Map<string, MacroEdit>());
  const loader = createLoader();

  const load = () =>
    loader.run(
      () => call(macrosApi.list, {}),
      (answer) => {
        items.value = answer.items;
        canShare.value = answer.can.share;
      },
    );

  const ORDER = ['own', 'team', 'everybody'];
  /** The one way in; a lower revision never replaces a higher one. */
  function put(macro: MacroView): void {
    const known = items.value.find(({ id }) => id === macro.id);
    if (known && known.rev > macro.rev) return;
    const rest = items.value.filter(({ id }) => id !== macro.id);
    items.value = (macro.deleted ? rest : [...rest, macro]).sort(
      (a, b) =>
        ORDER.indexOf(a.scope) - ORDER.indexOf(b.scope) ||
        a.name.toLocaleLowerCase().localeCompare(b.name.toLocaleLowerCase()),
    );
  }
  async function run(command: () => Promise<MacroView>): Promise<Outcome<MacroView>> {
    const who = session.personId;
    const answer = await attempt(command);
    if (answer.ok && who === session.personId) put(answer.value);
    return answer;
  }

  watch(
    () => session.personId,
    () => {
      items.value = [];
      canShare.value = false;
      edits.value.clear();
      loader.reset();
    },
    { flush: 'sync' },
  );

  return {
    items,
    canShare,
    edits,
    loading: loader.is,
    load,
    create: (input: CreateMacro) => run(() => call(macrosApi.create, input)),
    change: (input: ChangeMacro) => run(() => call(macrosApi.change, input)),
    remove: ({ id: macroId, rev }: MacroView) =>
      run(() => call(macrosApi.remove, { macroId, rev })),
    restore: ({ id: macroId, rev }: MacroView) =>
      run(() => call(macrosApi.restore, { macroId, rev })),
  };
});
