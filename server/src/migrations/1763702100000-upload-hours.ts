import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many files a person has begun to send within the hour that began with the first of them. */
export class UploadHours1763702100000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE upload_hour (
        person_id uuid PRIMARY KEY REFERENCES person,
        uploads integer NOT NULL CHECK (uploads > 0),
        since timestamptz NOT NULL
      )`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DROP TABLE upload_hour`);
  }
}
