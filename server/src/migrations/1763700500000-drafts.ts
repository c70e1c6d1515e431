import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Words not sent yet, on all sessions of their author; read marks that may also move back. */
export class Drafts1763700500000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE draft (
        person_id uuid NOT NULL REFERENCES person,
        -- The name of the session when several people share the login, or one would read what another is writing.
        writer text NOT NULL,
        -- Null: of a new appeal.
        appeal_id uuid REFERENCES appeal,
        mode text NOT NULL CHECK (mode IN ('reply', 'note')),
        -- Null: being written. Else Send was pressed under this client id and the message is not there yet.
        pending_id uuid,
        -- Null: taken away; kept for a while, so that sessions that were away learn of it.
        content jsonb CHECK (length(content::text) <= 80000),
        rev bigint NOT NULL CHECK (rev > 0),
        session_id uuid NOT NULL REFERENCES session,
        changed_at timestamptz NOT NULL,
        CONSTRAINT draft_one UNIQUE NULLS NOT DISTINCT (person_id, writer, appeal_id, mode, pending_id),
        CONSTRAINT draft_pending CHECK (pending_id IS NULL OR content IS NOT NULL)
      )`);
    await q.query(`
      ALTER TABLE read_mark
        ADD rev integer NOT NULL DEFAULT 1 CHECK (rev > 0),
        -- The revision by which the reader said "unread from here": who does not know of it yet cannot undo it.
        ADD unread_rev integer NOT NULL DEFAULT 0`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`ALTER TABLE read_mark DROP rev, DROP unread_rev`);
    await q.query(`DROP TABLE draft`);
  }
}
