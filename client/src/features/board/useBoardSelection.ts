import type { StaffAppeal } from '@otklik/shared/appeals';
import { REASSIGN_MAX } from '@otklik/shared/limits';
import { computed, shallowRef } from 'vue';

/** Appeals chosen on the board to be reassigned together. Each is kept as it was seen when it was chosen. */
export function useBoardSelection() {
  const chosen = shallowRef<ReadonlyMap<string, StaffAppeal>>(new Map());
  let last: string | null = null;

  /** @returns false when no more fit into one command */
  function toggle(appeal: StaffAppeal): boolean {
    return choose(appeal, chosen.value.has(appeal.id) ? [] : [appeal]);
  }
  /** All rows of one column from the one chosen last to this. */
  function extend(appeal: StaffAppeal, rows: readonly StaffAppeal[]): boolean {
    const from = rows.findIndex(({ id }) => id === last);
    const to = rows.findIndex(({ id }) => id === appeal.id);
    if (from === -1 || to === -1) return toggle(appeal);
    return choose(appeal, rows.slice(Math.min(from, to), Math.max(from, to) + 1));
  }
  function choose(pressed: StaffAppeal, added: readonly StaffAppeal[]): boolean {
    const next = new Map(chosen.value);
    if (added.length === 0) next.delete(pressed.id);
    for (const one of added) next.set(one.id, one);
    if (next.size > REASSIGN_MAX) return false;
    last = pressed.id;
    chosen.value = next;
    return true;
  }
  function clear(): void {
    chosen.value = new Map();
    last = null;
  }
  return {
    chosen,
    ids: computed<ReadonlySet<string>>(() => new Set(chosen.value.keys())),
    count: computed(() => chosen.value.size),
    toggle,
    extend,
    clear,
  };
}
