import type { AuditEntry, AuditFilters } from '@otklik/shared/audit';
import { auditApi } from '@otklik/shared/audit.api';
import { dealersApi } from '@otklik/shared/dealers.api';
import type { OutputOf } from '@otklik/shared/route';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { addressOf, call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { useSession } from '../session';

interface Named {
  id: string;
  name: string;
}

/** So many dealers the filter offers. */
const MOST_DEALERS = 2_000;

/** The audit log, newest first, as far back as it was read. */
export const useAudit = defineStore('audit', () => {
  const session = useSession();
  const items = shallowRef<AuditEntry[]>([]);
  const cursor = shallowRef<string | null>(null);
  /** How far back was looked without the list being full: older lines may fit too. */
  const searchedTo = shallowRef<string | null>(null);
  const dealers = shallowRef<Named[]>([]);
  const people = shallowRef<Named[]>([]);
  const loaders = {
    list: createLoader(),
    more: createLoader(),
    dealers: createLoader(),
    people: createLoader(),
  };
  let filters: AuditFilters = {};
  let turn = 0;

  async function load(wanted: AuditFilters): Promise<void> {
    filters = wanted;
    const mine = ++turn;
    loaders.more.reset();
    await loaders.list.run(
      () => call(auditApi.list, wanted),
      (page) => {
        if (mine !== turn) return;
        items.value = page.items;
        cursor.value = page.nextCursor;
        searchedTo.value = page.searchedTo;
      },
    );
  }

  async function loadMore(): Promise<void> {
    const after = cursor.value;
    const mine = turn;
    if (after === null || loaders.more.is.busy || loaders.list.is.busy) return;
    await loaders.more.run(
      () => call(auditApi.list, { ...filters, cursor: after }),
      (page) => {
        if (mine !== turn) return;
        items.value = [...items.value, ...page.items];
        cursor.value = page.nextCursor;
        searchedTo.value = page.searchedTo;
      },
    );
  }

  const loadDealers = () =>
    loaders.dealers.run(allDealers, (found) => {
      dealers.value = found;
    });

  /** Who may be chosen: the visitors of a dealer. */
  async function loadPeople(dealerId: string | null): Promise<void> {
    people.value = [];
    if (dealerId === null) return loaders.people.reset();
    await loaders.people.run(
      () => call(dealersApi.visitors, { dealerId }),
      (answer) => {
        people.value = answer.items;
      },
    );
  }

  /** Where the browser fetches what is shown, as a file. */
  const csvAddress = (wanted: AuditFilters): string => addressOf(auditApi.csv, wanted).url.href;

  watch(
    () => session.personId,
    () => {
      turn += 1;
      items.value = [];
      cursor.value = null;
      searchedTo.value = null;
      dealers.value = [];
      people.value = [];
      for (const loader of Object.values(loaders)) loader.reset();
    },
    { flush: 'sync' },
  );

  return {
    ...{ items, cursor, searchedTo, dealers, people },
    ...{ loading: loaders.list.is, moreLoading: loaders.more.is },
    ...{ load, loadMore, loadDealers, loadPeople, csvAddress },
  };
});

async function allDealers(): Promise<Named[]> {
  const found: Named[] = [];
  let cursor: string | undefined;
  do {
    const page: OutputOf<typeof dealersApi.list> = await call(dealersApi.list, {
      ...{ limit: 100, cursor },
    });
    found.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && found.length < MOST_DEALERS);
  return found;
}
