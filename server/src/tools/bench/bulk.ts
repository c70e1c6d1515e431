import type { Db, Tx } from '../../platform/db';

/** Takes the indexes that hold no constraint off these tables while they are filled, and puts them back. */
export async function withoutIndexes<Result>(
  db: Db,
  tables: readonly string[],
  fill: () => Promise<Result>,
  built: (share: number) => void,
): Promise<Result> {
  const indexes = await db.query<{ name: string; sql: string }>(
    `SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS sql FROM pg_index i
     WHERE i.indrelid = ANY($1::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)`,
    [tables],
  );
  for (const { name } of indexes) await db.query(`DROP INDEX ${name}`);
  const result = await fill();
  for (const [place, { sql }] of indexes.entries()) {
    await db.transaction(async (tx) => {
      await tx.query(`SET LOCAL statement_timeout = 0`);
      await tx.query(`SET LOCAL maintenance_work_mem = '256MB'`);
      await tx.query(sql);
    });
    built((place + 1) / indexes.length);
  }
  return result;
}

/**
 * A transaction that writes rows of which each is known to belong to one that is there: foreign keys are not looked up for each, and the
 * commit does not wait for the disk.
 */
export const inBulk = <Result>(db: Db, run: (tx: Tx) => Promise<Result>): Promise<Result> =>
  db.transaction(async (tx) => {
    await tx.query(`SET LOCAL session_replication_role = replica`);
    await tx.query(`SET LOCAL synchronous_commit = off`);
    await tx.query(`SET LOCAL statement_timeout = 0`);
    return run(tx);
  });

/** SQL of an id that begins with a moment, as the product makes them. */
export const idSql = (at: string, n: string): string =>
  `(lpad(to_hex(floor(extract(epoch FROM ${at}) * 1000)::bigint), 12, '0') || '7' || left(md5(${n}::text), 3) || '8'
    || substr(md5(${n}::text), 4, 15))::uuid`;
