import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ready texts of the staff, with variables and what happens to the appeal along with them. */
export class Macros1763700800000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE macro (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        -- Who made it, and under which id: sent twice it is made once.
        author_id uuid NOT NULL REFERENCES person,
        client_id uuid NOT NULL,
        content_hash text NOT NULL,
        name text NOT NULL CHECK (name ~ '\\S' AND length(name) <= 80),
        body text NOT NULL CHECK (body ~ '\\S' AND length(body) <= 4000),
        then_status text CHECK (then_status IN ('waiting', 'resolved')),
        scope text NOT NULL CHECK (scope IN ('own', 'team', 'everybody')),
        owner_id uuid REFERENCES person,
        team_id uuid REFERENCES team,
        rev integer NOT NULL DEFAULT 1 CHECK (rev > 0),
        changed_by uuid NOT NULL REFERENCES person,
        changed_at timestamptz NOT NULL,
        deleted_at timestamptz,
        CONSTRAINT macro_once UNIQUE (author_id, client_id),
        CONSTRAINT macro_owner CHECK ((scope = 'own') = (owner_id IS NOT NULL)),
        CONSTRAINT macro_team CHECK ((scope = 'team') = (team_id IS NOT NULL))
      )`);
    await q.query(`CREATE INDEX macro_of_owner ON macro (owner_id) WHERE owner_id IS NOT NULL`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DROP TABLE macro`);
  }
}
