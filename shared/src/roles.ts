import * as z from 'zod';
import { StaffRole } from './people';
import { RightName } from './rights';
import { CHOSEN_RIGHTS } from './role-words';
import { typed } from './text';

export const ChosenRight = RightName.extract(CHOSEN_RIGHTS);
export type ChosenRight = z.infer<typeof ChosenRight>;

export const ROLES_MAX = 50;
/** A role an admin has made of named rights. */
export const CustomRole = z.object({
  id: z.uuid(),
  name: z.string(),
  /** Decides what one sees, and how one has to stand to it. */
  base: StaffRole,
  rights: z.array(ChosenRight),
  /** How many have it. */
  people: z.number().int(),
  /** Grows with every change; a change names the one it was made from. */
  rev: z.number().int(),
});
export type CustomRole = z.infer<typeof CustomRole>;

export const RoleList = z.object({
  /** How many have a role as it is built in, and which of the chosen rights it has. */
  builtIn: z.array(
    z.object({ role: StaffRole, people: z.number().int(), rights: z.array(ChosenRight) }),
  ),
  /** By name. */
  items: z.array(CustomRole),
});
export type RoleList = z.infer<typeof RoleList>;

const REV_MAX = 2_000_000_000;
/** The whole role as it shall be; `rev` is the one that was read, 0 for a new one. The id is chosen by the sender. */
export const SaveRole = z.strictObject({
  roleId: z.uuid(),
  rev: z.number().int().min(0).max(REV_MAX),
  name: typed(60),
  base: StaffRole,
  rights: z.array(ChosenRight).max(ChosenRight.options.length),
});
export type SaveRole = z.input<typeof SaveRole>;
/** Its input stands in the address. */
export const DeleteRole = z.strictObject({
  roleId: z.uuid(),
  rev: z.coerce.number().int().min(1).max(REV_MAX),
});
export type DeleteRole = z.input<typeof DeleteRole>;
