import { Done, Nothing } from '@otklik/shared/people';
import { CustomRole, DeleteRole, RoleList, SaveRole } from '@otklik/shared/roles';
import { rolesApi } from '@otklik/shared/roles.api';
import type { Api } from '../../platform/http';
import type { Actor } from './actor';
import type { RoleService } from './role.service';

/** Roles made of named rights. */
export function roleRoutes({ mount }: Pick<Api<Actor>, 'mount'>, roles: RoleService): void {
  mount(rolesApi.list, { input: Nothing, output: RoleList }, roles.list);
  mount(rolesApi.save, { input: SaveRole, output: CustomRole }, roles.save);
  mount(rolesApi.remove, { input: DeleteRole, output: Done }, async (actor, input) => {
    await roles.remove(actor, input);
    return { done: true };
  });
}
