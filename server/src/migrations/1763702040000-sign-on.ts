import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Colleagues who come in through the company's OpenID Connect provider. */
export class SignOn1763702040000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE sign_on_identity (
        issuer text NOT NULL,
        subject text NOT NULL,
        person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
        linked_at timestamptz NOT NULL,
        PRIMARY KEY (issuer, subject),
        -- Of two accounts there with one address, the second does not become the same person here.
        CONSTRAINT sign_on_identity_person UNIQUE (issuer, person_id)
      )`);
    await q.query(`ALTER TABLE session ADD COLUMN signed_on boolean NOT NULL DEFAULT false`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`ALTER TABLE session DROP COLUMN signed_on`);
    await q.query(`DROP TABLE sign_on_identity`);
  }
}
