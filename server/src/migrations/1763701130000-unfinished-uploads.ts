import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files that arrive in parts, until they are whole. */
export class UnfinishedUploads1763701130000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE unfinished_upload (
        id uuid PRIMARY KEY,
        client_id uuid NOT NULL,
        uploaded_by uuid NOT NULL REFERENCES person,
        name text NOT NULL CHECK (name <> ''),
        size_bytes bigint NOT NULL CHECK (size_bytes > 0),
        -- Of the whole file as its sender has it; null: he could not tell.
        sha256 text,
        -- What was acknowledged: these files on disk, in this order, are so many bytes.
        parts uuid[] NOT NULL DEFAULT '{}',
        received_bytes bigint NOT NULL DEFAULT 0,
        touched_at timestamptz NOT NULL,
        CONSTRAINT unfinished_upload_once UNIQUE (uploaded_by, client_id),
        CONSTRAINT unfinished_upload_received CHECK (received_bytes BETWEEN 0 AND size_bytes),
        CONSTRAINT unfinished_upload_parts CHECK ((received_bytes = 0) = (cardinality(parts) = 0))
      )`);
    await q.query(`CREATE INDEX unfinished_upload_touched ON unfinished_upload (touched_at)`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DROP TABLE unfinished_upload`);
  }
}
