import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many appeals are done, for everybody who may see some of them, is counted without their rows. Open appeals pay nothing for it. */
export class DoneAppeals1763701610000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(
      `CREATE INDEX appeal_done ON appeal (dealer_id, team_id, assignee_id, id) WHERE status IN ('resolved', 'closed')`,
    );
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DROP INDEX appeal_done`);
  }
}
