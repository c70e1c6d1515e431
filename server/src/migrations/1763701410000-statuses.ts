import type { MigrationInterface, QueryRunner } from 'typeorm';

/** In approval and in execution; what is open is told by what it is not, as the statements do. */
export class Statuses1763701410000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`ALTER TABLE appeal DROP CONSTRAINT appeal_status_check`);
    await q.query(`
      ALTER TABLE appeal ADD CONSTRAINT appeal_status_check
        CHECK (status IN ('new', 'in_work', 'approval', 'execution', 'waiting', 'resolved', 'closed'))`);
    await indexes(q, `status NOT IN ('resolved', 'closed')`);
  }

  /** What is older knows the two as work, and so does the thread. */
  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      UPDATE entry SET facts = facts || jsonb_build_object(
          'from', CASE WHEN facts->>'from' IN ('approval', 'execution') THEN 'in_work' ELSE facts->>'from' END,
          'to', CASE WHEN facts->>'to' IN ('approval', 'execution') THEN 'in_work' ELSE facts->>'to' END)
      WHERE event_type = 'status' AND (facts->>'from' IN ('approval', 'execution') OR facts->>'to' IN ('approval', 'execution'))`);
    await q.query(`UPDATE appeal SET status = 'in_work' WHERE status IN ('approval', 'execution')`);
    await q.query(`ALTER TABLE appeal DROP CONSTRAINT appeal_status_check`);
    await q.query(`
      ALTER TABLE appeal ADD CONSTRAINT appeal_status_check
        CHECK (status IN ('new', 'in_work', 'waiting', 'resolved', 'closed'))`);
    await indexes(q, `status IN ('new', 'in_work', 'waiting')`);
  }
}

async function indexes(q: QueryRunner, isOpen: string): Promise<void> {
  await q.query(`DROP INDEX appeal_assignee, appeal_queue, appeal_open`);
  await q.query(
    `CREATE INDEX appeal_assignee ON appeal (assignee_id, last_at DESC, id DESC) WHERE ${isOpen}`,
  );
  await q.query(
    `CREATE INDEX appeal_queue ON appeal (last_at DESC, id DESC) WHERE assignee_id IS NULL AND ${isOpen}`,
  );
  await q.query(`CREATE INDEX appeal_open ON appeal (last_at DESC, id DESC) WHERE ${isOpen}`);
}
