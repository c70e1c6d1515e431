/** What a policy names; null matches everything. */
export interface PolicyMatch {
  typeCode: string | null;
  priority: string | null;
}

/**
 * The policy whose promises an appeal gets: of those that match, the one that names more.
 * One that names the priority goes before one that names the type.
 * @returns null when none matches: such an appeal has no clocks
 */
export function choosePolicy<Policy extends PolicyMatch>(
  policies: readonly Policy[],
  appeal: { typeCode: string; priority: string },
): Policy | null {
  let best: Policy | null = null;
  for (const policy of policies) {
    const matches =
      (policy.typeCode ?? appeal.typeCode) === appeal.typeCode &&
      (policy.priority ?? appeal.priority) === appeal.priority;
    if (matches && (best === null || weight(policy) > weight(best))) best = policy;
  }
  return best;
}

function weight({ typeCode, priority }: PolicyMatch): number {
  return (priority === null ? 0 : 2) + (typeCode === null ? 0 : 1);
}
