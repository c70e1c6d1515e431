import { afterAll, describe, expect, it } from 'vitest';
import { PLANTED, SOUND } from './planted';
import { bundleClient, bundleServer, removeBundle } from './product';

/** When the product moves on, its planted defects have to follow. */
describe('planted defects', () => {
  const made: string[] = [];
  afterAll(() => Promise.all(made.map(removeBundle)));

  it.each([SOUND, ...PLANTED])('still fit the source: $name', async ({ server, client }) => {
    made.push(await bundleServer(server), await bundleClient(client));
    expect(made.length).toBeGreaterThan(0);
  });
});
