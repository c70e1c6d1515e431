import type {
  Report,
  ReportAppeals,
  ReportAppealsQuery,
  ReportQuery,
} from '@otklik/shared/reports';
import { reportsApi } from '@otklik/shared/reports.api';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { useSession } from '../session';

/** The report on the screen, and the list behind one of its numbers. */
export const useReports = defineStore('reports', () => {
  const session = useSession();
  const report = shallowRef<Report | null>(null);
  const loader = createLoader();
  const list = shallowRef<ReportAppeals | null>(null);
  const listLoader = createLoader();
  const moreLoader = createLoader();
  let listed: ReportAppealsQuery | null = null;

  /** The report before stays, greyed by its reader, until the new one is here. */
  const load = (query: ReportQuery) =>
    loader.run(
      () => call(reportsApi.report, query),
      (answer) => {
        report.value = answer;
      },
    );

  async function loadList(query: ReportAppealsQuery): Promise<void> {
    list.value = null;
    listed = query;
    listLoader.reset();
    moreLoader.reset();
    await listLoader.run(
      () => call(reportsApi.appeals, query),
      (answer) => {
        list.value = answer;
      },
    );
  }

  async function loadMore(): Promise<void> {
    const before = list.value;
    if (!listed || !before?.nextCursor || moreLoader.is.busy) return;
    const query = { ...listed, cursor: before.nextCursor };
    await moreLoader.run(
      () => call(reportsApi.appeals, query),
      (answer) => {
        list.value = { ...answer, items: [...before.items, ...answer.items] };
      },
    );
  }

  watch(
    () => session.personId,
    () => {
      report.value = null;
      list.value = null;
      listed = null;
      loader.reset();
      listLoader.reset();
      moreLoader.reset();
    },
    { flush: 'sync' },
  );

  return {
    report,
    loading: loader.is,
    load,
    list,
    listLoading: listLoader.is,
    moreLoading: moreLoader.is,
    loadList,
    loadMore,
  };
});
