import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a token of another system may do, until when, and who made it. */
export class IntegrationTokens1763702020000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    // Tokens of before could do the one thing there was.
    await q.query(`
      ALTER TABLE integration_token
        ADD COLUMN scopes text[] NOT NULL DEFAULT '{orders.write}' CHECK (scopes <@ ARRAY['orders.write']),
        ADD COLUMN hint text NOT NULL DEFAULT '',
        ADD COLUMN created_by uuid REFERENCES person ON DELETE SET NULL,
        -- Null: only of tokens that a tool made.
        ADD COLUMN expires_at timestamptz`);
    await q.query(`ALTER TABLE integration_token ALTER COLUMN scopes DROP DEFAULT`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      ALTER TABLE integration_token DROP COLUMN scopes, DROP COLUMN hint, DROP COLUMN created_by, DROP COLUMN expires_at`);
  }
}
