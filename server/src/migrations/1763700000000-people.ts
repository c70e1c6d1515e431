import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Installation facts, dealers, people, sessions, the log of changes. */
export class People1763700000000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE installation (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        -- A restored backup or another database gets another epoch, so that old sync cursors are recognised.
        epoch uuid NOT NULL DEFAULT gen_random_uuid(),
        cursor_key bytea NOT NULL DEFAULT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'),
        demo_password text,
        -- Set before the first row of demo data: started but not loaded means that the loader was cut off.
        demo_started_at timestamptz,
        demo_loaded_at timestamptz,
        CONSTRAINT installation_demo CHECK (demo_loaded_at IS NULL OR demo_started_at IS NOT NULL)
      )`);
    await q.query(`INSERT INTO installation DEFAULT VALUES`);
    await q.query(`
      CREATE TABLE team (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        code text NOT NULL UNIQUE,
        name_ru text NOT NULL,
        name_en text NOT NULL
      )`);
    await q.query(`
      CREATE TABLE dealer (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        code text NOT NULL UNIQUE CHECK (code <> ''),
        name text NOT NULL CHECK (name <> ''),
        tax_id text NOT NULL DEFAULT '',
        zone text NOT NULL,
        contract text NOT NULL DEFAULT '',
        phone text NOT NULL DEFAULT '',
        email text NOT NULL DEFAULT '',
        address text NOT NULL DEFAULT '',
        debt_limit_kopecks bigint CHECK (debt_limit_kopecks >= 0),
        manager_id uuid,
        several_sessions boolean NOT NULL DEFAULT true,
        max_sessions integer NOT NULL DEFAULT 5 CHECK (max_sessions BETWEEN 1 AND 50),
        new_visitor_access boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await q.query(`
      CREATE TABLE person (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        login text NOT NULL CHECK (login <> ''),
        password_hash text NOT NULL,
        name text NOT NULL CHECK (name <> ''),
        job_title text NOT NULL DEFAULT '',
        role text NOT NULL CHECK (role IN ('dealer', 'manager', 'supervisor', 'admin')),
        dealer_id uuid REFERENCES dealer,
        email text NOT NULL DEFAULT '',
        phone text NOT NULL DEFAULT '',
        access_allowed boolean NOT NULL DEFAULT true,
        session_rule text NOT NULL DEFAULT 'dealer' CHECK (session_rule IN ('dealer', 'one', 'several')),
        max_sessions integer CHECK (max_sessions BETWEEN 1 AND 50),
        -- Several people use this login; each session names its person.
        shared boolean NOT NULL DEFAULT false,
        scope text NOT NULL DEFAULT 'all' CHECK (scope IN ('all', 'own')),
        settings jsonb NOT NULL DEFAULT '{}',
        -- Grows when what this person may see changes; his sync cursors of before are then of no use.
        rights_version integer NOT NULL DEFAULT 1,
        last_sign_in_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT person_side CHECK ((role = 'dealer') = (dealer_id IS NOT NULL))
      )`);
    await q.query(`CREATE UNIQUE INDEX person_login ON person (lower(login))`);
    await q.query(`CREATE INDEX person_dealer ON person (dealer_id) WHERE dealer_id IS NOT NULL`);
    await q.query(`ALTER TABLE dealer ADD FOREIGN KEY (manager_id) REFERENCES person`);
    await q.query(`
      CREATE TABLE person_team (
        person_id uuid NOT NULL REFERENCES person,
        team_id uuid NOT NULL REFERENCES team,
        PRIMARY KEY (person_id, team_id)
      )`);
    await q.query(`
      CREATE TABLE session (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        -- SHA-256 of the random token in the cookie; the token itself is nowhere on the server.
        token_hash bytea NOT NULL UNIQUE,
        person_id uuid NOT NULL REFERENCES person,
        -- Who writes from here when the login is shared.
        person_name text CHECK (person_name <> ''),
        device text NOT NULL,
        device_kind text NOT NULL CHECK (device_kind IN ('phone', 'computer')),
        address text,
        -- The address without its last, freely chosen part; a network where the person signed in before is trusted a little more.
        network text,
        -- Lasts a fixed time from sign-in; otherwise every sign of life puts the end off.
        remembered boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_seen_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        ended_reason text CHECK (ended_reason IN ('signed_out', 'ended_by_self', 'ended_by_staff', 'replaced', 'access_closed', 'rights_changed', 'expired')),
        ended_by uuid REFERENCES person,
        CONSTRAINT session_end CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
      )`);
    await q.query(`CREATE INDEX session_live ON session (person_id) WHERE ended_at IS NULL`);
    await q.query(`CREATE INDEX session_network ON session (person_id, network)`);
    await q.query(`CREATE INDEX session_expiry ON session (expires_at) WHERE ended_at IS NULL`);
    await q.query(`
      CREATE TABLE sign_in_failure (
        -- 'login:<person, or the login when nobody has it>', 'network:<network>' or 'password:<person>'
        subject text PRIMARY KEY,
        failures integer NOT NULL,
        since timestamptz NOT NULL
      )`);
    await q.query(`
      CREATE TABLE integration_token (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        name text NOT NULL,
        token_hash bytea NOT NULL UNIQUE,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz,
        revoked_at timestamptz
      )`);
    await q.query(`
      CREATE TABLE audit_entry (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        actor_id uuid REFERENCES person,
        session_id uuid REFERENCES session,
        action text NOT NULL,
        dealer_id uuid REFERENCES dealer,
        subject_id uuid,
        subject text NOT NULL DEFAULT '',
        before jsonb,
        after jsonb
      )`);
    await q.query(`CREATE INDEX audit_entry_dealer ON audit_entry (dealer_id, at DESC, id DESC)`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`ALTER TABLE dealer DROP CONSTRAINT dealer_manager_id_fkey`);
    await q.query(
      `DROP TABLE audit_entry, integration_token, sign_in_failure, session, person_team, person, dealer, team, installation`,
    );
  }
}
