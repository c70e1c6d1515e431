import type { AddStaff, ChangeStaff, InvitedStaff, StaffView } from '@otklik/shared/accounts';
import { accountsApi } from '@otklik/shared/accounts.api';
import type { Done } from '@otklik/shared/people';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { attempt, type Outcome } from '../../platform/problem';
import { useSession } from '../session';

/** The supplier's people, for admins. */
export const useStaff = defineStore('staff', () => {
  const session = useSession();
  const items = shallowRef<StaffView[]>([]);
  const loader = createLoader();

  const load = () =>
    loader.run(
      () => call(accountsApi.staff, {}),
      (answer) => {
        items.value = answer.items;
      },
    );

  /** The answer holds the link: it is shown once and kept nowhere. */
  async function add(input: AddStaff): Promise<Outcome<InvitedStaff>> {
    const answer = await attempt(() => call(accountsApi.addStaff, input));
    if (answer.ok) void load();
    return answer;
  }

  async function change(input: ChangeStaff): Promise<Outcome<StaffView>> {
    const answer = await attempt(() => call(accountsApi.changeStaff, input));
    if (answer.ok) put(answer.value);
    return answer;
  }

  const makeLink = (personId: string): Promise<Outcome<InvitedStaff>> =>
    attempt(() => call(accountsApi.makeStaffLink, { personId }));

  async function endSessions(personId: string): Promise<Outcome<{ ended: number }>> {
    const answer = await attempt(() => call(accountsApi.endStaffSessions, { personId }));
    if (answer.ok) void load();
    return answer;
  }

  async function resetSecondStep(personId: string): Promise<Outcome<Done>> {
    const answer = await attempt(() => call(accountsApi.resetSecondStep, { personId }));
    if (answer.ok) void load();
    return answer;
  }

  function put(person: StaffView): void {
    items.value = items.value.map((one) => (one.id === person.id ? person : one));
  }

  watch(
    () => session.personId,
    () => {
      items.value = [];
      loader.reset();
    },
    { flush: 'sync' },
  );

  return { items, loading: loader.is, load, add, change, makeLink, endSessions, resetSecondStep };
});
