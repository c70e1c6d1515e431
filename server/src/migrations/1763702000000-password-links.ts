import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Links by which a person sets his password. */
export class PasswordLinks1763702000000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE password_link (
        -- One a person: a new one takes the place of the one before, and using it deletes it.
        person_id uuid PRIMARY KEY REFERENCES person ON DELETE CASCADE,
        -- SHA-256 of the random token in the link; the token itself is nowhere on the server.
        token_hash bytea NOT NULL UNIQUE,
        kind text NOT NULL CHECK (kind IN ('invitation', 'reset')),
        expires_at timestamptz NOT NULL
      )`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DROP TABLE password_link`);
  }
}
