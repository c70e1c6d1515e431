import type { AppealFacts } from './appeal.repository';

/** Appeals kept in memory; the least lately used leave first. */
const MOST = 2_000;

/**
 * What the last batch knew of an appeal, to spare the next one a read. Never trusted by itself: it is used only when the row, under
 * its lock, still has the same revision, which every write of an appeal, its clocks, members or mentions moves. A batch either locks
 * first and takes what fits, or takes, decides and lets the statement that writes lock and compare (`saveIfStill`).
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
    /** All of these whatever their revision, or none when one is unknown. */
    takeAll(ids: string[]): AppealFacts[] | null {
      const found = ids.flatMap((id) => kept.get(id) ?? []);
      if (found.length < ids.length) return null;
      for (const id of ids) kept.delete(id);
      return found;
    },
    put(facts: AppealFacts): void {
      // Two transactions may end in one order and be heard of in the other.
      if ((kept.get(facts.row.id)?.row.rev ?? 0) > facts.row.rev) return;
      kept.delete(facts.row.id);
      kept.set(facts.row.id, facts);
      const [oldest] = kept.keys();
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
    },
  };
}
export type FactsCache = ReturnType<typeof createFactsCache>;
