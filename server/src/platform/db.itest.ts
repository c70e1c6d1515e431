import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDb, type TestDb } from '../test/test-db';

let database: TestDb;
beforeAll(async () => {
  database = await testDb();
});
afterAll(() => database.close());

describe('a database that has much to do', () => {
  it('is waited for while it answers others', async () => {
    // Ten connections, each busy for half a second at a time: the last in the row waits longer than for a silent database.
    const slow = Array.from({ length: 60 }, () => database.db.query(`SELECT pg_sleep(0.5)`));
    await expect(Promise.all(slow)).resolves.toHaveLength(60);
  });

  it('is not away because this process stood still', async () => {
    const busy = database.db.query(`SELECT pg_sleep(0.3)`);
    const asked = Array.from({ length: 12 }, () => database.db.query(`SELECT 1 AS one`));
    // Everything is answered long before the process looks again, and then its timers come first.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_200);
    await expect(Promise.all([busy, ...asked])).resolves.toHaveLength(13);
  });
});
