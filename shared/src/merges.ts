import * as z from 'zod';
import { StaffAppeal, TypeCode } from './appeals';
import { SPLIT_MAX, SUBJECT_MAX } from './limits';
import { clientId, moment, typed } from './text';

/** Merges the appeal into another one of the same dealer: it is closed, and what it owes is owed there. */
export const MergeAppeal = z.strictObject({ appealId: z.uuid(), intoId: z.uuid(), clientId });
export type MergeAppeal = z.input<typeof MergeAppeal>;
export const AskMerge = MergeAppeal.omit({ clientId: true });
export type AskMerge = z.input<typeof AskMerge>;
/** The merge of this appeal is undone. */
export const UndoMerge = z.strictObject({ appealId: z.uuid(), clientId });
export type UndoMerge = z.input<typeof UndoMerge>;

/** Both appeals as they are now. */
export const Merged = z.object({ appeal: StaffAppeal, into: StaffAppeal });
export type Merged = z.infer<typeof Merged>;

/** What a merge would do; nothing is done. */
export const MergePreview = z.object({
  into: StaffAppeal,
  /** Deadlines the other appeal would have: its own, or those that come along because they are earlier. */
  clocks: z.array(
    z.object({
      duty: z.enum(['answer', 'resolution']),
      comesAlong: z.boolean(),
      /** Null: it pauses. */
      dueAt: moment.nullable(),
      isMissed: z.boolean(),
    }),
  ),
  /** It is closed or resolved now and opens again. */
  reopens: z.boolean(),
  /** It waits for the dealer now and does not any more. */
  endsWait: z.boolean(),
  /** Orders and people that are not there yet. */
  orders: z.number().int(),
  people: z.number().int(),
});
export type MergePreview = z.infer<typeof MergePreview>;

/** Public messages, at least one of the dealer's, become an appeal of their own: as copies that name their origin. */
export const SplitAppeal = z.strictObject({
  appealId: z.uuid(),
  clientId,
  entryIds: z
    .array(z.uuid())
    .min(1)
    .max(SPLIT_MAX)
    .refine((ids) => new Set(ids).size === ids.length, { error: 'names a message twice' }),
  typeCode: TypeCode,
  topicId: z.uuid(),
  /** Left out: made from the first line of the first message. */
  subject: typed(SUBJECT_MAX).optional(),
});
export type SplitAppeal = z.input<typeof SplitAppeal>;
/** `appeal`: the new one. `from`: the one it was split off. */
export const Split = z.object({ appeal: StaffAppeal, from: StaffAppeal });
export type Split = z.infer<typeof Split>;
