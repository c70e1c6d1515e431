import * as z from 'zod';
import { PersonRef } from './people';
import { moment } from './text';

/** An open question to a colleague; staff alone know of it. */
export const OpenQuestion = z.object({
  id: z.uuid(),
  /** The note that asks. */
  entryId: z.uuid(),
  by: PersonRef,
  to: PersonRef,
  askedAt: moment,
  /** Null: the policy has no target for questions. */
  dueAt: moment.nullable(),
  missed: z.boolean(),
});
export type OpenQuestion = z.infer<typeof OpenQuestion>;

export const WithdrawQuestion = z.strictObject({ appealId: z.uuid(), questionId: z.uuid() });
export type WithdrawQuestion = z.input<typeof WithdrawQuestion>;
