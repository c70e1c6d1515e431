import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The log of changes becomes the audit log: kinds, addresses, pages over all of it, and lines that nobody alters. */
export class Audit1763701900000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      ALTER TABLE audit_entry
        ADD COLUMN kind text NOT NULL DEFAULT 'change'
          CHECK (kind IN ('change', 'sign_in', 'session', 'refusal', 'export', 'download')),
        ADD COLUMN address text`);
    await q.query(
      `UPDATE audit_entry SET kind = 'session', before = before || '{"asked": true}' WHERE action = 'session.ended'`,
    );
    await q.query(`CREATE INDEX audit_entry_at ON audit_entry (at DESC, id DESC)`);
    await q.query(`CREATE INDEX audit_entry_actor ON audit_entry (actor_id, at DESC, id DESC)`);
    await q.query(`CREATE INDEX audit_entry_kind ON audit_entry (kind, at DESC, id DESC)`);
    // Less than a month would let whoever sets it wipe his own traces before anybody looks.
    await q.query(
      `ALTER TABLE company ADD COLUMN audit_days integer NOT NULL DEFAULT 1095 CHECK (audit_days BETWEEN 30 AND 3650)`,
    );
    await q.query(`
      CREATE FUNCTION audit_entry_is_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'lines of the audit log are never changed (%)', lower(TG_OP) USING ERRCODE = 'restrict_violation';
      END $$`);
    await q.query(`
      CREATE TRIGGER audit_entry_is_never_changed BEFORE UPDATE OR TRUNCATE ON audit_entry
      FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_never_changed()`);
    // The sweep needs no password: what is old enough may go, whoever asks, and nothing else may.
    await q.query(`
      CREATE FUNCTION audit_entry_outlives_retention() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM gone, company WHERE gone.at >= clock_timestamp() - make_interval(days => company.audit_days)) THEN
          RAISE EXCEPTION 'lines of the audit log are kept until their time is over' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NULL;
      END $$`);
    await q.query(`
      CREATE TRIGGER audit_entry_outlives_retention AFTER DELETE ON audit_entry REFERENCING OLD TABLE AS gone
      FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_outlives_retention()`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DROP TRIGGER audit_entry_is_never_changed ON audit_entry`);
    await q.query(`DROP TRIGGER audit_entry_outlives_retention ON audit_entry`);
    await q.query(`DROP FUNCTION audit_entry_is_never_changed, audit_entry_outlives_retention`);
    await q.query(`DROP INDEX audit_entry_at, audit_entry_actor, audit_entry_kind`);
    await q.query(`ALTER TABLE company DROP COLUMN audit_days`);
    await q.query(`ALTER TABLE audit_entry DROP COLUMN kind, DROP COLUMN address`);
  }
}
