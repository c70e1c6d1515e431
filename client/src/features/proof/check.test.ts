import type { DealerEntry, Entry } from '@otklik/shared/appeals';
import { describe, expect, it } from 'vitest';

import { examine, type Authority, type Examined } from './check';
import { fingerprint } from './fingerprint';

const AT = '2026-03-02T11:02:00.000Z';

const entry = (publicSeq: number, more: Partial<DealerEntry> = {}): DealerEntry => ({
  ...{ audience: 'dealer', id: `id-${publicSeq}`, appealId: 'a', at: AT, kind: 'message' },
  ...{ author: null, body: `Слово ${publicSeq}`, event: null, attachments: [], orders: [] },
  ...{ clientId: null, version: 1, editedAt: null, deletedAt: null, replyTo: null, publicSeq },
  ...more,
});
const entries = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => entry(from + at));
const byNumber = (list: readonly DealerEntry[]) =>
  new Map<number, Entry>(list.map((one) => [one.publicSeq, one]));

/** A server with these entries that counts what it is asked. */
function aServer(all: readonly DealerEntry[]) {
  const asked = { digests: 0, pages: 0 };
  const authority: Authority = {
    async digest({ fromSeq, toSeq }) {
      asked.digests += 1;
      const found = all.filter(({ publicSeq }) => publicSeq >= fromSeq && publicSeq <= toSeq);
      return {
        entries: found.length,
        lastSeq: all.length,
        sha256: await fingerprint(found.map((one) => [one.publicSeq, one])),
        at: AT,
      };
    },
    async page({ afterSeq, limit }) {
      asked.pages += 1;
      const above = all.filter(({ publicSeq }) => publicSeq > afterSeq);
      return {
        entries: above.slice(0, limit),
        changed: [],
        hasMore: above.length > limit,
      };
    },
  };
  return { authority, asked };
}

/** A browser that holds these. */
function aThread(
  from: number,
  top: number,
  list: readonly DealerEntry[],
  coming: DealerEntry[] = [],
) {
  const held = { appealId: 'a', from, top, entries: byNumber(list) };
  const thread: Examined = {
    held: () => held,
    catchUp: async () => {
      for (const one of coming) held.entries.set(one.publicSeq, one);
      held.top = Math.max(held.top, ...coming.map(({ publicSeq }) => publicSeq));
    },
    mend(start, end, right) {
      for (let number = start; number <= end; number += 1) held.entries.delete(number);
      for (const one of right) held.entries.set(one.publicSeq ?? 0, one);
    },
  };
  return { thread, held };
}

describe('the comparison of a thread with the server', () => {
  it('finds a complete thread complete, without fetching anything', async () => {
    const { authority, asked } = aServer(entries(1, 57));
    const { thread } = aThread(1, 57, entries(1, 57));
    expect(await examine(thread, authority)).toEqual({
      ...{ from: 1, to: 57, at: AT, differences: [], whole: true },
    });
    expect(asked.pages).toBe(0);
  });

  it('speaks only of what was fetched', async () => {
    const { authority } = aServer(entries(1, 57));
    const { thread } = aThread(8, 57, entries(8, 57));
    expect(await examine(thread, authority)).toMatchObject({ from: 8, to: 57, whole: true });
  });

  it('catches up first with what came meanwhile', async () => {
    const { authority } = aServer(entries(1, 60));
    const { thread } = aThread(1, 57, entries(1, 57), entries(58, 60));
    expect(await examine(thread, authority)).toMatchObject({ to: 60, whole: true });
  });

  it('names what is missing or other than the server’s, and mends it', async () => {
    const { authority } = aServer(entries(1, 250));
    const wrong = entries(1, 250)
      .filter(({ publicSeq }) => publicSeq !== 130)
      .map((one) => {
        if (one.publicSeq === 3) return { ...one, body: 'Другое' };
        if (one.publicSeq === 249) return { ...one, version: 7 };
        return one;
      });
    const { thread, held } = aThread(1, 250, wrong);
    expect(await examine(thread, authority)).toEqual({
      ...{ from: 1, to: 250, at: AT, whole: true },
      differences: [
        { number: 3, what: 'changed' },
        { number: 130, what: 'missing' },
        { number: 249, what: 'changed' },
      ],
    });
    expect(held.entries).toEqual(byNumber(entries(1, 250)));
  });

  it('admits what cannot be mended', async () => {
    const { authority } = aServer(entries(1, 5));
    const { thread } = aThread(1, 5, entries(2, 5));
    const stuck = { ...thread, mend: () => undefined };
    expect(await examine(stuck, authority)).toMatchObject({
      whole: false,
      differences: [{ number: 1, what: 'missing' }],
    });
  });

  it('is not deceived by a server that has a hole of its own', async () => {
    const holed = entries(1, 5).filter(({ publicSeq }) => publicSeq !== 4);
    const { authority } = aServer(holed);
    const { thread } = aThread(1, 5, holed);
    expect(await examine(thread, authority)).toMatchObject({ whole: false });
  });

  it('takes an edit that arrives in between for what it is', async () => {
    const edited = entries(1, 5).map((one) =>
      one.publicSeq === 2 ? { ...one, version: 2, body: 'Поправлено' } : one,
    );
    const { authority, asked } = aServer(edited);
    const { thread, held } = aThread(1, 5, entries(1, 5));
    const late: Authority = {
      ...authority,
      digest: async (input) => {
        const answer = await authority.digest(input);
        if (asked.digests === 2) held.entries.set(2, entry(2, { version: 2, body: 'Поправлено' }));
        return answer;
      },
    };
    expect(await examine(thread, late)).toMatchObject({ whole: true, differences: [] });
    expect(asked.pages).toBe(0);
  });

  it('says nothing of a thread that is not held', async () => {
    const { authority } = aServer(entries(1, 5));
    const none = { held: () => null, catchUp: async () => undefined, mend: () => undefined };
    expect(await examine(none, authority)).toBeNull();
  });

  it('of an empty stretch is whole', async () => {
    const { authority } = aServer([]);
    const { thread } = aThread(1, 0, []);
    expect(await examine(thread, authority)).toMatchObject({ from: 1, to: 0, whole: true });
  });
});
