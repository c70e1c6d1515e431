import { STAFF_ROLES, type StaffRole } from '@otklik/shared/role-words';
import type { CustomRole } from '@otklik/shared/roles';

/** What is given to somebody: a role as it is built in, or one of named rights, with its base. */
export interface GivenRole {
  role: StaffRole;
  customRoleId: string | null;
}

/** As a list names it: by the custom role's id, else by the role. */
export const keyOf = ({ role, customRoleId }: GivenRole): string => customRoleId ?? role;

/** What a list names; what it does not know is the role with the least rights. */
export function roleOf(key: string | null, customs: readonly CustomRole[]): GivenRole {
  const custom = customs.find(({ id }) => id === key);
  if (custom) return { role: custom.base, customRoleId: custom.id };
  const role = STAFF_ROLES.find((one) => one === key) ?? 'manager';
  return { role, customRoleId: null };
}
