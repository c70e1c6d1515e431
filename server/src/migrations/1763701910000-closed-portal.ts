import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One switch that closes the portal to dealers, with what they read meanwhile. */
export class ClosedPortal1763701910000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      ALTER TABLE company
        ADD COLUMN closed_to_dealers boolean NOT NULL DEFAULT false,
        ADD COLUMN closed_message_ru text NOT NULL DEFAULT '',
        ADD COLUMN closed_message_en text NOT NULL DEFAULT ''`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(
      `ALTER TABLE company DROP COLUMN closed_to_dealers, DROP COLUMN closed_message_ru, DROP COLUMN closed_message_en`,
    );
  }
}
