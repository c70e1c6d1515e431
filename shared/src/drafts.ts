import * as z from 'zod';
import { MESSAGE_MAX, SUBJECT_MAX } from './limits';
import { moment } from './text';

export const DraftMode = z.enum(['reply', 'note']);
export type DraftMode = z.infer<typeof DraftMode>;

/** Words not sent yet; for a new appeal also what was chosen beside them. Kept as typed: nothing is trimmed or refused for its meaning. */
export const DraftContent = z.strictObject({
  body: z.string().max(MESSAGE_MAX),
  mentions: z.array(z.uuid()).max(20).optional(),
  orderNumbers: z.array(z.string().max(40)).max(10).optional(),
  typeCode: z.string().max(40).optional(),
  topicId: z.uuid().optional(),
  dealerId: z.uuid().optional(),
  subject: z.string().max(SUBJECT_MAX).optional(),
  replyTo: z.uuid().optional(),
  /** What a macro will do to the appeal along with these words; nothing without words. */
  thenStatus: z.enum(['waiting', 'resolved']).optional(),
});
export type DraftContent = z.infer<typeof DraftContent>;

/** A person's own draft, on all his sessions; nobody else ever gets it. */
export const DraftView = z.object({
  /** Null: the draft of a new appeal. */
  appealId: z.uuid().nullable(),
  mode: DraftMode,
  /**
   * Null: being written. Else Send was pressed somewhere under this id and the server has not got the message yet:
   * other devices show it as pending.
   */
  pendingId: z.uuid().nullable(),
  /** Null: taken away (sent or emptied). */
  content: DraftContent.nullable(),
  /** Grows with every change by any session; a lower one never replaces a higher one. */
  rev: z.number().int(),
  /** The session that wrote it. */
  sessionId: z.uuid(),
  at: moment,
});
export type DraftView = z.infer<typeof DraftView>;

export const SaveDraft = z.strictObject({
  appealId: z.uuid().nullable(),
  mode: DraftMode,
  pendingId: z.uuid().nullable().default(null),
  content: DraftContent.nullable(),
});
export type SaveDraft = z.input<typeof SaveDraft>;
export const DraftList = z.object({ items: z.array(DraftView) });
export type DraftList = z.infer<typeof DraftList>;
