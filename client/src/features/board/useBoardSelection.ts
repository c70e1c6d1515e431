import type { StaffAppeal } from '@otklik/shared/appeals';
import { REASSIGN_MAX } from '@otklik/shared/appeals';
import { computed, shallowRef } from 'vue';

/** Appeals chosen on the board to be reassigned together. Each is kept as it was seen when it was chosen. */
export function useBoardSelection() {
  const chosen = shallowRef<ReadonlyMap<string, StaffAppeal>>(new Map());
  let last: string | null = null;

  function toggle(appeal: StaffAppeal): void {
    const next = new Map(chosen.value);
    if (!next.delete(appeal.id) && next.size < REASSIGN_MAX) next.set(appeal.id, appeal);
    last = appeal.id;
    chosen.value = next;
  }
  /** All rows of one column from the one chosen last to this. */
  function extend(appeal: StaffAppeal, rows: readonly StaffAppeal[]): void {
    const from = rows.findIndex(({ id }) => id === last);
    const to = rows.findIndex(({ id }) => id === appeal.id);
    if (from === -1 || to === -1) return toggle(appeal);
    const next = new Map(chosen.value);
    for (const one of rows.slice(Math.min(from, to), Math.max(from, to) + 1))
      if (next.size < REASSIGN_MAX) next.set(one.id, one);
    last = appeal.id;
    chosen.value = next;
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
