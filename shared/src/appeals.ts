import * as z from 'zod';
import { AppealListView, BoardBy, BoardFilter, PagedSort } from './appeal-lists';
import { AttachmentView } from './attachments';
import { MESSAGE_MAX, REASSIGN_MAX, SUBJECT_MAX } from './limits';
import { LinkedOrder } from './orders';
import { PersonRef, Side } from './people';
import { OpenQuestion } from './questions';
import { ClockView, PromiseView } from './sla';
import { clientId, moment, paging, typed, typedOrEmpty } from './text';

/* ── Directories ────────────────────────────────────────── */
/** `approval` and `execution` are the staff's own: a dealer is told `in_work`. */
export const Status = z.enum([
  'new',
  'in_work',
  'approval',
  'execution',
  'waiting',
  'resolved',
  'closed',
]);
export type Status = z.infer<typeof Status>;
export const OPEN_STATUSES: readonly Status[] = [
  'new',
  'in_work',
  'approval',
  'execution',
  'waiting',
];
export const Priority = z.enum(['low', 'normal', 'high', 'urgent']);
export type Priority = z.infer<typeof Priority>;
export const Source = z.enum(['portal', 'phone', 'mail', 'messenger']);
export type Source = z.infer<typeof Source>;
/** Complaint, error, question: a directory, so the code is open text. */
export const TypeCode = z.string().min(1).max(40);

const Named = z.object({ ru: z.string(), en: z.string() });
export const Directories = z.object({
  types: z.array(z.object({ code: TypeCode, name: Named })),
  topics: z.array(
    z.object({
      id: z.uuid(),
      code: z.string(),
      name: Named,
      teamId: z.uuid().nullable(),
      active: z.boolean(),
    }),
  ),
  /** Empty for dealers. */
  teams: z.array(z.object({ id: z.uuid(), name: Named, active: z.boolean() })),
});
export type Directories = z.infer<typeof Directories>;

/* ── Rows ───────────────────────────────────────────────── */
/** The last thing said, for the second line of a row. */
export const LastWord = z.object({
  kind: z.enum(['message', 'note']),
  authorId: z.uuid(),
  authorName: z.string(),
  side: Side,
  /** First 160 characters, or empty when the message is files only. */
  text: z.string(),
  files: z.number().int(),
  at: moment,
  /** Its author has deleted it: `text` is empty, `files` 0. Left out otherwise. */
  deleted: z.boolean().optional(),
});
export type LastWord = z.infer<typeof LastWord>;

const common = {
  id: z.uuid(),
  no: z.number().int(),
  dealerId: z.uuid(),
  dealerName: z.string(),
  openedBy: PersonRef,
  typeCode: TypeCode,
  topicId: z.uuid(),
  subject: z.string(),
  status: Status,
  assignee: PersonRef.nullable(),
  /** Which side owes the next answer. */
  answerOwedBy: Side.nullable(),
  /** Number of the appeal it was merged into: there it goes on, and this one is closed. */
  mergedInto: z.number().int().nullable(),
  createdAt: moment,
  /** Grows with every change the viewer's side may see; a lower one never replaces a higher one. */
  rev: z.number().int(),
  lastPublicSeq: z.number().int(),
};

/** What a dealer may know of an appeal: a list of allowed fields, nothing else leaves the server. */
export const DealerAppeal = z.object({
  audience: z.literal('dealer'),
  ...common,
  /** Messages the dealer can see. */
  messages: z.number().int(),
  last: LastWord.nullable(),
  lastAt: moment,
  promise: PromiseView.nullable(),
  resolution: PromiseView.nullable(),
  /** Public number up to which the other side has read. */
  seenByOther: z.number().int(),
});
export type DealerAppeal = z.infer<typeof DealerAppeal>;

export const StaffAppeal = z.object({
  audience: z.literal('staff'),
  ...common,
  teamId: z.uuid().nullable(),
  priority: Priority,
  source: Source,
  contactName: z.string().nullable(),
  lastSeq: z.number().int(),
  /** Messages and notes. */
  messages: z.number().int(),
  last: LastWord.nullable(),
  lastAt: moment,
  /** The clock a row shows: breached first, then nearest; null when nothing is measured. */
  clock: ClockView.nullable(),
  resolution: ClockView.nullable(),
  /** Staff on this appeal besides the assignee. */
  memberIds: z.array(z.uuid()),
  /** Last mention of each person: open while it is above his read mark. */
  mentions: z.array(z.object({ personId: z.uuid(), seq: z.number().int() })),
  /** Open ones to colleagues, the longest open first. */
  questions: z.array(OpenQuestion),
  seenByOther: z.number().int(),
});
export type StaffAppeal = z.infer<typeof StaffAppeal>;
export const Appeal = z.discriminatedUnion('audience', [DealerAppeal, StaffAppeal]);
export type Appeal = z.infer<typeof Appeal>;

/** A person's own read mark: in the viewer's numbering (public numbers for dealers). `messages` = how many of them lie at or below it. */
export const ReadMark = z.object({
  appealId: z.uuid(),
  seq: z.number().int(),
  messages: z.number().int(),
  /** Grows with every change, also when it moves back; 0: nothing read yet. A lower one never replaces a higher one. */
  rev: z.number().int(),
});
export type ReadMark = z.infer<typeof ReadMark>;

/* ── Thread ─────────────────────────────────────────────── */
export const EVENT_TYPES = [
  'opened',
  'status',
  'assigned',
  'joined',
  'left',
  'fields',
  'order_linked',
  'order_unlinked',
  'no_answer_needed',
  'sla_warned',
  'sla_breached',
  'reopened',
  'clock_disputed',
  'dispute_settled',
  'edited',
  'deleted',
  'question_asked',
  'question_missed',
  'question_ended',
  'merged_into',
  'merged',
  'unmerged',
  'split_off',
  'split_from',
] as const;
export const EventType = z.enum(EVENT_TYPES);
export type EventType = z.infer<typeof EventType>;

/**
 * Facts of an event, by type: `status` {from,to,solved?,silentMinutes?: closed because the dealer was silent for so much of his working time} · `assigned` {from,to: PersonRef|null,by?: 'ladder'} · `joined`/`left` {persons: PersonRef[]} ·
 * `fields` {changes: {field, from, to}[]} · `order_linked` {number} · `sla_*` {kind, dueAt} · `opened` {promise: moment|null} ·
 * `clock_disputed` {disputeId, kind, cycle, claim, comment} · `dispute_settled` {disputeId, kind, cycle, claim, outcome, reason} ·
 * `question_asked` {persons: PersonRef[], dueAt, entryId: the note} · `question_missed` {by, to: PersonRef, dueAt} · `question_ended` {outcome: answered|withdrawn|closed, persons: who was asked, by: who asked} ·
 * `merged_into`/`merged`/`unmerged`/`split_off`/`split_from` {no: number of the other appeal} ·
 * `edited`/`deleted` {entryId, version}: the log stays append-only, a change of an entry is an event of its own number.
 */
export const EventFacts = z.record(z.string(), z.unknown());

const entryCommon = {
  id: z.uuid(),
  appealId: z.uuid(),
  at: moment,
  kind: z.enum(['message', 'note', 'event']),
  author: z.object({ id: z.uuid(), name: z.string(), side: Side, jobTitle: z.string() }).nullable(),
  body: z.string(),
  event: z.object({ type: EventType, facts: EventFacts }).nullable(),
  attachments: z.array(AttachmentView),
  /** Orders this message linked. */
  orders: z.array(z.string()),
  /** The sender's own id, so that he recognises his message. */
  clientId: z.uuid().nullable(),
  /** Grows with every edit; a lower one never replaces a higher one. */
  version: z.number().int(),
  editedAt: moment.nullable(),
  /** Deleted by its author: a stub without words and files. */
  deletedAt: moment.nullable(),
  /** Entry of the same appeal that this one answers. */
  replyTo: z.uuid().nullable(),
  /** A copy of a message of another appeal, which was split off; left out otherwise. */
  origin: z.object({ no: z.number().int(), entryId: z.uuid() }).optional(),
};
export const DealerEntry = z.object({
  audience: z.literal('dealer'),
  ...entryCommon,
  publicSeq: z.number().int(),
});
export type DealerEntry = z.infer<typeof DealerEntry>;
export const StaffEntry = z.object({
  audience: z.literal('staff'),
  ...entryCommon,
  seq: z.number().int(),
  publicSeq: z.number().int().nullable(),
  mentions: z.array(z.uuid()),
});
export type StaffEntry = z.infer<typeof StaffEntry>;
export const Entry = z.discriminatedUnion('audience', [DealerEntry, StaffEntry]);
export type Entry = z.infer<typeof Entry>;

export const Participant = z.object({
  id: z.uuid(),
  name: z.string(),
  jobTitle: z.string(),
  side: Side,
  role: z.enum(['assignee', 'opener', 'member']),
  joinedAt: moment,
  /** Up to where this person has read, in public numbers; null: not told to the viewer. */
  readPublicSeq: z.number().int().nullable(),
  /** Own side only; null: not told to the viewer. */
  online: z.boolean().nullable(),
  lastSeenAt: moment.nullable(),
  /** The viewer may take this person off the appeal; himself: may leave. */
  canRemove: z.boolean(),
});
export type Participant = z.infer<typeof Participant>;

/** The side panel and header: what differs per viewer or is too wide for a row. */
export const AppealCard = z.object({
  appeal: Appeal,
  mark: ReadMark,
  participants: z.array(Participant),
  orders: z.array(LinkedOrder),
  attachments: z.array(AttachmentView.extend({ entryId: z.uuid() })),
  can: z.object({
    reply: z.boolean(),
    note: z.boolean(),
    assign: z.boolean(),
    changeStatus: z.boolean(),
    changeFields: z.boolean(),
    pullIn: z.boolean(),
    linkOrder: z.boolean(),
    noAnswerNeeded: z.boolean(),
    resolve: z.boolean(),
    /** Join it with another one, or split messages off. */
    merge: z.boolean(),
  }),
});
export type AppealCard = z.infer<typeof AppealCard>;

/* ── Commands ───────────────────────────────────────────── */
const attachmentIds = z
  .array(z.uuid())
  .max(20)
  .refine((ids) => new Set(ids).size === ids.length, { error: 'names a file twice' })
  .default([]);
const orderNumbers = z.array(typed(40)).max(10).default([]);

export const OpenAppeal = z.strictObject({
  clientId,
  typeCode: TypeCode,
  topicId: z.uuid(),
  /** Left out: made from the first line of the text. */
  subject: typed(SUBJECT_MAX).optional(),
  body: typedOrEmpty(MESSAGE_MAX).default(''),
  attachmentIds,
  orderNumbers,
  /** Staff only: on behalf of this dealer. */
  dealerId: z.uuid().optional(),
  source: Source.optional(),
  priority: Priority.optional(),
  contactName: typed(120).optional(),
});
export type OpenAppeal = z.input<typeof OpenAppeal>;

export const PostEntry = z.strictObject({
  appealId: z.uuid(),
  clientId,
  kind: z.enum(['message', 'note']).default('message'),
  body: typedOrEmpty(MESSAGE_MAX).default(''),
  attachmentIds,
  orderNumbers,
  /** Notes only: people to tell; those outside are pulled in. */
  mentions: z.array(z.uuid()).max(20).default([]),
  /** Staff: "send and wait", "send and resolve" are one action. */
  thenStatus: z.enum(['waiting', 'resolved']).optional(),
  /** Quotes this entry; a message may quote only what the dealer sees too. */
  replyTo: z.uuid().optional(),
  /** The last number, in the author's numbering, that he had seen when he pressed Send. Left out: no collision guard. */
  seenSeq: z.number().int().min(0).max(2_000_000_000).optional(),
  /** He has looked at what is new and sends all the same. */
  sendAnyway: z.boolean().optional(),
});
export type PostEntry = z.input<typeof PostEntry>;
/** The entry, and the row as it is after it. */
export const Posted = z.object({ entry: Entry, appeal: Appeal });
export type Posted = z.infer<typeof Posted>;

/** Changes the words of one's own message or note, within the company's window. `clientId`: as with sends. */
export const EditEntry = z.strictObject({
  appealId: z.uuid(),
  entryId: z.uuid(),
  clientId,
  body: typedOrEmpty(MESSAGE_MAX),
});
export type EditEntry = z.input<typeof EditEntry>;
export const DeleteEntry = z.strictObject({
  appealId: z.uuid(),
  entryId: z.uuid(),
  clientId,
});
export type DeleteEntry = z.input<typeof DeleteEntry>;
export const EntryId = z.strictObject({ appealId: z.uuid(), entryId: z.uuid() });
export type EntryId = z.input<typeof EntryId>;
/** What a message said before, oldest first; for staff. */
export const EntryVersions = z.object({
  items: z.array(
    z.object({ version: z.number().int(), body: z.string(), at: moment, until: moment }),
  ),
});
export type EntryVersions = z.infer<typeof EntryVersions>;

export const AppealId = z.strictObject({ appealId: z.uuid() });
export type AppealId = z.input<typeof AppealId>;
export const AppealNo = z.strictObject({ no: z.coerce.number().int().min(1).max(2_000_000_000) });
export type AppealNo = z.input<typeof AppealNo>;
/** Entries in the viewer's numbering: above `afterSeq` upwards, or below `beforeSeq` (answered in rising order too); neither: the newest page. */
export const ListEntries = z.strictObject({
  appealId: z.uuid(),
  afterSeq: z.coerce.number().int().min(0).max(2_000_000_000).optional(),
  beforeSeq: z.coerce.number().int().min(1).max(2_000_000_000).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
export type ListEntries = z.input<typeof ListEntries>;
/** `changed`: entries outside the page as they are now, which an `edited` or `deleted` event of the page names. */
export const EntryPage = z.object({
  entries: z.array(Entry),
  changed: z.array(Entry),
  hasMore: z.boolean(),
});
export type EntryPage = z.infer<typeof EntryPage>;

export const MarkRead = z.strictObject({
  appealId: z.uuid(),
  seq: z.number().int().min(0).max(2_000_000_000),
  /** Revision of the mark the reader knew; one from before his own "unread from here" moves nothing. Left out: always moves. */
  rev: z.number().int().min(0).max(2_000_000_000).optional(),
});
export type MarkRead = z.input<typeof MarkRead>;
/** From this number on everything is unread again, for the person himself. */
export const MarkUnread = z.strictObject({
  appealId: z.uuid(),
  seq: z.number().int().min(1).max(2_000_000_000),
});
export type MarkUnread = z.input<typeof MarkUnread>;
export const Assign = z.strictObject({ appealId: z.uuid(), assigneeId: z.uuid().nullable() });
export type Assign = z.input<typeof Assign>;

export const Reassign = z.strictObject({
  items: z
    .array(
      z.strictObject({
        /** Chosen by the sender for this appeal. The same id sent twice assigns once. */
        clientId: z.uuid(),
        appealId: z.uuid(),
        /** Who was in charge on the sender's screen; somebody else by now: the appeal is left as it is. */
        from: z.uuid().nullable(),
        to: z.uuid().nullable(),
      }),
    )
    .min(1)
    .max(REASSIGN_MAX)
    .refine(
      (items) => new Set(items.map(({ appealId }) => appealId)).size === items.length,
      'each appeal once',
    ),
});
export type Reassign = z.input<typeof Reassign>;
/** Each appeal answers for itself, in the order asked. */
export const Reassigned = z.object({
  items: z.array(
    z.discriminatedUnion('result', [
      z.object({ appealId: z.uuid(), result: z.literal('done'), appeal: StaffAppeal }),
      /** Somebody else was faster: the appeal as it is now. */
      z.object({ appealId: z.uuid(), result: z.literal('changed'), appeal: StaffAppeal }),
      /** None there, or none this person may see. */
      z.object({ appealId: z.uuid(), result: z.literal('not_found') }),
    ]),
  ),
});
export type Reassigned = z.infer<typeof Reassigned>;
export const ChangeStatus = z.strictObject({
  appealId: z.uuid(),
  status: Status,
  /** With `resolved` or `closed`: was the matter solved. */
  solved: z.boolean().optional(),
  /** Makes a late repeat harmless: the same id never changes the status twice. */
  clientId: clientId.optional(),
});
export type ChangeStatus = z.input<typeof ChangeStatus>;
export const ChangeFields = z.strictObject({
  appealId: z.uuid(),
  topicId: z.uuid().optional(),
  typeCode: TypeCode.optional(),
  priority: Priority.optional(),
  subject: typed(SUBJECT_MAX).optional(),
  teamId: z.uuid().nullable().optional(),
});
export type ChangeFields = z.input<typeof ChangeFields>;
export const PullIn = z.strictObject({
  appealId: z.uuid(),
  clientId,
  personIds: z.array(z.uuid()).min(1).max(20),
  /** Becomes a note that mentions them, and an open question to each, those who take part already too; staff only. */
  question: typedOrEmpty(MESSAGE_MAX).default(''),
});
export type PullIn = z.input<typeof PullIn>;
export const LeaveAppeal = z.strictObject({ appealId: z.uuid(), personId: z.uuid() });
export type LeaveAppeal = z.input<typeof LeaveAppeal>;
export const LinkOrder = z.strictObject({ appealId: z.uuid(), number: typed(40) });
export type LinkOrder = z.input<typeof LinkOrder>;

/* ── Lists and sync ─────────────────────────────────────── */
export const ListAppeals = z.strictObject({
  view: AppealListView.default('open'),
  sort: PagedSort.default('last'),
  topicId: z.uuid().optional(),
  dealerId: z.uuid().optional(),
  orderNumber: typed(40).optional(),
  q: typedOrEmpty(100).optional(),
  ...paging,
});
export type ListAppeals = z.input<typeof ListAppeals>;
export const AppealPage = z.object({
  items: z.array(Appeal),
  marks: z.array(ReadMark),
  nextCursor: z.string().nullable(),
});
export type AppealPage = z.infer<typeof AppealPage>;

/**
 * Dealers: open, owed, closed; staff: open, owed (mine that owe an answer), mine, queue, mentions. What is closed is counted for a dealer
 * only: for staff it would grow for ever, and nobody looks at it.
 */
export const AppealCounts = z.object({
  open: z.number().int(),
  owed: z.number().int(),
  closed: z.number().int().nullable(),
  mine: z.number().int(),
  queue: z.number().int(),
  mentions: z.number().int(),
});
export type AppealCounts = z.infer<typeof AppealCounts>;

export const Sync = z.strictObject({ cursor: z.string().min(1).max(600).optional() });
export type Sync = z.input<typeof Sync>;
/**
 * What changed since the cursor and the caller may see. `reset`: the cursor is of no use (none, other epoch, from the future, rights
 * changed): forget what you hold and start from here. `more`: call again with the new cursor at once.
 */
export const SyncAnswer = z.object({
  reset: z.boolean(),
  items: z.array(Appeal),
  marks: z.array(ReadMark),
  counts: AppealCounts,
  cursor: z.string(),
  more: z.boolean(),
  serverTime: moment,
});
export type SyncAnswer = z.infer<typeof SyncAnswer>;

/* ── Board ──────────────────────────────────────────────── */
export const BoardQuery = BoardFilter.extend({ by: BoardBy.default('manager') });
export type BoardQuery = z.input<typeof BoardQuery>;
const BoardColumn = z.object({ count: z.number().int(), items: z.array(StaffAppeal) });
export const Board = z.object({
  breached: BoardColumn,
  risk: BoardColumn,
  track: BoardColumn,
  paused: z.number().int(),
  unassigned: z.number().int(),
  /** Per manager, team, topic or dealer, as asked; who carries most first. What is in nobody's hands is counted apart. */
  workload: z.array(
    z.object({
      id: z.uuid(),
      name: Named,
      open: z.number().int(),
      breached: z.number().int(),
      risk: z.number().int(),
    }),
  ),
  /** Share of answers and resolutions within their deadline, last seven days, oldest first; null: nothing ended that day. */
  withinSla: z.array(z.object({ day: z.iso.date(), percent: z.number().nullable() })),
  withinSlaPercent: z.number().nullable(),
  at: moment,
});
export type Board = z.infer<typeof Board>;
