import type { AppealFacts } from './appeal.repository';

/** Appeals kept in memory; the least lately used leave first. */
const MOST = 2_000;

/**
 * What the last batch knew of an appeal, to spare the next one a read. Never trusted by itself: it is used only under the appeal's
 * lock and only when the locked row still has the same revision, which every write of an appeal, its clocks, members or mentions moves.
 * An appeal is taken out while a batch changes it and put back after the commit, so a failed batch leaves nothing behind.
 */
export function createFactsCache() {
  const kept = new Map<string, AppealFacts>();
  return {
    take(id: string, rev: number): AppealFacts | null {
      const facts = kept.get(id);
      kept.delete(id);
      return facts?.row.rev === rev ? facts : null;
    },
    put(facts: AppealFacts): void {
      kept.delete(facts.row.id);
      kept.set(facts.row.id, facts);
      const [oldest] = kept.keys();
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
    },
  };
}
export type FactsCache = ReturnType<typeof createFactsCache>;
