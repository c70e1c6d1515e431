import * as z from 'zod';
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
  appeal: z.object({ id: z.uuid(), no: z.number().int(), subject: z.string() }),
};
const ofStaff = {
  audience: z.literal('staff'),
  ...common,
  dealerName: z.string(),
  /** When the step came, or the question was asked or missed. */
  firedAt: moment,
  /** It waited for working hours: those told at the same moment are one list. */
  deferred: z.boolean(),
};
/** A step of the ladder, as the person it was for is told of it. */
const LadderNotice = z.object({
  ...ofStaff,
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
  kind: z.enum(['question_asked', 'question_missed']),
  by: PersonRef,
  to: PersonRef,
  dueAt: moment.nullable(),
});
export const StaffNotice = z.discriminatedUnion('kind', [LadderNotice, QuestionNotice]);
export type StaffNotice = z.infer<typeof StaffNotice>;
/** That the company waits for the dealer's answer. */
export const DealerNotice = z.object({
  audience: z.literal('dealer'),
  ...common,
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
