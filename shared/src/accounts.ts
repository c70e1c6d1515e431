import * as z from 'zod';
import { PASSWORD_MIN } from './people';
import { moment, typed, typedOrEmpty } from './text';

/** Roles of the supplier's own people. */
const StaffRole = z.enum(['manager', 'supervisor', 'admin']);

/** A way to set one's password, told once to whoever made it; he hands it over. */
export const PasswordLink = z.object({
  /** 256 random bits; the server keeps their hash. */
  token: z.string(),
  /** `invitation`: the person has never been here. */
  kind: z.enum(['invitation', 'reset']),
  expiresAt: moment,
});
export type PasswordLink = z.infer<typeof PasswordLink>;
const token = z.string().min(1).max(200);
export const LookAtLink = z.strictObject({ token });
export type LookAtLink = z.input<typeof LookAtLink>;
/** Whose link it is; one that is unknown, used or out of date is `not_found`. */
export const LinkFacts = z.object({
  login: z.string(),
  name: z.string(),
  kind: PasswordLink.shape.kind,
  expiresAt: moment,
});
export type LinkFacts = z.infer<typeof LinkFacts>;
export const UseLink = z.strictObject({ token, password: z.string().min(PASSWORD_MIN).max(200) });
export type UseLink = z.input<typeof UseLink>;

export const StaffView = z.object({
  id: z.uuid(),
  login: z.string(),
  name: z.string(),
  jobTitle: z.string(),
  role: StaffRole,
  teamIds: z.array(z.uuid()),
  accessAllowed: z.boolean(),
  sessionsNow: z.number().int(),
  lastSignInAt: moment.nullable(),
  /** Signing in asks for a code too. */
  secondStepOn: z.boolean(),
});
export type StaffView = z.infer<typeof StaffView>;
const teamIds = z.array(z.uuid()).max(100);
export const AddStaff = z.strictObject({
  login: typed(200),
  name: typed(120),
  jobTitle: typedOrEmpty(120).default(''),
  role: StaffRole,
  teamIds: teamIds.default([]),
});
export type AddStaff = z.input<typeof AddStaff>;
export const ChangeStaff = z.strictObject({
  personId: z.uuid(),
  name: typed(120).optional(),
  jobTitle: typedOrEmpty(120).optional(),
  role: StaffRole.optional(),
  teamIds: teamIds.optional(),
  accessAllowed: z.boolean().optional(),
});
export type ChangeStaff = z.input<typeof ChangeStaff>;
export const StaffId = z.strictObject({ personId: z.uuid() });
export type StaffId = z.input<typeof StaffId>;
/** The link is shown once and never again. */
export const InvitedStaff = z.object({ person: StaffView, link: PasswordLink });
export type InvitedStaff = z.infer<typeof InvitedStaff>;

export const SecondStepState = z.object({
  on: z.boolean(),
  recoveryCodesLeft: z.number().int(),
  /** The company requires it of this role. */
  required: z.boolean(),
});
export type SecondStepState = z.infer<typeof SecondStepState>;
/** Told once, for the app: by hand, and as what the QR code says. */
export const SecondStepSecret = z.object({ secret: z.string(), address: z.string() });
export type SecondStepSecret = z.infer<typeof SecondStepSecret>;
export const ConfirmSecondStep = z.strictObject({ code: typed(40) });
export type ConfirmSecondStep = z.input<typeof ConfirmSecondStep>;
/** Shown once; each opens once, when the phone is not at hand. */
export const RecoveryCodes = z.object({ codes: z.array(z.string()) });
export type RecoveryCodes = z.infer<typeof RecoveryCodes>;
export const ProvePassword = z.strictObject({ password: z.string().min(1).max(200) });
export type ProvePassword = z.input<typeof ProvePassword>;
