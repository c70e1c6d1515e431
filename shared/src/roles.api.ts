import type { Done, Nothing } from './people';
import type { CustomRole, DeleteRole, RoleList, SaveRole } from './roles';
import { route } from './route';

export const rolesApi = {
  list: route<Nothing, RoleList>('GET', '/roles', 'rights.see'),
  save: route<SaveRole, CustomRole>('PUT', '/roles/:roleId', 'staff.manage'),
  /** One that nobody has. Saving it again under its id takes it back. */
  remove: route<DeleteRole, Done>('DELETE', '/roles/:roleId', 'staff.manage'),
};
