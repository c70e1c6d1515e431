import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Hours that were changed on the day they held: what has passed stays counted by them. */
export class PastHours1763701105000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE calendar_past (
        calendar_id uuid NOT NULL REFERENCES calendar ON DELETE CASCADE,
        -- The calendar was as follows before this moment, and since the row before it.
        until timestamptz NOT NULL,
        versions jsonb NOT NULL,
        days jsonb NOT NULL,
        PRIMARY KEY (calendar_id, until)
      )`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DROP TABLE calendar_past`);
  }
}
