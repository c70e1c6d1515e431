import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Topics and teams that admins keep: their revision, archived teams, no empty names. */
export class Directories1763702500000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      ALTER TABLE topic
        ADD COLUMN rev integer NOT NULL DEFAULT 1,
        ADD CONSTRAINT topic_named CHECK (name_ru <> '' AND name_en <> '')`);
    // Archived teams stay: appeals, macros and calendars of the past name them.
    await q.query(`
      ALTER TABLE team
        ADD COLUMN rev integer NOT NULL DEFAULT 1,
        ADD COLUMN active boolean NOT NULL DEFAULT true,
        ADD CONSTRAINT team_named CHECK (name_ru <> '' AND name_en <> '')`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(
      `ALTER TABLE team DROP COLUMN rev, DROP COLUMN active, DROP CONSTRAINT team_named`,
    );
    await q.query(`ALTER TABLE topic DROP COLUMN rev, DROP CONSTRAINT topic_named`);
  }
}
