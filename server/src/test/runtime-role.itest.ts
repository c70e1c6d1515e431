import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../modules/appeals/appeal.factory';
import { RECOUNTED_TABLES } from '../modules/reports';
import { migrate } from '../platform/db';
import { testApp, type TestApp } from './test-app';
import { testDb, type TestDb } from './test-db';

const name = `otklik_run_${randomBytes(4).toString('hex')}`;
let database: TestDb;
let server: TestApp;
let url: string;

beforeAll(async () => {
  database = await testDb();
  await database.db.query(`CREATE ROLE ${name} LOGIN PASSWORD 'of-a-test'`);
  // Twice, as at every start.
  const role = { name, mayTruncate: RECOUNTED_TABLES };
  await migrate(database.url, role);
  await migrate(database.url, role);
  const address = new URL(database.url);
  address.username = name;
  address.password = 'of-a-test';
  url = address.href;
  server = await testApp({ database, background: true, reach: () => Promise.resolve(url) });
});
afterAll(async () => {
  await server.close();
  await database.db.query(`DROP OWNED BY ${name}`);
  await database.db.query(`DROP ROLE ${name}`);
  await database.close();
});

describe('a server whose database role may not change the schema', () => {
  it('works', async () => {
    const company = await aCompany(database.db);
    const visitor = await server.signIn(company.visitor);
    const manager = await server.signIn(company.manager);
    const { appeal } = await anAppeal(visitor, company.topic);
    await aMessage(manager, appeal.id);
    const form = new FormData();
    form.set('clientId', crypto.randomUUID());
    form.set('file', new Blob(['слова']), 'слова.txt');
    const headers = { cookie: visitor.cookie };
    const answer = await fetch(`${server.url}/api/attachments`, {
      method: 'POST',
      headers,
      body: form,
    });
    expect(answer.status).toBe(200);
    expect((await manager.raw('GET', '/sync')).status).toBe(200);
    await server.app.services.facts.rebuild();
  });

  it('does its work in the background', async () => {
    await server.app.db.transaction((tx) => tx.addJob('sweepDrafts', {}));
    const waiting = () =>
      database.db.query(`SELECT 1 FROM graphile_worker.jobs WHERE task_identifier = 'sweepDrafts'`);
    await expect.poll(waiting).toEqual([]);
  });

  it.each([
    ['a new table', `CREATE TABLE extra (id int)`],
    ['a new function', `CREATE FUNCTION extra() RETURNS int LANGUAGE sql AS 'SELECT 1'`],
    ['another column', `ALTER TABLE entry ADD COLUMN extra int`],
    ['no table', `DROP TABLE draft`],
    ['an index', `CREATE INDEX ON entry (body)`],
    ['no constraint', `ALTER TABLE attachment DROP CONSTRAINT attachment_used`],
    ['an empty thread', `TRUNCATE entry CASCADE`],
    ['no history', `DELETE FROM migration`],
    ['a new role', `CREATE ROLE extra`],
    ['files of the machine', `SELECT pg_read_file('/etc/passwd')`],
    ['programs of the machine', `COPY (SELECT 1) TO PROGRAM 'true'`],
  ])('does not get %s', async (_what, statement) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
    } finally {
      await client.end();
    }
  });
});
