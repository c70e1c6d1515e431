import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import { entities } from '../entities';
import { openDb, type Db } from '../platform/db';
import { createLog } from '../platform/log';
import type {} from './global-setup'; // types of inject('testDatabase')

export interface TestDb {
  db: Db;
  url: string;
  /** Closes the pool and drops the database. */
  close(): Promise<void>;
}

/** A database of its own for a test file: migrated, empty, dropped by `close`. */
export async function testDb(): Promise<TestDb> {
  const { adminUrl, template, prefix } = inject('testDatabase');
  const name = `${prefix}${randomBytes(6).toString('hex')}`;
  await administer(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const db = await openDb({
    url: url.href,
    entities,
    poolSize: 10,
    log: createLog('silent', false),
  });
  return {
    db,
    url: url.href,
    async close() {
      await db.close();
      await administer(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
