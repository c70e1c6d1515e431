import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Edited and deleted messages, quotes, the collision guard, rules of the whole company. */
export class ChangedMessages1763700400000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      ALTER TABLE entry
        ADD version integer NOT NULL DEFAULT 1 CHECK (version > 0),
        ADD edited_at timestamptz,
        ADD deleted_at timestamptz,
        ADD reply_to uuid,
        ADD CONSTRAINT entry_of_appeal UNIQUE (appeal_id, id),
        -- A quote never leads out of its appeal.
        ADD CONSTRAINT entry_reply FOREIGN KEY (appeal_id, reply_to) REFERENCES entry (appeal_id, id)`);
    // A deleted message is a stub: nothing of its words may stay in the row.
    await q.query(`ALTER TABLE entry DROP CONSTRAINT entry_says_something`);
    await q.query(`
      ALTER TABLE entry ADD CONSTRAINT entry_says_something CHECK (
        CASE WHEN kind = 'event' THEN deleted_at IS NULL
             WHEN deleted_at IS NOT NULL THEN body = '' AND files = 0
             ELSE body <> '' OR files > 0 END)`);
    // What an entry said before; one row for each version that was replaced.
    await q.query(`
      CREATE TABLE entry_version (
        entry_id uuid NOT NULL REFERENCES entry,
        version integer NOT NULL CHECK (version > 0),
        body text NOT NULL,
        written_at timestamptz NOT NULL,
        replaced_at timestamptz NOT NULL,
        PRIMARY KEY (entry_id, version)
      )`);
    // The last two different speakers of each side, newest first: enough to tell whether somebody else of one's own side has answered.
    await q.query(
      `ALTER TABLE appeal ADD spoke jsonb NOT NULL DEFAULT '{"staff": [], "dealer": []}'`,
    );
    await q.query(`
      CREATE TABLE company (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        edit_minutes integer NOT NULL DEFAULT 15 CHECK (edit_minutes BETWEEN 0 AND 1440),
        guard_staff boolean NOT NULL DEFAULT true,
        guard_dealer boolean NOT NULL DEFAULT true
      )`);
    await q.query(`INSERT INTO company DEFAULT VALUES`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DROP TABLE company`);
    await q.query(`ALTER TABLE appeal DROP spoke`);
    await q.query(`DROP TABLE entry_version`);
    await q.query(`ALTER TABLE entry DROP CONSTRAINT entry_says_something`);
    await q.query(`
      ALTER TABLE entry DROP CONSTRAINT entry_reply, DROP CONSTRAINT entry_of_appeal,
        DROP version, DROP edited_at, DROP deleted_at, DROP reply_to`);
    await q.query(
      `ALTER TABLE entry ADD CONSTRAINT entry_says_something CHECK (kind = 'event' OR body <> '' OR files > 0)`,
    );
  }
}
