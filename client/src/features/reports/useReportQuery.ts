import { REPORT_GROUPS } from '@otklik/shared/report-words';
import type {
  ReportAppealsQuery,
  ReportGroup,
  ReportMeasure,
  ReportQuery,
} from '@otklik/shared/reports';
import { computed } from 'vue';
import { useRoute, useRouter, type RouteLocationRaw } from 'vue-router';

import { serverNow } from '../../platform/clock';
import { useSession } from '../session';
import { isDay, lastDays, PRESETS, todayIn } from './period';

/** The filters by which a group's lines are told apart. */
export const FILTER_OF = {
  manager: 'managerId',
  team: 'teamId',
  topic: 'topicId',
  type: 'typeCode',
  dealer: 'dealerId',
} as const satisfies Record<ReportGroup, keyof ReportQuery>;
const FILTERS = Object.values(FILTER_OF);
export type ReportFilters = Partial<Record<(typeof FILTERS)[number], string>>;

/** Period, grouping and filters live in the address (REP-2). */
export function useReportQuery() {
  const route = useRoute();
  const router = useRouter();
  const session = useSession();
  const today = computed(() => todayIn(session.me?.company.zone ?? 'UTC', serverNow()));
  const period = computed(() => {
    const { from, to } = route.query;
    return isDay(from) && isDay(to) ? { from, to } : lastDays(PRESETS[0], today.value);
  });
  const by = computed<ReportGroup>(
    () =>
      REPORT_GROUPS.find((group) => group === route.query.by) ??
      (route.params.report === 'load' ? 'manager' : 'topic'),
  );
  const filters = computed<ReportFilters>(() =>
    Object.fromEntries(
      FILTERS.flatMap((name) => {
        const value = route.query[name];
        return typeof value === 'string' && value !== '' ? [[name, value]] : [];
      }),
    ),
  );
  const query = computed<ReportQuery>(() => ({
    ...period.value,
    ...filters.value,
    by: by.value,
  }));
  const change = (part: Record<string, string | undefined>) =>
    void router.replace({ query: { ...route.query, ...part } });
  /** The appeals behind a number of this report. */
  const appealsOf = (
    measure: ReportMeasure,
    bar: Omit<Partial<ReportAppealsQuery>, 'slot'> & { slot?: number } = {},
  ): RouteLocationRaw => {
    const { slot, ...rest } = bar;
    return {
      path: '/reports/appeals',
      query: {
        ...period.value,
        ...filters.value,
        ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)])),
        ...(slot === undefined ? {} : { slot: String(slot) }),
        measure,
      },
    };
  };
  return { route, today, period, by, filters, query, change, appealsOf };
}
