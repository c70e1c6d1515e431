import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Browsers a person has signed in from. */
export class KnownDevices1763702030000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE known_device (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
        -- SHA-256 of the random token in the cookie that stays when the person signs out.
        token_hash bytea NOT NULL,
        created_at timestamptz NOT NULL,
        last_seen_at timestamptz NOT NULL,
        -- The first device of a person is his; of each further one he is told on those before, and says so.
        confirmed_at timestamptz,
        CONSTRAINT known_device_once UNIQUE (person_id, token_hash)
      )`);
    await q.query(
      `ALTER TABLE session ADD COLUMN device_id uuid REFERENCES known_device ON DELETE SET NULL`,
    );
    await q.query(`CREATE INDEX session_device ON session (device_id) WHERE device_id IS NOT NULL`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`ALTER TABLE session DROP COLUMN device_id`);
    await q.query(`DROP TABLE known_device`);
  }
}
