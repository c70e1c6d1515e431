import * as z from 'zod';
import { PasswordLink } from './accounts';
import { MAX_SESSIONS, PersonRef, SessionRule, SessionView, VisitorScope } from './people';
import { emailOrEmpty, kopecks, moment, paging, typed, typedOrEmpty } from './text';

export const DealerRow = z.object({
  id: z.uuid(),
  code: z.string(),
  name: z.string(),
  zone: z.string(),
  manager: PersonRef.nullable(),
  visitors: z.number().int(),
  openAppeals: z.number().int(),
  sessionsNow: z.number().int(),
});
export type DealerRow = z.infer<typeof DealerRow>;

export const DealerCard = z.object({
  id: z.uuid(),
  code: z.string(),
  name: z.string(),
  taxId: z.string(),
  zone: z.string(),
  contract: z.string(),
  phone: z.string(),
  email: z.string(),
  address: z.string(),
  debtLimitKopecks: kopecks.nullable(),
  manager: PersonRef.nullable(),
  severalSessions: z.boolean(),
  maxSessions: z.number().int(),
  newVisitorAccess: z.boolean(),
  openAppeals: z.number().int(),
  visitors: z.number().int(),
  sessionsNow: z.number().int(),
  calendarName: z.string(),
  can: z.object({ edit: z.boolean(), manageVisitors: z.boolean() }),
});
export type DealerCard = z.infer<typeof DealerCard>;

export const ListDealers = z.strictObject({ q: typedOrEmpty(100).optional(), ...paging });
export type ListDealers = z.input<typeof ListDealers>;
export const DealerId = z.strictObject({ dealerId: z.uuid() });
export type DealerId = z.input<typeof DealerId>;

/** How a company is reached; `own…`: how its person who asks is. */
export const ContactField = z.enum(['phone', 'email', 'address', 'ownPhone', 'ownEmail']);
export type ContactField = z.infer<typeof ContactField>;
const contacts = { phone: typedOrEmpty(40), email: emailOrEmpty, address: typedOrEmpty(400) };
/** A value as the sender has seen it. */
const seen = z.string().max(400);

const zone = z.string().min(1).max(60);
const sessionsLimit = z.number().int().min(1).max(MAX_SESSIONS);
export const CreateDealer = z.strictObject({
  code: typed(40),
  name: typed(200),
  taxId: typed(20),
  zone,
  contract: typedOrEmpty(80).default(''),
  phone: contacts.phone.default(''),
  email: contacts.email.default(''),
  address: contacts.address.default(''),
  managerId: z.uuid().nullable().default(null),
});
export type CreateDealer = z.input<typeof CreateDealer>;
export const ChangeDealer = z.strictObject({
  dealerId: z.uuid(),
  name: typed(200).optional(),
  taxId: typed(20).optional(),
  zone: zone.optional(),
  contract: typedOrEmpty(80).optional(),
  phone: contacts.phone.optional(),
  email: contacts.email.optional(),
  address: contacts.address.optional(),
  debtLimitKopecks: kopecks.nullable().optional(),
  managerId: z.uuid().nullable().optional(),
  severalSessions: z.boolean().optional(),
  maxSessions: sessionsLimit.optional(),
  newVisitorAccess: z.boolean().optional(),
  /** What the sender has seen in fields he changes: when somebody has changed one of these since, nothing is saved. */
  expected: z
    .strictObject({
      ...{ name: seen, taxId: seen, zone: seen, contract: seen },
      ...{ phone: seen, email: seen, address: seen },
      debtLimitKopecks: kopecks.nullable(),
      managerId: z.uuid().nullable(),
    })
    .partial()
    .optional(),
});
export type ChangeDealer = z.input<typeof ChangeDealer>;

/** What a dealer's person sees of his company's card, and how he is reached himself. Names are the supplier's to change. */
export const DealerContacts = z.object({
  name: z.string(),
  phone: z.string(),
  email: z.string(),
  address: z.string(),
  ownPhone: z.string(),
  ownEmail: z.string(),
  can: z.object({ edit: z.boolean() }),
});
export type DealerContacts = z.infer<typeof DealerContacts>;
/**
 * All of them, with what the sender has seen: only fields that differ from it are changed, so two who change different fields both get
 * their way. The same again changes nothing.
 */
export const ChangeContacts = z.strictObject({
  ...contacts,
  ownPhone: contacts.phone,
  ownEmail: contacts.email,
  expected: z.strictObject({
    ...{ phone: seen, email: seen, address: seen },
    ...{ ownPhone: seen, ownEmail: seen },
  }),
});
export type ChangeContacts = z.input<typeof ChangeContacts>;

export const VisitorView = z.object({
  id: z.uuid(),
  dealerId: z.uuid(),
  name: z.string(),
  jobTitle: z.string(),
  login: z.string(),
  email: z.string(),
  phone: z.string(),
  accessAllowed: z.boolean(),
  sessionRule: SessionRule,
  maxSessions: z.number().int().nullable(),
  /** How many sessions the rule comes to now. */
  sessionLimit: z.number().int(),
  shared: z.boolean(),
  scope: VisitorScope,
  /** May bring colleagues of his dealer into a thread and take them out again. */
  chief: z.boolean(),
  sessionsNow: z.number().int(),
  lastSignInAt: moment.nullable(),
});
export type VisitorView = z.infer<typeof VisitorView>;

export const InviteVisitor = z.strictObject({
  dealerId: z.uuid(),
  name: typed(120),
  jobTitle: typedOrEmpty(120).default(''),
  login: typed(200),
  email: contacts.email.default(''),
  phone: contacts.phone.default(''),
  scope: VisitorScope.default('all'),
  shared: z.boolean().default(false),
  chief: z.boolean().default(false),
});
export type InviteVisitor = z.input<typeof InviteVisitor>;
/** The link is shown once and never again. */
export const InvitedVisitor = z.object({ visitor: VisitorView, link: PasswordLink });
export type InvitedVisitor = z.infer<typeof InvitedVisitor>;

export const ChangeVisitor = z.strictObject({
  visitorId: z.uuid(),
  name: typed(120).optional(),
  jobTitle: typedOrEmpty(120).optional(),
  email: contacts.email.optional(),
  phone: contacts.phone.optional(),
  accessAllowed: z.boolean().optional(),
  sessionRule: SessionRule.optional(),
  maxSessions: sessionsLimit.nullable().optional(),
  shared: z.boolean().optional(),
  scope: VisitorScope.optional(),
  chief: z.boolean().optional(),
  /** What the sender has seen in fields he changes, as for a dealer. */
  expected: z
    .strictObject({ name: seen, jobTitle: seen, email: seen, phone: seen })
    .partial()
    .optional(),
});
export type ChangeVisitor = z.input<typeof ChangeVisitor>;
export const VisitorId = z.strictObject({ visitorId: z.uuid() });
export type VisitorId = z.input<typeof VisitorId>;

export const DealerSession = SessionView.extend({ visitor: PersonRef });
export type DealerSession = z.infer<typeof DealerSession>;
export const EndDealerSession = z.strictObject({ dealerId: z.uuid(), sessionId: z.uuid() });
export type EndDealerSession = z.input<typeof EndDealerSession>;

/** A line of the dealer's log: who changed what. */
export const AuditLine = z.object({
  id: z.uuid(),
  at: moment,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  before: z.record(z.string(), z.unknown()).nullable(),
  after: z.record(z.string(), z.unknown()).nullable(),
});
export type AuditLine = z.infer<typeof AuditLine>;
export const DealerLog = z.strictObject({ dealerId: z.uuid(), ...paging });
export type DealerLog = z.input<typeof DealerLog>;
