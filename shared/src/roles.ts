import * as z from 'zod';
import { StaffRole } from './people';
import { RightName } from './rights';
import { typed } from './text';

/**
 * The rights a custom role names one by one. Every other right it has as its base has it, because
 * - nobody of the staff gets through a day without it (sign-in, one's own sessions, settings, drafts and uploads, lists, notices), or
 * - it is what the base says of whom and what one sees (appeals, notes, files, orders, dealers, macros), in SQL and in rooms of sockets too, or
 * - it is about one's own doing only (changing one's own message, leaving an appeal, withdrawing one's own question).
 */
export const ChosenRight = RightName.extract([
  ...['appeal.write', 'note.write', 'appeal.open_for', 'appeal.change_status'],
  ...['appeal.change_fields', 'appeal.assign', 'appeal.merge', 'appeal.bring_people'],
  ...['entry.history', 'receipt.see', 'dispute.settle', 'board.see', 'report.see'],
  ...['dealer.create', 'dealer.edit', 'visitor.read', 'visitor.manage'],
  ...['sla.manage', 'company.manage', 'rights.see', 'audit.read', 'seats.see'],
  ...['staff.manage', 'token.manage'],
] as const);
export type ChosenRight = z.infer<typeof ChosenRight>;

/** Some show appeals whoever they are of, or let their holder raise others: they want at least this base. */
export const LOWEST_BASE: Partial<Record<ChosenRight, StaffRole>> = {
  'sla.manage': 'supervisor',
  'audit.read': 'supervisor',
  'staff.manage': 'admin',
  'token.manage': 'admin',
};

/** Is asked first; a role that names the one names the other too. */
export const NEEDED: Partial<Record<ChosenRight, ChosenRight>> = {
  // Both are written in one field.
  'note.write': 'appeal.write',
  'visitor.manage': 'visitor.read',
  // Whoever gives roles sees what they are.
  'staff.manage': 'rights.see',
};

/** May a role with this base have the right? */
export function fitsBase(right: ChosenRight, base: StaffRole): boolean {
  const from = (role: StaffRole) => StaffRole.options.indexOf(role);
  return from(base) >= from(LOWEST_BASE[right] ?? 'manager');
}

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
