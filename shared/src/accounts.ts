import * as z from 'zod';
import { PASSWORD_MIN, StaffRole } from './people';
import { moment, typed, typedOrEmpty } from './text';

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
  /** A role made of named rights, whose base is `role`. */
  customRoleId: z.uuid().nullable(),
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
  /** Its base has to be `role`. */
  customRoleId: z.uuid().nullable().default(null),
  teamIds: teamIds.default([]),
});
export type AddStaff = z.input<typeof AddStaff>;
export const ChangeStaff = z.strictObject({
  personId: z.uuid(),
  name: typed(120).optional(),
  jobTitle: typedOrEmpty(120).optional(),
  /** Alone: the role as it is built in. */
  role: StaffRole.optional(),
  /** Brings its base with it as `role`; null: the role as it is built in. */
  customRoleId: z.uuid().nullable().optional(),
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
export const ViewAs = z.strictObject({ personId: z.uuid() });
export type ViewAs = z.input<typeof ViewAs>;
export const ConfirmSecondStep = z.strictObject({ code: typed(40) });
export type ConfirmSecondStep = z.input<typeof ConfirmSecondStep>;
/** Shown once; each opens once, when the phone is not at hand. */
export const RecoveryCodes = z.object({ codes: z.array(z.string()) });
export type RecoveryCodes = z.infer<typeof RecoveryCodes>;
export const ProvePassword = z.strictObject({ password: z.string().min(1).max(200) });
export type ProvePassword = z.input<typeof ProvePassword>;

/** What other systems may do. */
export const TokenScope = z.enum(['orders.write']);
export type TokenScope = z.infer<typeof TokenScope>;
export const TOKEN_DAYS_MAX = 366;
/** A token of another system, without the token. */
export const TokenView = z.object({
  id: z.uuid(),
  name: z.string(),
  scopes: z.array(TokenScope),
  /** Its first characters, to know it by. */
  hint: z.string(),
  createdAt: moment,
  createdBy: z.string().nullable(),
  /** Null: made by a tool, without end. */
  expiresAt: moment.nullable(),
  lastUsedAt: moment.nullable(),
  revokedAt: moment.nullable(),
});
export type TokenView = z.infer<typeof TokenView>;
export const MakeToken = z.strictObject({
  name: typed(120),
  scopes: z.array(TokenScope).min(1).max(TokenScope.options.length),
  days: z.number().int().min(1).max(TOKEN_DAYS_MAX),
});
export type MakeToken = z.input<typeof MakeToken>;
/** The token is shown once and never again. */
export const MadeToken = z.object({ token: z.string(), view: TokenView });
export type MadeToken = z.infer<typeof MadeToken>;
export const TokenId = z.strictObject({ tokenId: z.uuid() });
export type TokenId = z.input<typeof TokenId>;

export const AnswerDevice = z.strictObject({ deviceId: z.uuid(), isMine: z.boolean() });
export type AnswerDevice = z.input<typeof AnswerDevice>;

/** The company's OpenID Connect provider, as the login page knows it; null: nobody comes in this way. */
export const SignOnOffer = z.object({ name: z.string().nullable() });
export type SignOnOffer = z.infer<typeof SignOnOffer>;
export const StartSignOn = z.strictObject({});
export type StartSignOn = z.input<typeof StartSignOn>;
/** Where the browser goes. */
export const SignOnStart = z.object({ address: z.string() });
export type SignOnStart = z.infer<typeof SignOnStart>;
export const FinishSignOn = z.strictObject({
  /** The query with which the provider sent the browser back. */
  answer: z.string().min(1).max(4_000),
  remember: z.boolean().default(false),
});
export type FinishSignOn = z.input<typeof FinishSignOn>;
