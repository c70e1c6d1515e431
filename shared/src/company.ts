import * as z from 'zod';

/** Rules of the whole company, set by an admin. */
export const CompanySettings = z.object({
  /** How long one may edit or delete his own message; 0: never. */
  editMinutes: z.number().int(),
  /** The collision guard (a stale answer is held), by side. */
  guardStaff: z.boolean(),
  guardDealer: z.boolean(),
});
export type CompanySettings = z.infer<typeof CompanySettings>;

export const ChangeCompanySettings = z.strictObject({
  editMinutes: z.number().int().min(0).max(1_440).optional(),
  guardStaff: z.boolean().optional(),
  guardDealer: z.boolean().optional(),
});
export type ChangeCompanySettings = z.input<typeof ChangeCompanySettings>;
