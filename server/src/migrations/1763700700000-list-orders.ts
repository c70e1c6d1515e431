import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lists of appeals by the moment they were opened, for staff and for one dealer. */
export class ListOrders1763700700000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`CREATE INDEX appeal_opened ON appeal (created_at DESC, id DESC)`);
    await q.query(
      `CREATE INDEX appeal_dealer_opened ON appeal (dealer_id, created_at DESC, id DESC)`,
    );
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DROP INDEX appeal_opened, appeal_dealer_opened`);
  }
}
