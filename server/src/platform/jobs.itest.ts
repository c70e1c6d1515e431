import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import pino from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testDb, type TestDb } from '../test/test-db';
import { startJobs } from './jobs';

let database: TestDb;
beforeAll(async () => {
  database = await testDb();
});
afterAll(() => database.close());

it('jobs go on when the database fails just as the timetable is looked at', async () => {
  const { db, url } = database;
  await db.query(`ALTER TABLE graphile_worker._private_known_crontabs RENAME TO out_of_reach`);
  const said = new PassThrough();
  const ran = new PassThrough();
  const jobs = await startJobs(
    url,
    { sweep: 'server.work' },
    { sweep: async () => void ran.write('ran') },
    '* * * * * sweep',
    pino({ level: 'error' }, said),
  );
  try {
    const [complaint] = await once(said, 'data');
    expect(String(complaint)).toContain('_private_known_crontabs');
    await db.transaction((tx) => tx.addJob('sweep', {}));
    expect(String((await once(ran, 'data'))[0])).toBe('ran');
  } finally {
    await jobs.stop();
    await db.query(`ALTER TABLE graphile_worker.out_of_reach RENAME TO _private_known_crontabs`);
  }
});
