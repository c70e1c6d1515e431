import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sessions in which an admin sees the portal as somebody else, for an hour at most. */
export class Viewings1763702400000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE viewing (
        session_id uuid PRIMARY KEY REFERENCES session ON DELETE CASCADE,
        -- What the browser takes for its session meanwhile, so that no tab mixes the two up.
        id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
        person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
        begun_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        CONSTRAINT viewing_at_most_an_hour
          CHECK (ends_at > begun_at AND ends_at <= begun_at + interval '1 hour')
      )`);
    await q.query(`CREATE INDEX viewing_person ON viewing (person_id)`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DROP TABLE viewing`);
  }
}
