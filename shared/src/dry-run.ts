import * as z from 'zod';
import { CreateCalendar } from './calendars';
import { DRY_RUN_WEEKS } from './limits';
import { PolicyDraft } from './policies';
import { paging } from './text';

/**
 * The last weeks once more, by rules that are not saved. Answered in pieces: each asks for the next by its cursor, and
 * whoever stops asking has cancelled it. `policy` as in a preview; neither: by the rules as they are.
 */
export const DryRun = z.strictObject({
  weeks: z.number().int().min(1).max(DRY_RUN_WEEKS),
  policy: z
    .strictObject({ policyId: z.uuid().nullable(), draft: PolicyDraft.nullable() })
    .nullable(),
  calendar: CreateCalendar.nullable(),
  cursor: paging.cursor,
});
export type DryRun = z.input<typeof DryRun>;

/** Clocks that began within the weeks, and how many of them were missed. */
const counts = z.object({ clocks: z.number().int(), breaches: z.number().int() });
const both = { recorded: counts, supposed: counts };
export const DryRunLine = z.object({
  /** Of a manager or dealer the id, of an hour the number; '' – nobody's. */
  key: z.string(),
  name: z.string(),
  ...both,
});
export type DryRunLine = z.infer<typeof DryRunLine>;
/** The numbers of one piece; the caller adds them up. */
export const DryRunPiece = z.object({
  done: z.number().int(),
  total: z.number().int(),
  ...both,
  managers: z.array(DryRunLine),
  /** By the hour in which the clock began, in the company's zone. */
  hours: z.array(DryRunLine),
  dealers: z.array(DryRunLine),
  nextCursor: z.string().nullable(),
});
export type DryRunPiece = z.infer<typeof DryRunPiece>;
