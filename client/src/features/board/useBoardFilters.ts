import type { BoardFilter, BoardView } from '@otklik/shared/appeal-lists';
import { BOARD_BY, type BoardBy } from '@otklik/shared/board-words';
import { computed } from 'vue';
import { useRoute, useRouter, type LocationQueryRaw } from 'vue-router';

/** Names of the filters in the address, in the order the board shows them. */
const IN_ADDRESS = {
  topic: 'topicId',
  manager: 'assigneeId',
  type: 'typeCode',
  team: 'teamId',
  dealer: 'dealerId',
} as const satisfies Record<string, keyof BoardFilter>;
export type FilterName = keyof typeof IN_ADDRESS;
export const FILTER_NAMES = ['topic', 'manager', 'type', 'team', 'dealer'] as const;

/** What the board is narrowed to and by what its load is told: all of it in the address, so that it can be kept and sent. */
export function useBoardFilters() {
  const route = useRoute();
  const router = useRouter();
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const chosen = computed<Record<FilterName, string>>(() => ({
    topic: text(route.query.topic),
    manager: text(route.query.manager),
    type: text(route.query.type),
    team: text(route.query.team),
    dealer: text(route.query.dealer),
  }));
  const narrow = (name: FilterName, value: string) =>
    void router.replace({ query: { ...route.query, [name]: value || undefined } });
  const by = computed<BoardBy>(
    () => BOARD_BY.find((known) => known === route.query.by) ?? 'manager',
  );
  const filter = computed<BoardFilter>(() =>
    Object.fromEntries(
      FILTER_NAMES.flatMap((name) =>
        chosen.value[name] ? [[IN_ADDRESS[name], chosen.value[name]]] : [],
      ),
    ),
  );
  const view = computed<BoardView>(() => ({
    ...filter.value,
    ...(by.value === 'manager' ? {} : { by: by.value }),
  }));
  const queryOf = (saved: BoardView): LocationQueryRaw => ({
    ...Object.fromEntries(
      FILTER_NAMES.flatMap((name) => {
        const value = saved[IN_ADDRESS[name]];
        return value ? [[name, value]] : [];
      }),
    ),
    ...(saved.by ? { by: saved.by } : {}),
  });
  const narrowed = computed(() => Object.keys(filter.value).length > 0);
  /** Narrows to one line of the load; the same line again lets go. */
  const withLine = (name: FilterName, id: string): LocationQueryRaw => ({
    ...route.query,
    [name]: chosen.value[name] === id ? undefined : id,
  });
  const setBy = (next: BoardBy) =>
    void router.replace({
      query: { ...route.query, by: next === 'manager' ? undefined : next },
    });
  const show = (saved: BoardView) => void router.replace({ query: queryOf(saved) });
  return { chosen, narrow, by, filter, view, narrowed, withLine, setBy, show };
}

/** Whether both show the same board. */
export const sameView = (one: BoardView, other: BoardView): boolean =>
  [...Object.values(IN_ADDRESS), 'by' as const].every((name) => one[name] === other[name]);
