import type { CustomRole, RoleList, SaveRole } from '@otklik/shared/roles';
import { rolesApi } from '@otklik/shared/roles.api';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { attempt, type Outcome } from '../../platform/problem';
import { useSession } from '../session';

/** Roles of the staff: those that are built in, and those made of named rights. */
export const useRoles = defineStore('roles', () => {
  const session = useSession();
  const builtIn = shallowRef<RoleList['builtIn']>([]);
  /** By name. */
  const items = shallowRef<readonly CustomRole[]>([]);
  const loader = createLoader();

  const load = () =>
    loader.run(
      () => call(rolesApi.list, {}),
      (answer) => {
        builtIn.value = answer.builtIn;
        items.value = answer.items;
      },
    );

  /** What somebody else did meanwhile is shown with the next list. */
  async function save(input: SaveRole): Promise<Outcome<CustomRole>> {
    const answer = await attempt(() => call(rolesApi.save, input));
    if (answer.ok) {
      const others = items.value.filter(({ id }) => id !== answer.value.id);
      items.value = [...others, answer.value].sort((a, b) => a.name.localeCompare(b.name));
    } else if (answer.trouble.status === 409 || answer.trouble.status === 404) void load();
    return answer;
  }

  async function remove({ id, rev }: CustomRole): Promise<Outcome<unknown>> {
    const answer = await attempt(() => call(rolesApi.remove, { roleId: id, rev }));
    if (answer.ok) items.value = items.value.filter((role) => role.id !== id);
    else if (answer.trouble.status === 409) void load();
    return answer;
  }

  watch(
    () => session.personId,
    () => {
      builtIn.value = [];
      items.value = [];
      loader.reset();
    },
    { flush: 'sync' },
  );

  return { builtIn, items, loading: loader.is, load, save, remove };
});
