import type { DealerSession, VisitorView } from '@otklik/shared/dealers';

/** The rule of the dealer's card. */
export interface DealerRule {
  severalSessions: boolean;
  maxSessions: number;
}
type VisitorRule = Pick<VisitorView, 'id' | 'sessionRule' | 'maxSessions'>;

/** How many sessions a visitor may hold under a rule that is not in force yet; the server decides when it is. */
export function limitUnder(visitor: VisitorRule, dealer: DealerRule): number {
  switch (visitor.sessionRule) {
    case 'one':
      return 1;
    case 'several':
      return visitor.maxSessions ?? dealer.maxSessions;
    case 'dealer':
      return dealer.severalSessions ? dealer.maxSessions : 1;
  }
}

const lastSeenFirst = (a: DealerSession, b: DealerSession) =>
  Date.parse(b.lastSeenAt) - Date.parse(a.lastSeenAt) ||
  Date.parse(b.createdAt) - Date.parse(a.createdAt);

/** The sessions that would end under a new rule: of each visitor all beyond his limit, the last seen stay. */
export function endingUnder(
  dealer: DealerRule,
  visitors: readonly VisitorRule[],
  sessions: readonly DealerSession[],
): DealerSession[] {
  return visitors.flatMap((visitor) =>
    sessions
      .filter((session) => session.visitor.id === visitor.id)
      .sort(lastSeenFirst)
      .slice(limitUnder(visitor, dealer)),
  );
}

/** The rule of a visitor as one value of a list: `dealer`, `one`, `several` (as many as the dealer's card says), `several:3`. */
export const ruleKey = ({ sessionRule, maxSessions }: Omit<VisitorRule, 'id'>): string =>
  sessionRule === 'several' && maxSessions !== null ? `several:${maxSessions}` : sessionRule;

/** The way back from {@link ruleKey}. */
export function ruleOf(key: string): Omit<VisitorRule, 'id'> {
  const [rule, max] = key.split(':');
  if (rule === 'one' || rule === 'dealer') return { sessionRule: rule, maxSessions: null };
  return { sessionRule: 'several', maxSessions: max ? Number(max) : null };
}
