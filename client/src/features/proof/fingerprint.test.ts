import { afterEach, describe, expect, it, vi } from 'vitest';

import { fingerprint, type Proven } from './fingerprint';

// The same stands in the server's test of the same words.
const FIXED: readonly [number, Proven][] = [
  [5, { id: '00000000-0000-4000-8000-000000000001', version: 1, body: 'Привет' }],
  [6, { id: '00000000-0000-4000-8000-000000000002', version: 3, body: 'a 1 2\nb 🌲' }],
  [7, { id: '00000000-0000-4000-8000-000000000003', version: 2, body: '' }],
];
const EXPECTED = 'd5b44f5edae8f13f91d320a45588766ef62eb282414f021e66f64a2bf2fc4842';

afterEach(() => vi.unstubAllGlobals());

describe('the fingerprint of a stretch', () => {
  it.each([
    ['a secure page', true],
    ['a plain http page', false],
  ])('is the server’s on %s', async (_where, isSecure) => {
    vi.stubGlobal('isSecureContext', isSecure);
    expect(await fingerprint(FIXED)).toBe(EXPECTED);
  });

  it('is that of no bytes when there is nothing', async () => {
    expect(await fingerprint([])).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('moves with every part of every entry, and with a missing one', async () => {
    const changed: [number, Proven][][] = [
      FIXED.slice(1),
      FIXED.slice(0, 2),
      ...FIXED.flatMap((_one, at) =>
        [{ id: '00000000-0000-4000-8000-00000000000f' }, { version: 9 }, { body: 'x' }].map(
          (part) =>
            FIXED.map(([number, entry], place): [number, Proven] => [
              number,
              place === at ? { ...entry, ...part } : entry,
            ]),
        ),
      ),
      FIXED.map(([number, entry]): [number, Proven] => [number + 1, entry]),
    ];
    const all = await Promise.all([FIXED, ...changed].map((stretch) => fingerprint(stretch)));
    expect(new Set(all).size).toBe(changed.length + 1);
  });
});
