import { describe, expect, it } from 'vitest';
import type { AppealFacts } from './appeal.repository';
import { createFactsCache } from './facts.cache';

/** Facts of which only the id and the revision matter here. */
function facts(id: string, rev: number): AppealFacts {
  const bare: Partial<AppealFacts> = { members: [], mentions: [], clocks: [] };
  return Object.assign(Object.create(null), bare, { row: { id, rev } });
}

describe('facts kept in memory', () => {
  it('are taken out: whoever does not put them back leaves nothing behind', () => {
    const cache = createFactsCache();
    cache.put(facts('a', 3));
    expect(cache.take('a', 3)?.row.rev).toBe(3);
    expect(cache.take('a', 3)).toBeNull();
  });

  it('are not given for another revision', () => {
    const cache = createFactsCache();
    cache.put(facts('a', 3));
    expect(cache.take('a', 4)).toBeNull();
  });

  it('are taken all together or not at all', () => {
    const cache = createFactsCache();
    cache.put(facts('a', 1));
    expect(cache.takeAll(['a', 'b'])).toBeNull();
    cache.put(facts('b', 1));
    expect(cache.takeAll(['a', 'b'])?.map(({ row }) => row.id)).toEqual(['a', 'b']);
    expect(cache.takeAll(['a'])).toBeNull();
  });

  it('are not replaced by older ones that arrive late', () => {
    const cache = createFactsCache();
    cache.put(facts('a', 5));
    cache.put(facts('a', 4));
    expect(cache.take('a', 5)?.row.rev).toBe(5);
  });
});
