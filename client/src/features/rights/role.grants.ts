import type { RightLine } from '@otklik/shared/rights';
import { STAFF_ROLES, type ChosenRight, type StaffRole } from '@otklik/shared/role-words';
import type { CustomRole } from '@otklik/shared/roles';

/** The role whose cell of the table a custom role has in this line; null: it has the right never. As the server decides it. */
export function grantOf(
  { chosen, may }: RightLine,
  { base, rights }: Pick<CustomRole, 'base' | 'rights'>,
): StaffRole | null {
  if (chosen === null) return may[base] === undefined ? null : base;
  if (!rights.some((right) => right === chosen)) return null;
  const above = STAFF_ROLES.slice(STAFF_ROLES.indexOf(base));
  return above.find((role) => may[role] !== undefined) ?? null;
}

/** What a role has beyond its base, and what it lacks. */
export const differenceOf = (rights: readonly ChosenRight[], ofBase: readonly ChosenRight[]) => ({
  beyond: rights.filter((right) => !ofBase.includes(right)),
  without: ofBase.filter((right) => !rights.includes(right)),
});
