import * as z from 'zod';
import { ContactField } from './dealers';
import { LadderAction } from './ladder';
import { NOTICES_AT_ONCE } from './limits';
import { PersonRef } from './people';
import { ClockKind } from './sla';
import { moment } from './text';

const common = {
  id: z.uuid(),
  /** When it was told. */
  at: moment,
  readAt: moment.nullable(),
};
const aboutAppeal = {
  ...common,
  appeal: z.object({ id: z.uuid(), no: z.number().int(), subject: z.string() }),
};
const ofStaff = {
  audience: z.literal('staff'),
  dealerName: z.string(),
  /** When the step came, the question was asked or missed, or the contacts were changed. */
  firedAt: moment,
  /** It waited for working hours: those told at the same moment are one list. */
  deferred: z.boolean(),
};
/** A step of the ladder, as the person it was for is told of it. */
const LadderNotice = z.object({
  ...ofStaff,
  ...aboutAppeal,
  /** `given`: the appeal is his now; `taken`: it was his. */
  kind: z.enum(['reminder', 'given', 'taken']),
  action: LadderAction,
  clockKind: ClockKind,
  /** The deadline as it stood then. */
  dueAt: moment,
});
/** A colleague asks, or has waited in vain by the deadline. */
const QuestionNotice = z.object({
  ...ofStaff,
  ...aboutAppeal,
  kind: z.enum(['question_asked', 'question_missed']),
  by: PersonRef,
  to: PersonRef,
  dueAt: moment.nullable(),
});
/** What somebody of a dealer has changed in his company's contacts. */
export const ContactsChange = z.object({
  /** His name; with a shared login, the one the session gave. */
  by: z.string(),
  fields: z.array(z.object({ field: ContactField, before: z.string(), after: z.string() })),
});
export type ContactsChange = z.infer<typeof ContactsChange>;
/** A dealer has changed his contacts: about his card, and no appeal. */
const ContactsNotice = z.object({
  ...ofStaff,
  ...common,
  kind: z.literal('contacts_changed'),
  dealerId: z.uuid(),
  change: ContactsChange,
});
export const StaffNotice = z.discriminatedUnion('kind', [
  LadderNotice,
  QuestionNotice,
  ContactsNotice,
]);
export type StaffNotice = z.infer<typeof StaffNotice>;
/** That the company waits for the dealer's answer. */
export const DealerNotice = z.object({
  audience: z.literal('dealer'),
  ...aboutAppeal,
  kind: z.literal('answer_awaited'),
  /** When it is closed without an answer; null: it is not. */
  closesAt: moment.nullable(),
});
export type DealerNotice = z.infer<typeof DealerNotice>;
export const Notice = z.discriminatedUnion('audience', [StaffNotice, DealerNotice]);
export type Notice = z.infer<typeof Notice>;

export const ListNotices = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  /** The id of the last one before. */
  cursor: z.uuid().optional(),
});
export type ListNotices = z.input<typeof ListNotices>;
export const NoticePage = z.object({
  items: z.array(Notice),
  nextCursor: z.string().nullable(),
  unread: z.number().int(),
});
export type NoticePage = z.infer<typeof NoticePage>;

/** Marks the person's own ones; others are passed over. */
export const MarkNotices = z.strictObject({
  noticeIds: z.array(z.uuid()).min(1).max(NOTICES_AT_ONCE),
  read: z.boolean(),
});
export type MarkNotices = z.input<typeof MarkNotices>;
export const UnreadNotices = z.object({ unread: z.number().int() });
export type UnreadNotices = z.infer<typeof UnreadNotices>;
