import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCursorSeal, type SyncCursor } from './cursor';

const aCursor = (given: Partial<SyncCursor> = {}): SyncCursor => ({
  epoch: '7:42:1',
  personId: randomUUID(),
  rightsVersion: 3,
  since: 0n,
  page: null,
  ...given,
});
const sealer = createCursorSeal(randomBytes(32));

describe('a sync cursor', () => {
  it.each<[string, Partial<SyncCursor>]>([
    ['from the beginning', {}],
    ['beyond what a number holds', { since: 2n ** 63n }],
    [
      'in the middle of pages',
      { since: 5n, page: { xid: 2n ** 60n, id: randomUUID(), until: 2n ** 60n + 1n } },
    ],
  ])('comes back as it was given: %s', (_name, given) => {
    const cursor = aCursor(given);
    expect(sealer.open(sealer.seal(cursor))).toEqual(cursor);
  });

  it('fits into what the contract allows, and into a URL', () => {
    const until = 2n ** 64n - 1n;
    const sealed = sealer.seal(
      aCursor({
        epoch: 'x'.repeat(80),
        since: until,
        page: { xid: until, id: randomUUID(), until },
      }),
    );
    expect(sealed.length).toBeLessThanOrEqual(600);
    expect(sealed).toMatch(/^[\w-]+$/);
  });

  it('says nothing about transactions, not even by being the same twice', () => {
    const cursor = aCursor({ since: 123_456n });
    const [first, second] = [sealer.seal(cursor), sealer.seal(cursor)];
    expect(first).not.toBe(second);
    expect(Buffer.from(first, 'base64url').includes('123456')).toBe(false);
    expect(Buffer.from(first, 'base64url').includes(cursor.personId)).toBe(false);
  });

  it('that was changed in any byte, cut, or sealed elsewhere is none', () => {
    const sealed = Buffer.from(sealer.seal(aCursor()), 'base64url');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(sealer.open(changed.toString('base64url'))).toBeNull();
      expect(sealer.open(sealed.subarray(0, at).toString('base64url'))).toBeNull();
    }
    const elsewhere = createCursorSeal(randomBytes(32));
    expect(elsewhere.open(sealed.toString('base64url'))).toBeNull();
  });

  it.each([[''], ['x'], ['не по-нашему'], ['A'.repeat(600)], ['%00'], ['=='.repeat(20)]])(
    'made up as %j is none',
    (text) => {
      expect(sealer.open(text)).toBeNull();
    },
  );
});
