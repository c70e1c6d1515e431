import * as z from 'zod';
import { moment } from './text';

export const ClockKind = z.enum(['first_response', 'next_response', 'resolution']);
export type ClockKind = z.infer<typeof ClockKind>;
export const ClockState = z.enum(['running', 'paused', 'met', 'breached', 'cancelled', 'carried']);
export type ClockState = z.infer<typeof ClockState>;

/** One clock as staff see it. All moments come from the server; the client only renders. */
export const ClockView = z.object({
  kind: ClockKind,
  cycle: z.number().int(),
  state: ClockState,
  startedAt: moment,
  /** Working milliseconds. */
  targetMs: z.number(),
  /** Null while paused. */
  dueAt: moment.nullable(),
  /** From here on the clock is at risk. */
  warnAt: moment.nullable(),
  /** Working milliseconds left, frozen while paused. */
  remainingMs: z.number().nullable(),
  endedAt: moment.nullable(),
  breachedAt: moment.nullable(),
});
export type ClockView = z.infer<typeof ClockView>;

/** The dealer's part of a clock: a promise with an exact time. */
export const PromiseView = z.object({
  kind: ClockKind,
  state: z.enum(['running', 'paused', 'late', 'met']),
  dueAt: moment.nullable(),
});
export type PromiseView = z.infer<typeof PromiseView>;

/** A line of the ledger: re-adding `countedMs` gives the deadline. */
export const ClockStepView = z.object({
  kind: ClockKind,
  cycle: z.number().int(),
  at: moment,
  action: z.enum([
    'started',
    'paused',
    'resumed',
    'warned',
    'breached',
    'met',
    'cancelled',
    'retargeted',
    'ended',
    'carried',
    'taken_over',
  ]),
  reason: z.string(),
  countedMs: z.number(),
  remainingMs: z.number(),
  dueAt: moment.nullable(),
});
export type ClockStepView = z.infer<typeof ClockStepView>;

export const AppealClocks = z.object({
  policyName: z.string().nullable(),
  warnPercent: z.number().int().nullable(),
  calendar: z.object({
    name: z.string(),
    zone: z.string(),
    hours: z.array(
      z.object({
        days: z.array(z.number().int()),
        intervals: z.array(z.object({ from: z.number().int(), to: z.number().int() })),
      }),
    ),
  }),
  clocks: z.array(ClockView),
  steps: z.array(ClockStepView),
});
export type AppealClocks = z.infer<typeof AppealClocks>;
