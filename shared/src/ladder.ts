import * as z from 'zod';
import { LADDER_STEPS_MAX, LONGEST_TARGET_MINUTES } from './limits';
import { ClockKind } from './sla';

/** What a step does: reminders only tell; the others give the appeal to somebody else and tell him. */
const LADDER_ACTIONS = [
  'remind_owner',
  'remind_team',
  'remind_supervisor',
  'reassign_team',
  'reassign_next',
] as const;
export const LadderAction = z.enum(LADDER_ACTIONS);
export type LadderAction = z.infer<typeof LadderAction>;

const step = {
  id: z.uuid(),
  /** Of which clocks. */
  kinds: z.array(ClockKind).min(1).max(3),
  /** Working minutes from the deadline, below 0 before it; null: by `percent`. */
  offsetMinutes: z
    .number()
    .int()
    .min(-LONGEST_TARGET_MINUTES)
    .max(LONGEST_TARGET_MINUTES)
    .nullable(),
  /** Share of the target that is used, above 100 after the deadline; null: by `offsetMinutes`. */
  percent: z.number().int().min(1).max(1_000).nullable(),
  action: LadderAction,
  /** Tells at once; else within the recipient's working hours. */
  urgent: z.boolean(),
};
export const LadderStepView = z.object(step);
export type LadderStepView = z.infer<typeof LadderStepView>;

export const Ladder = z.object({
  /** Rises with every change. */
  rev: z.number().int(),
  steps: z.array(LadderStepView),
});
export type Ladder = z.infer<typeof Ladder>;

/** The whole ladder; `rev` is the one that was read. Ids are chosen by the sender. */
export const SaveLadder = z.strictObject({
  rev: z.number().int().min(1),
  steps: z.array(z.strictObject(step)).max(LADDER_STEPS_MAX),
});
export type SaveLadder = z.input<typeof SaveLadder>;
