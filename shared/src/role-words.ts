/** The staff's roles, from the least to the most rights. */
export const STAFF_ROLES = ['manager', 'supervisor', 'admin'] as const;
export type StaffRole = (typeof STAFF_ROLES)[number];

/**
 * The rights a custom role names one by one. Every other right it has as its base has it, because
 * - nobody of the staff gets through a day without it (sign-in, one's own sessions, settings, drafts and uploads, lists, notices), or
 * - it is what the base says of whom and what one sees (appeals, notes, files, orders, dealers, macros), in SQL and in rooms of sockets too, or
 * - it is about one's own doing only (changing one's own message, leaving an appeal, withdrawing one's own question).
 */
export const CHOSEN_RIGHTS = [
  ...['appeal.write', 'note.write', 'appeal.open_for', 'appeal.change_status'],
  ...['appeal.change_fields', 'appeal.assign', 'appeal.merge', 'appeal.bring_people'],
  ...['entry.history', 'receipt.see', 'dispute.settle', 'board.see', 'report.see'],
  ...['dealer.create', 'dealer.edit', 'visitor.read', 'visitor.manage'],
  ...['sla.manage', 'company.manage', 'rights.see', 'audit.read', 'seats.see'],
  ...['topic.manage', 'staff.manage', 'token.manage', 'person.view_as'],
] as const;
export type ChosenRight = (typeof CHOSEN_RIGHTS)[number];

/** Some show appeals whoever they are of, or let their holder raise others: they want at least this base. */
export const LOWEST_BASE: Partial<Record<ChosenRight, StaffRole>> = {
  'sla.manage': 'supervisor',
  'topic.manage': 'supervisor',
  'audit.read': 'supervisor',
  'staff.manage': 'admin',
  'token.manage': 'admin',
  'person.view_as': 'admin',
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
  const from = (role: StaffRole) => STAFF_ROLES.indexOf(role);
  return from(base) >= from(LOWEST_BASE[right] ?? 'manager');
}
