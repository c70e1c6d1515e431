import * as z from 'zod';
import { Side } from './people';
import { ClockKind, ClockState, ClockStepView } from './sla';
import { clientId, moment, typed, typedOrEmpty } from './text';

/** Characters of a dispute's comment and of the supervisor's reason. */
export const DISPUTE_TEXT_MAX = 1_000;

/* ── The ledger, day by day ─────────────────────────────── */

/** Working time counted on one date of the calendar, and the hours it lies in. */
export const CountedDay = z.object({
  date: z.iso.date(),
  countedMs: z.number(),
  hours: z.array(z.object({ from: moment, to: moment })),
});
export type CountedDay = z.infer<typeof CountedDay>;

/** Why time between two working hours is not counted. */
export const SkipReason = z.enum(['break', 'closed', 'night', 'weekend', 'holiday']);
export type SkipReason = z.infer<typeof SkipReason>;
export const Skipped = z.object({ from: moment, to: moment, why: SkipReason });
export type Skipped = z.infer<typeof Skipped>;

/**
 * A stretch of a clock's life. `running`: from the ledger's last line to the deadline, as it will be counted if nothing happens.
 * The `countedMs` of the others add up to what the ledger has counted; with `running` to the target.
 */
export const LedgerStretch = z.object({
  is: z.enum(['counted', 'paused', 'running']),
  from: moment,
  /** Null: a pause that lasts. */
  to: moment.nullable(),
  countedMs: z.number(),
  /** Their sum is `countedMs`. Null: it was counted by working hours that have changed since. */
  days: z.array(CountedDay).nullable(),
  skipped: z.array(Skipped),
});
export type LedgerStretch = z.infer<typeof LedgerStretch>;

/** The message that started a clock. */
export const LedgerCause = z.object({ entryId: z.uuid(), text: z.string() });
export type LedgerCause = z.infer<typeof LedgerCause>;

/* ── Disputes ───────────────────────────────────────────── */

/** "I had answered" and "I do not owe anything". */
export const DisputeClaim = z.enum(['had_answered', 'owes_nothing']);
export type DisputeClaim = z.infer<typeof DisputeClaim>;
export const DisputeOutcome = z.enum(['accepted', 'rejected']);
export type DisputeOutcome = z.infer<typeof DisputeOutcome>;

const disputeCommon = {
  id: z.uuid(),
  kind: ClockKind,
  cycle: z.number().int(),
  claim: DisputeClaim,
  comment: z.string(),
  raisedAt: moment,
  outcome: DisputeOutcome.nullable(),
  reason: z.string(),
  settledAt: moment.nullable(),
};
/** A dispute of the dealer's side, as the dealer sees it: who settled it is the company's own matter. */
export const DealerDispute = z.object({ ...disputeCommon, raisedByName: z.string() });
export type DealerDispute = z.infer<typeof DealerDispute>;
export const StaffDispute = z.object({
  ...disputeCommon,
  raisedByName: z.string(),
  side: Side,
  settledByName: z.string().nullable(),
});
export type StaffDispute = z.infer<typeof StaffDispute>;

/* ── Both readers ───────────────────────────────────────── */

const clockCommon = {
  kind: ClockKind,
  cycle: z.number().int(),
  startedAt: moment,
  endedAt: moment.nullable(),
  because: LedgerCause.nullable(),
  targetMs: z.number(),
  countedMs: z.number(),
  /** Null while paused. */
  dueAt: moment.nullable(),
  /** It ended because what it owed is owed by another appeal, or by another clock, since then. */
  carried: z.boolean(),
  /** It came from another clock, with what that one had counted: by a merge, or when one was undone. */
  came: z.object({ at: moment, by: z.enum(['merged_in', 'unmerged']) }).nullable(),
  /** Of the calendar it is counted by. */
  zone: z.string(),
  stretches: z.array(LedgerStretch),
};

/** What a dealer may know of a clock: a list of allowed fields, and words that say nothing of the staff's own affairs. */
export const DealerClock = z.object({
  ...clockCommon,
  state: z.enum(['running', 'paused', 'late', 'met', 'missed', 'called_off']),
  /** Moments at which the promise was counted anew, because the rules or a settled dispute changed it. */
  recounted: z.array(moment),
  canDispute: z.boolean(),
});
export type DealerClock = z.infer<typeof DealerClock>;
export const DealerLedger = z.object({
  audience: z.literal('dealer'),
  clocks: z.array(DealerClock),
  disputes: z.array(DealerDispute),
});
export type DealerLedger = z.infer<typeof DealerLedger>;

export const StaffClock = z.object({
  ...clockCommon,
  state: ClockState,
  steps: z.array(ClockStepView),
  canDispute: z.boolean(),
});
export type StaffClock = z.infer<typeof StaffClock>;
export const StaffLedger = z.object({
  audience: z.literal('staff'),
  clocks: z.array(StaffClock),
  disputes: z.array(StaffDispute),
  canSettle: z.boolean(),
});
export type StaffLedger = z.infer<typeof StaffLedger>;
export const Ledger = z.discriminatedUnion('audience', [DealerLedger, StaffLedger]);
export type Ledger = z.infer<typeof Ledger>;

/* ── Commands ───────────────────────────────────────────── */

export const RaiseDispute = z.strictObject({
  appealId: z.uuid(),
  clientId,
  kind: ClockKind,
  cycle: z.number().int().min(1).max(1_000_000),
  claim: DisputeClaim,
  comment: typedOrEmpty(DISPUTE_TEXT_MAX).default(''),
});
export type RaiseDispute = z.input<typeof RaiseDispute>;
export const SettleDispute = z.strictObject({
  appealId: z.uuid(),
  disputeId: z.uuid(),
  clientId,
  outcome: DisputeOutcome,
  /** The side that raised it reads it. */
  reason: typed(DISPUTE_TEXT_MAX),
});
export type SettleDispute = z.input<typeof SettleDispute>;

/** An open dispute for the supervisor's list. */
export const OpenDispute = StaffDispute.extend({
  appealId: z.uuid(),
  appealNo: z.number().int(),
  subject: z.string(),
  dealerName: z.string(),
});
export type OpenDispute = z.infer<typeof OpenDispute>;
/** The longest open first; at most 100 of `count`. */
export const OpenDisputes = z.object({ items: z.array(OpenDispute), count: z.number().int() });
export type OpenDisputes = z.infer<typeof OpenDisputes>;
