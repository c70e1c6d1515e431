import * as z from 'zod';
import { Priority } from './appeals';
import { LONGEST_TARGET_MINUTES } from './limits';
import { moment, paging, typed } from './text';

/** What a policy names; null matches everything. A dealer or his group, never both. */
const matchers = {
  dealerId: z.uuid().nullable(),
  groupId: z.uuid().nullable(),
  priority: Priority.nullable(),
  topicId: z.uuid().nullable(),
  typeCode: z.string().min(1).max(60).nullable(),
};

/** Working minutes, at least one; null: this clock does not run. */
const target = z.number().int().min(1).max(LONGEST_TARGET_MINUTES).nullable();
const targets = {
  firstResponseMinutes: target,
  nextResponseMinutes: target,
  resolutionMinutes: target,
  /** For an internal question to a colleague. */
  questionMinutes: target,
};

/** Everything of a policy that is typed. */
const draft = {
  name: typed(120),
  ...matchers,
  ...targets,
  warnPercent: z.number().int().min(1).max(99),
};
export const PolicyDraft = z.strictObject(draft);
export type PolicyDraft = z.infer<typeof PolicyDraft>;

const named = z.object({ id: z.uuid(), name: z.string() });
export const PolicyView = z.object({
  id: z.uuid(),
  /** Rises with every change. */
  rev: z.number().int(),
  ...draft,
  name: z.string(),
  dealerName: z.string().nullable(),
  groupName: z.string().nullable(),
  topicName: z.object({ ru: z.string(), en: z.string() }).nullable(),
});
export type PolicyView = z.infer<typeof PolicyView>;

/** `policyId` is chosen by the sender: the same one sent twice is the same policy. */
export const CreatePolicy = z.strictObject({ policyId: z.uuid(), ...draft });
export type CreatePolicy = z.input<typeof CreatePolicy>;
/** `rev` is the one that was read: a policy that somebody else has changed since is not overwritten. */
export const ChangePolicy = z.strictObject({
  policyId: z.uuid(),
  rev: z.number().int().min(1),
  ...draft,
});
export type ChangePolicy = z.input<typeof ChangePolicy>;
export const DeletePolicy = z.strictObject({
  policyId: z.uuid(),
  rev: z.coerce.number().int().min(1),
});
export type DeletePolicy = z.input<typeof DeletePolicy>;
export const PolicyId = z.strictObject({ policyId: z.uuid() });
export type PolicyId = z.input<typeof PolicyId>;

/* ── What rules mean for open appeals ───────────────────── */
/**
 * A change of the rules that is not saved: a draft without id is a new policy, with id a changed one,
 * an id without a draft a deletion.
 */
export const PreviewPolicy = z.strictObject({
  policyId: z.uuid().nullable(),
  draft: PolicyDraft.nullable(),
  limit: z.number().int().min(1).max(100).default(50),
  cursor: paging.cursor,
});
export type PreviewPolicy = z.input<typeof PreviewPolicy>;

export const PreviewedAppeal = z.object({
  id: z.uuid(),
  no: z.number().int(),
  subject: z.string(),
  dealerName: z.string(),
  /** The policy its clocks run by; without clocks the one its next clock would run by. Null: none. */
  from: named.nullable(),
  /** Null: no policy would match; clocks that run keep what was promised. `id` null: the new policy. */
  to: z.object({ id: z.uuid().nullable(), name: z.string() }).nullable(),
  /** Has it clocks that would move now? Else it would only concern its next clock. */
  running: z.boolean(),
});
export type PreviewedAppeal = z.infer<typeof PreviewedAppeal>;
export const PolicyPreview = z.object({
  /** Come under the policy from another one or from none. */
  takes: z.number().int(),
  /** Are under it and stay. */
  keeps: z.number().int(),
  /** Go to another policy. */
  leaves: z.number().int(),
  /** Would be left without any policy. */
  bare: z.number().int(),
  items: z.array(PreviewedAppeal),
  nextCursor: z.string().nullable(),
});
export type PolicyPreview = z.infer<typeof PolicyPreview>;

/** How many open appeals each policy has by the rules as they stand; those without any are a list of their own. */
export const PolicyCoverage = z.object({
  counts: z.array(z.object({ policyId: z.uuid(), appeals: z.number().int() })),
  without: z.number().int(),
});
export type PolicyCoverage = z.infer<typeof PolicyCoverage>;
export const ListUnmatched = z.strictObject({ ...paging });
export type ListUnmatched = z.input<typeof ListUnmatched>;
export const UnmatchedAppeal = z.object({
  id: z.uuid(),
  no: z.number().int(),
  subject: z.string(),
  dealerName: z.string(),
  openedAt: moment,
});
export type UnmatchedAppeal = z.infer<typeof UnmatchedAppeal>;

/** How far the open clocks have followed the last change of the rules; `total` null: not counted yet. */
export const Recompute = z.object({
  running: z.boolean(),
  done: z.number().int(),
  total: z.number().int().nullable(),
  finishedAt: moment.nullable(),
});
export type Recompute = z.infer<typeof Recompute>;

/* ── Dealer groups ──────────────────────────────────────── */
export const DealerGroup = z.object({
  id: z.uuid(),
  name: z.string(),
  dealers: z.array(named),
});
export type DealerGroup = z.infer<typeof DealerGroup>;
/** `groupId` is chosen by the sender; the same id again is the same group. */
export const SaveGroup = z.strictObject({ groupId: z.uuid(), name: typed(120) });
export type SaveGroup = z.input<typeof SaveGroup>;
export const GroupId = z.strictObject({ groupId: z.uuid() });
export type GroupId = z.input<typeof GroupId>;
/** A dealer is in one group at most; null: in none. */
export const SetDealerGroup = z.strictObject({ dealerId: z.uuid(), groupId: z.uuid().nullable() });
export type SetDealerGroup = z.input<typeof SetDealerGroup>;
