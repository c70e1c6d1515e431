import type { DealerRow } from '@otklik/shared/dealers';
import { dealersApi } from '@otklik/shared/dealers.api';
import type {
  DealerGroup,
  PolicyCoverage,
  PolicyDraft,
  PolicyView,
  Recompute,
  UnmatchedAppeal,
} from '@otklik/shared/policies';
import { policiesApi } from '@otklik/shared/policies.api';
import type { OutputOf } from '@otklik/shared/route';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { attempt, type Outcome } from '../../platform/problem';
import { useSession } from '../session';

/** So many dealers a choice offers; who has more names a group. */
const DEALER_PAGES = 20;

/** Policies, what they reach, and dealer groups. */
export const usePolicies = defineStore('policies', () => {
  const session = useSession();
  const policies = shallowRef<PolicyView[]>([]);
  const coverage = shallowRef<PolicyCoverage | null>(null);
  const unmatched = shallowRef<UnmatchedAppeal[]>([]);
  const cursor = shallowRef<string | null>(null);
  const groups = shallowRef<DealerGroup[]>([]);
  const dealers = shallowRef<Pick<DealerRow, 'id' | 'name' | 'code'>[]>([]);
  const recompute = shallowRef<Recompute | null>(null);
  const loaders = {
    policies: createLoader(),
    unmatched: createLoader(),
    groups: createLoader(),
    dealers: createLoader(),
  };

  /* ── Reading ──────────────────────────────────────────── */

  async function load(): Promise<void> {
    await Promise.all([
      loaders.policies.run(
        () => call(policiesApi.policies, {}),
        ({ items }) => {
          policies.value = items;
        },
      ),
      loadGroups(),
      reach(),
    ]);
  }
  const loadGroups = () =>
    loaders.groups.run(
      () => call(policiesApi.groups, {}),
      ({ items }) => {
        groups.value = items;
      },
    );
  /** What the rules reach as they stand, and how far the clocks have followed. */
  async function reach(): Promise<void> {
    const [counts, walk] = await Promise.all([
      attempt(() => call(policiesApi.coverage, {})),
      attempt(() => call(policiesApi.recompute, {})),
      loaders.unmatched.run(
        () => call(policiesApi.unmatched, { limit: 20 }),
        (page) => {
          unmatched.value = page.items;
          cursor.value = page.nextCursor;
        },
      ),
    ]);
    if (counts.ok) coverage.value = counts.value;
    if (walk.ok) recompute.value = walk.value;
  }
  async function loadMoreUnmatched(): Promise<void> {
    const after = cursor.value;
    if (after === null || loaders.unmatched.is.busy) return;
    await loaders.unmatched.run(
      () => call(policiesApi.unmatched, { limit: 20, cursor: after }),
      (page) => {
        unmatched.value = [...unmatched.value, ...page.items];
        cursor.value = page.nextCursor;
      },
    );
  }
  /** Looks how far the clocks have followed; what the rules reach is read again when they have arrived. */
  async function lookAtWalk(): Promise<void> {
    const walk = await attempt(() => call(policiesApi.recompute, {}));
    if (!walk.ok) return;
    const arrived = recompute.value?.running && !walk.value.running;
    recompute.value = walk.value;
    if (arrived) await reach();
  }
  const loadDealers = () =>
    loaders.dealers.run(allDealers, (found) => {
      dealers.value = found;
    });

  /* ── Changing ─────────────────────────────────────────── */

  /** Runs a change, and reads everything it may have moved. */
  async function changing<Value>(run: () => Promise<Value>): Promise<Outcome<Value>> {
    const outcome = await attempt(run);
    await load();
    return outcome;
  }
  const create = (policyId: string, draft: PolicyDraft) =>
    changing(() => call(policiesApi.createPolicy, { policyId, ...draft }));
  const change = ({ id, rev }: Pick<PolicyView, 'id' | 'rev'>, draft: PolicyDraft) =>
    changing(() => call(policiesApi.changePolicy, { policyId: id, rev, ...draft }));
  const remove = ({ id, rev }: Pick<PolicyView, 'id' | 'rev'>) =>
    changing(() => call(policiesApi.deletePolicy, { policyId: id, rev }));
  const restore = (policyId: string) =>
    changing(() => call(policiesApi.restorePolicy, { policyId }));
  const preview = (
    policyId: string | null,
    draft: PolicyDraft | null,
    after: string | null,
  ): Promise<Outcome<OutputOf<typeof policiesApi.preview>>> =>
    attempt(() =>
      call(policiesApi.preview, {
        ...{ policyId, draft, limit: 20 },
        ...(after === null ? {} : { cursor: after }),
      }),
    );

  const saveGroup = (groupId: string, name: string) =>
    changing(() => call(policiesApi.saveGroup, { groupId, name }));
  const removeGroup = (groupId: string) =>
    changing(() => call(policiesApi.deleteGroup, { groupId }));
  const restoreGroup = (groupId: string) =>
    changing(() => call(policiesApi.restoreGroup, { groupId }));
  async function setDealerGroup(
    dealerId: string,
    groupId: string | null,
  ): Promise<Outcome<object>> {
    const outcome = await attempt(() => call(policiesApi.setDealerGroup, { dealerId, groupId }));
    await loadGroups();
    return outcome;
  }

  watch(
    () => session.personId,
    () => {
      [policies.value, unmatched.value, groups.value, dealers.value] = [[], [], [], []];
      [coverage.value, recompute.value, cursor.value] = [null, null, null];
      for (const loader of Object.values(loaders)) loader.reset();
    },
    { flush: 'sync' },
  );

  return {
    ...{ policies, coverage, unmatched, groups, dealers, recompute },
    hasMoreUnmatched: () => cursor.value !== null,
    loading: loaders.policies.is,
    groupsLoading: loaders.groups.is,
    unmatchedLoading: loaders.unmatched.is,
    ...{ load, loadGroups, loadDealers, loadMoreUnmatched, lookAtWalk, reach },
    ...{ create, change, remove, restore, preview },
    ...{ saveGroup, removeGroup, restoreGroup, setDealerGroup },
  };
});

async function allDealers(): Promise<DealerRow[]> {
  const found: DealerRow[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < DEALER_PAGES; page += 1) {
    const answer: OutputOf<typeof dealersApi.list> = await call(dealersApi.list, {
      limit: 100,
      cursor,
    });
    found.push(...answer.items);
    if (answer.nextCursor === null) break;
    cursor = answer.nextCursor;
  }
  return found;
}
