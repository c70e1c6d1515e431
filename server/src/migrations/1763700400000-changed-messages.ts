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
      CREATE FUNCTION speakers(of_appeal uuid, of_side text) RETURNS jsonb LANGUAGE sql STABLE AS $$
        SELECT coalesce(jsonb_agg(jsonb_build_object('personId', s.author_id, 'name', s.author_name, 'seq', s.seq, 'publicSeq', s.public_seq)
          ORDER BY s.seq DESC), '[]')
        FROM (SELECT author_id, author_name, max(seq) AS seq, max(public_seq) AS public_seq FROM entry
          WHERE appeal_id = of_appeal AND kind = 'message' AND author_side = of_side
          GROUP BY author_id, author_name ORDER BY max(seq) DESC LIMIT 2) s $$`);
    await q.query(`
      UPDATE appeal a SET spoke = jsonb_build_object('staff', speakers(a.id, 'staff'), 'dealer', speakers(a.id, 'dealer'))`);
    await q.query(`DROP FUNCTION speakers`);
    // Commands with an id that found nothing to change: a late repeat must not change anything either.
    await q.query(`
      CREATE TABLE idle_command (
        person_id uuid NOT NULL REFERENCES person,
        client_id uuid NOT NULL,
        content_hash text NOT NULL,
        PRIMARY KEY (person_id, client_id)
      )`);
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
    await q.query(`DROP TABLE company, idle_command`);
    await q.query(`ALTER TABLE appeal DROP spoke`);
    await q.query(`ALTER TABLE entry DROP CONSTRAINT entry_says_something`);
    // There were no stubs before: what was deleted says again what it said.
    await q.query(`
      UPDATE entry e SET body = v.body, files = (SELECT count(*) FROM attachment t WHERE t.entry_id = e.id)
      FROM entry_version v WHERE v.entry_id = e.id AND v.version = e.version - 1 AND e.deleted_at IS NOT NULL`);
    await q.query(`DROP TABLE entry_version`);
    await q.query(`
      ALTER TABLE entry DROP CONSTRAINT entry_reply, DROP CONSTRAINT entry_of_appeal,
        DROP version, DROP edited_at, DROP deleted_at, DROP reply_to`);
    await q.query(
      `ALTER TABLE entry ADD CONSTRAINT entry_says_something CHECK (kind = 'event' OR body <> '' OR files > 0)`,
    );
  }
}
