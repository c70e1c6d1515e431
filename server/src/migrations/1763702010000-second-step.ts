import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The second step of signing in, and when a session last proved who works in it. */
export class SecondStep1763702010000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE second_step (
        person_id uuid PRIMARY KEY REFERENCES person ON DELETE CASCADE,
        -- Sealed with the key of the installation, which is not in the database.
        secret bytea NOT NULL,
        -- Null while the person is still setting it up.
        confirmed_at timestamptz,
        -- The half minute of the last code that was accepted: it and those before are spent.
        last_period bigint NOT NULL DEFAULT 0
      )`);
    await q.query(`
      CREATE TABLE recovery_code (
        person_id uuid NOT NULL REFERENCES second_step ON DELETE CASCADE,
        -- SHA-256 of 80 random bits; using a code deletes it.
        code_hash bytea NOT NULL,
        PRIMARY KEY (person_id, code_hash)
      )`);
    // Sessions of before have proved nothing yet.
    await q.query(
      `ALTER TABLE session ADD COLUMN proven_at timestamptz NOT NULL DEFAULT to_timestamp(0)`,
    );
    await q.query(`ALTER TABLE session ALTER COLUMN proven_at SET DEFAULT now()`);
    await q.query(`
      ALTER TABLE company ADD COLUMN second_step_roles text[] NOT NULL DEFAULT '{}'
        CHECK (second_step_roles <@ ARRAY['dealer', 'manager', 'supervisor', 'admin'])`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`ALTER TABLE company DROP COLUMN second_step_roles`);
    await q.query(`ALTER TABLE session DROP COLUMN proven_at`);
    await q.query(`DROP TABLE recovery_code, second_step`);
  }
}
