import type { StaffRole } from '@otklik/shared/people';

/** From the least to the most rights. */
export const ROLES = ['manager', 'supervisor', 'admin'] as const satisfies readonly StaffRole[];

/** The role a list names; what it does not know is the one with the least rights. */
export const roleOf = (value: string | null): StaffRole =>
  ROLES.find((role) => role === value) ?? 'manager';
