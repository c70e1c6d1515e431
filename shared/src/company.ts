import * as z from 'zod';
import { AUDIT_DAYS, CLOSED_MESSAGE_MAX, LONGEST_SILENCE_MINUTES } from './limits';
import { Role } from './people';

/** Rules of the whole company, set by an admin. */
export const CompanySettings = z.object({
  /** How long one may edit or delete his own message; 0: never. */
  editMinutes: z.number().int(),
  /** The collision guard (a stale answer is held), by side. */
  guardStaff: z.boolean(),
  guardDealer: z.boolean(),
  /** After so many working minutes of the dealer's silence he is reminded; null: never. */
  remindDealerMinutes: z.number().int().nullable(),
  /** After so many the appeal that waits for him is closed; null: never. */
  closeSilentMinutes: z.number().int().nullable(),
  /** How long lines of the audit log are kept. */
  auditDays: z.number().int(),
  /** Dealers are told `closedMessage` and nothing else. */
  closedToDealers: z.boolean(),
  closedMessage: z.object({ ru: z.string(), en: z.string() }),
  /** Who has to sign in with a second step. */
  secondStepRoles: z.array(Role),
});
export type CompanySettings = z.infer<typeof CompanySettings>;

const closedText = z.string().trim().max(CLOSED_MESSAGE_MAX);
const silence = z.number().int().min(1).max(LONGEST_SILENCE_MINUTES).nullable().optional();
export const ChangeCompanySettings = z.strictObject({
  editMinutes: z.number().int().min(0).max(1_440).optional(),
  guardStaff: z.boolean().optional(),
  guardDealer: z.boolean().optional(),
  remindDealerMinutes: silence,
  closeSilentMinutes: silence,
  auditDays: z.number().int().min(AUDIT_DAYS.least).max(AUDIT_DAYS.most).optional(),
  closedToDealers: z.boolean().optional(),
  closedMessage: z.strictObject({ ru: closedText, en: closedText }).optional(),
  secondStepRoles: z.array(Role).max(Role.options.length).optional(),
});
export type ChangeCompanySettings = z.input<typeof ChangeCompanySettings>;
