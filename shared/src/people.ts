import * as z from 'zod';
import { STAFF_ROLES } from './role-words';
import { AppealListView, AppealSort, BoardView } from './appeal-lists';
import { moment, typed, typedOrEmpty } from './text';

export const Role = z.enum(['dealer', 'manager', 'supervisor', 'admin']);
export type Role = z.infer<typeof Role>;
/** Of the supplier's own people. */
export const StaffRole = z.enum(STAFF_ROLES);
export type StaffRole = z.infer<typeof StaffRole>;
/** Which side of a conversation a person stands on. */
export const Side = z.enum(['dealer', 'staff']);
export type Side = z.infer<typeof Side>;

/** `dealer`: as the dealer's card says. */
export const SessionRule = z.enum(['dealer', 'one', 'several']);
export type SessionRule = z.infer<typeof SessionRule>;
/** Which appeals of his dealer a visitor sees. */
export const VisitorScope = z.enum(['all', 'own']);
export type VisitorScope = z.infer<typeof VisitorScope>;

export const PASSWORD_MIN = 10;
export const MAX_SESSIONS = 50;

export const PersonRef = z.object({ id: z.uuid(), name: z.string() });
export type PersonRef = z.infer<typeof PersonRef>;

/** What a person set for himself; kept on the server, the same on all his devices. */
export const PersonSettings = z.strictObject({
  language: z.enum(['ru', 'en']).optional(),
  theme: z.enum(['system', 'light', 'dark']).optional(),
  density: z.enum(['comfortable', 'compact']).optional(),
  /** Enter sends in threads; otherwise Ctrl+Enter does. */
  enterSends: z.boolean().optional(),
  /** The same for a new appeal, where Ctrl+Enter sends unless its author wants it otherwise. */
  enterOpens: z.boolean().optional(),
  grouping: z.enum(['topic', 'flat']).optional(),
  /** Folded topic groups: `<view>:<topicId>`. */
  folded: z.array(z.string().max(80)).max(300).optional(),
  panelClosed: z.boolean().optional(),
  /** The chosen order of each list; a change names only the lists it is about. Left out: the list's own order. */
  sort: z.partialRecord(AppealListView, AppealSort).optional(),
  /** Saved views of the board by name; a change names only the views it is about, null takes one away. */
  boardViews: z.record(typed(60), BoardView.nullable()).optional(),
});
export type PersonSettings = z.infer<typeof PersonSettings>;

export const SignIn = z.strictObject({
  login: typed(200),
  password: z.string().min(1).max(200),
  /** Ends the sessions that stand in the way of the rule "one session / up to N". */
  endOthers: z.boolean().optional(),
  /** Of the authenticator app, or a recovery code; where the answer was `second_step_needed`. */
  code: typed(40).optional(),
  /** Keep me signed in: 30 days instead of 12 hours. */
  remember: z.boolean().optional(),
});
export type SignIn = z.input<typeof SignIn>;

/** What the signed-in person may do; the client shows buttons by these, never by role. */
export const Rights = z.object({
  writeNotes: z.boolean(),
  assign: z.boolean(),
  changeFields: z.boolean(),
  seeBoard: z.boolean(),
  seeReports: z.boolean(),
  seeDealers: z.boolean(),
  manageDealers: z.boolean(),
  manageSla: z.boolean(),
  manageCompany: z.boolean(),
  manageStaff: z.boolean(),
  manageTokens: z.boolean(),
  manageDirectories: z.boolean(),
  seeOrders: z.boolean(),
  seeRights: z.boolean(),
  viewAs: z.boolean(),
  seeAudit: z.boolean(),
  seeSeats: z.boolean(),
});
export type Rights = z.infer<typeof Rights>;

export const Me = z.object({
  person: z.object({
    id: z.uuid(),
    login: z.string(),
    /** The name messages will show: of the session when the login is shared, else of the person. */
    name: z.string(),
    jobTitle: z.string(),
    role: Role,
    side: Side,
  }),
  dealer: z.object({ id: z.uuid(), name: z.string(), zone: z.string() }).nullable(),
  session: z.object({
    id: z.uuid(),
    /** A shared login: this session must name its person before it writes. */
    nameNeeded: z.boolean(),
    /** A second step has to be set up before anything else. */
    enrolmentNeeded: z.boolean(),
    shared: z.boolean(),
    severalAllowed: z.boolean(),
    /** It may outlive the browser: what is kept here for times without a network may too. */
    remembered: z.boolean(),
    /** Through the company's sign-on provider: there may be no password to ask for. */
    signedOn: z.boolean(),
    /** When it ends unless it is used. */
    expiresAt: moment,
  }),
  /** An admin, `by`, sees the portal as this person, until then; nothing can be changed. */
  viewing: z.object({ by: z.string(), endsAt: moment }).nullable(),
  can: Rights,
  settings: PersonSettings,
  limits: z.object({
    filesPerMessage: z.number().int(),
    fileBytes: z.number().int(),
    fileExtensions: z.array(z.string()),
    messageCharacters: z.number().int(),
    /** How long one may edit or delete his own message; 0: never. */
    editMinutes: z.number().int(),
  }),
  /** The company's zone and hours, for promises and chips. */
  company: z.object({
    zone: z.string(),
    hours: z.array(
      z.object({
        days: z.array(z.number().int()),
        intervals: z.array(z.object({ from: z.number().int(), to: z.number().int() })),
      }),
    ),
  }),
  /** Browsers that somebody signed in from as this person for the first time; told on those known before. */
  newDevices: z.array(
    z.object({
      deviceId: z.uuid(),
      device: z.string(),
      address: z.string().nullable(),
      at: moment,
    }),
  ),
  serverTime: moment,
});
export type Me = z.infer<typeof Me>;

export const SessionView = z.object({
  id: z.uuid(),
  current: z.boolean(),
  /** "Chrome, Windows" */
  device: z.string(),
  /** `phone` | `computer`, for the icon */
  deviceKind: z.enum(['phone', 'computer']),
  /** The person of a shared login, when named. */
  personName: z.string().nullable(),
  address: z.string().nullable(),
  createdAt: moment,
  lastSeenAt: moment,
  /** Has an open socket right now. */
  online: z.boolean(),
  /** Of a browser this person was first seen with lately, and has not said to be his. */
  newDevice: z.boolean(),
});
export type SessionView = z.infer<typeof SessionView>;

export const NameSession = z.strictObject({ name: typed(120) });
export type NameSession = z.input<typeof NameSession>;
export const ChangePassword = z.strictObject({
  current: z.string().min(1).max(200),
  next: z.string().min(PASSWORD_MIN).max(200),
});
export type ChangePassword = z.input<typeof ChangePassword>;
export const SessionId = z.strictObject({ sessionId: z.uuid() });
export type SessionId = z.input<typeof SessionId>;

/** A colleague in the lists of assign and pull in. */
export const Colleague = z.object({
  id: z.uuid(),
  name: z.string(),
  jobTitle: z.string(),
  role: Role,
  teamIds: z.array(z.uuid()),
  openAppeals: z.number().int(),
  atRisk: z.number().int(),
  online: z.boolean(),
});
export type Colleague = z.infer<typeof Colleague>;

/** Somebody of the viewer's own dealer, in the list of who may be brought in. */
export const DealerColleague = PersonRef.extend({ jobTitle: z.string() });
export type DealerColleague = z.infer<typeof DealerColleague>;

export const Nothing = z.strictObject({});
export type Nothing = z.input<typeof Nothing>;
export const Done = z.object({ done: z.literal(true) });
export type Done = z.infer<typeof Done>;
export const optionalText = (max: number) => typedOrEmpty(max).optional();
