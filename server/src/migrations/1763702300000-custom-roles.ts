import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Roles that admins make of named rights, and who has them. */
export class CustomRoles1763702300000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE custom_role (
        id uuid PRIMARY KEY,
        name text NOT NULL CHECK (name <> ''),
        base text NOT NULL CHECK (base IN ('manager', 'supervisor', 'admin')),
        rights text[] NOT NULL,
        rev integer NOT NULL DEFAULT 1,
        -- What raises others, or shows what they see, is for admins alone.
        CHECK (base = 'admin' OR NOT rights && ARRAY['staff.manage', 'token.manage', 'person.view_as']),
        UNIQUE (id, base))`);
    await q.query(`CREATE UNIQUE INDEX custom_role_name ON custom_role (lower(name))`);
    // Whoever has it has its base as his role: the base changes with all of them.
    await q.query(`
      ALTER TABLE person
        ADD COLUMN custom_role_id uuid,
        ADD CONSTRAINT person_custom_role FOREIGN KEY (custom_role_id, role)
          REFERENCES custom_role (id, base) ON UPDATE CASCADE`);
    await q.query(
      `CREATE INDEX person_custom_role ON person (custom_role_id) WHERE custom_role_id IS NOT NULL`,
    );
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`ALTER TABLE person DROP COLUMN custom_role_id`);
    await q.query(`DROP TABLE custom_role`);
  }
}
