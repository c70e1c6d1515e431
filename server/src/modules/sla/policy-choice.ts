/** What a policy names; null matches everything. */
export interface PolicyMatch {
  dealerId: string | null;
  groupId: string | null;
  priority: string | null;
  topicId: string | null;
  typeCode: string | null;
}

/** From the most to the least telling: one that names an earlier thing goes before any that does not. */
export const SPECIFIC = ['dealerId', 'groupId', 'priority', 'topicId', 'typeCode'] as const;

/**
 * The policy whose promises an appeal gets: of those that match, the most specific. Two that match
 * and weigh the same name the same things, so there is one (the database keeps it so).
 * @returns null when none matches: such an appeal gets no new clocks
 */
export function choosePolicy<Policy extends PolicyMatch>(
  policies: readonly Policy[],
  appeal: PolicyMatch,
): Policy | null {
  let best: Policy | null = null;
  for (const policy of policies) {
    const matches = SPECIFIC.every(
      (field) => policy[field] === null || policy[field] === appeal[field],
    );
    if (matches && (best === null || weightOf(policy) > weightOf(best))) best = policy;
  }
  return best;
}

/** Greater = more specific; a number whose bits are the named things, the most telling first. */
export function weightOf(policy: PolicyMatch): number {
  return SPECIFIC.reduce((weight, field) => weight * 2 + (policy[field] === null ? 0 : 1), 0);
}

/** Do two name the same things, so that only one of them may exist? */
export function sameMatch(one: PolicyMatch, other: PolicyMatch): boolean {
  return SPECIFIC.every((field) => one[field] === other[field]);
}
