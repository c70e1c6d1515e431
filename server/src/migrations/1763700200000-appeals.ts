import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Directories, appeals, their threads, readers, clocks. */
export class Appeals1763700200000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE topic (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        code text NOT NULL UNIQUE,
        name_ru text NOT NULL,
        name_en text NOT NULL,
        team_id uuid REFERENCES team,
        position integer NOT NULL DEFAULT 0,
        active boolean NOT NULL DEFAULT true
      )`);
    await q.query(`
      CREATE TABLE appeal_type (
        code text PRIMARY KEY,
        name_ru text NOT NULL,
        name_en text NOT NULL,
        position integer NOT NULL DEFAULT 0
      )`);
    await q.query(`
      INSERT INTO appeal_type (code, name_ru, name_en, position) VALUES
        ('complaint', 'Рекламация', 'Complaint', 1), ('error', 'Ошибка', 'Error', 2), ('question', 'Вопрос', 'Question', 3)`);
    await q.query(
      `INSERT INTO topic (code, name_ru, name_en, position) VALUES ('other', 'Другое', 'Other', 1000)`,
    );
    await q.query(`ALTER TABLE sla_policy ADD FOREIGN KEY (type_code) REFERENCES appeal_type`);

    await q.query(`CREATE SEQUENCE appeal_no START 1001`);
    await q.query(`
      CREATE TABLE appeal (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        no integer NOT NULL UNIQUE DEFAULT nextval('appeal_no'),
        client_id uuid NOT NULL,
        content_hash text NOT NULL,
        dealer_id uuid NOT NULL REFERENCES dealer,
        opened_by uuid NOT NULL REFERENCES person,
        opened_by_name text NOT NULL,
        type_code text NOT NULL REFERENCES appeal_type,
        topic_id uuid NOT NULL REFERENCES topic,
        subject text NOT NULL CHECK (subject <> ''),
        status text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'in_work', 'waiting', 'resolved', 'closed')),
        solved boolean,
        priority text NOT NULL DEFAULT 'normal' CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
        source text NOT NULL DEFAULT 'portal' CHECK (source IN ('portal', 'phone', 'mail', 'messenger')),
        contact_name text,
        assignee_id uuid REFERENCES person,
        team_id uuid REFERENCES team,
        answer_owed_by text CHECK (answer_owed_by IN ('staff', 'dealer')),
        -- Dense numbers of the thread, taken while this row is locked, so that commit order is number order.
        last_seq integer NOT NULL DEFAULT 0,
        last_public_seq integer NOT NULL DEFAULT 0,
        messages integer NOT NULL DEFAULT 0,
        public_messages integer NOT NULL DEFAULT 0,
        -- The other side's furthest read mark, in public numbers.
        seen_by_staff integer NOT NULL DEFAULT 0,
        seen_by_dealer integer NOT NULL DEFAULT 0,
        -- The last thing said, as staff and as dealers see it.
        last_word jsonb,
        public_last_word jsonb,
        last_at timestamptz NOT NULL,
        public_last_at timestamptz NOT NULL,
        rev integer NOT NULL DEFAULT 0,
        public_rev integer NOT NULL DEFAULT 0,
        -- Transaction that last changed the row: for staff, and for what a dealer may notice.
        changed_xid xid8 NOT NULL,
        public_changed_xid xid8 NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT appeal_once UNIQUE (opened_by, client_id),
        CONSTRAINT appeal_numbers CHECK (last_public_seq <= last_seq AND public_messages <= messages AND messages <= last_seq)
      )`);
    await q.query(`CREATE INDEX appeal_changed ON appeal (changed_xid, id)`);
    await q.query(
      `CREATE INDEX appeal_dealer_changed ON appeal (dealer_id, public_changed_xid, id)`,
    );
    await q.query(
      `CREATE INDEX appeal_dealer_last ON appeal (dealer_id, public_last_at DESC, id DESC)`,
    );
    await q.query(`CREATE INDEX appeal_last ON appeal (last_at DESC, id DESC)`);
    await q.query(
      `CREATE INDEX appeal_assignee ON appeal (assignee_id, last_at DESC, id DESC) WHERE status IN ('new', 'in_work', 'waiting')`,
    );
    await q.query(
      `CREATE INDEX appeal_queue ON appeal (last_at DESC, id DESC) WHERE assignee_id IS NULL AND status IN ('new', 'in_work', 'waiting')`,
    );
    await q.query(
      `CREATE INDEX appeal_open ON appeal (last_at DESC, id DESC) WHERE status IN ('new', 'in_work', 'waiting')`,
    );

    await q.query(`
      CREATE TABLE entry (
        id uuid PRIMARY KEY,
        appeal_id uuid NOT NULL REFERENCES appeal,
        seq integer NOT NULL CHECK (seq > 0),
        public_seq integer CHECK (public_seq > 0 AND public_seq <= seq),
        kind text NOT NULL CHECK (kind IN ('message', 'note', 'event')),
        -- Null: the system.
        author_id uuid REFERENCES person,
        author_name text NOT NULL DEFAULT '',
        author_side text CHECK (author_side IN ('dealer', 'staff')),
        author_title text NOT NULL DEFAULT '',
        session_id uuid REFERENCES session,
        client_id uuid,
        content_hash text,
        body text NOT NULL DEFAULT '' CHECK (length(body) <= 10000),
        event_type text,
        facts jsonb,
        mentions uuid[] NOT NULL DEFAULT '{}',
        orders text[] NOT NULL DEFAULT '{}',
        files integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL,
        CONSTRAINT entry_place UNIQUE (appeal_id, seq),
        CONSTRAINT entry_public_place UNIQUE (appeal_id, public_seq),
        CONSTRAINT entry_once UNIQUE (author_id, client_id),
        CONSTRAINT entry_kind CHECK (
          CASE kind
            WHEN 'message' THEN public_seq IS NOT NULL AND author_id IS NOT NULL AND event_type IS NULL
            WHEN 'note' THEN public_seq IS NULL AND author_side = 'staff' AND event_type IS NULL
            ELSE event_type IS NOT NULL AND facts IS NOT NULL
          END),
        CONSTRAINT entry_says_something CHECK (kind = 'event' OR body <> '' OR files > 0),
        CONSTRAINT entry_client CHECK (kind = 'event' OR (client_id IS NOT NULL AND content_hash IS NOT NULL))
      )`);

    await q.query(`
      CREATE TABLE participant (
        appeal_id uuid NOT NULL REFERENCES appeal,
        person_id uuid NOT NULL REFERENCES person,
        side text NOT NULL CHECK (side IN ('dealer', 'staff')),
        joined_at timestamptz NOT NULL,
        left_at timestamptz,
        -- A dealer is shown only staff who spoke to him.
        wrote_publicly boolean NOT NULL DEFAULT false,
        PRIMARY KEY (appeal_id, person_id)
      )`);
    await q.query(
      `CREATE INDEX participant_person ON participant (person_id, appeal_id) WHERE left_at IS NULL`,
    );
    await q.query(`
      CREATE TABLE read_mark (
        appeal_id uuid NOT NULL REFERENCES appeal,
        person_id uuid NOT NULL REFERENCES person,
        -- In the reader's numbering: seq for staff, public_seq for dealers.
        seq integer NOT NULL CHECK (seq >= 0),
        public_seq integer NOT NULL CHECK (public_seq >= 0),
        -- Messages (and notes, for staff) at or below it.
        messages integer NOT NULL CHECK (messages >= 0),
        changed_xid xid8 NOT NULL,
        PRIMARY KEY (person_id, appeal_id)
      )`);
    await q.query(`CREATE INDEX read_mark_appeal ON read_mark (appeal_id)`);
    await q.query(`CREATE INDEX read_mark_changed ON read_mark (person_id, changed_xid)`);
    await q.query(`
      CREATE TABLE mention (
        appeal_id uuid NOT NULL REFERENCES appeal,
        person_id uuid NOT NULL REFERENCES person,
        seq integer NOT NULL,
        PRIMARY KEY (person_id, appeal_id)
      )`);
    await q.query(`CREATE INDEX mention_appeal ON mention (appeal_id)`);

    await q.query(`
      CREATE TABLE sla_clock (
        appeal_id uuid NOT NULL REFERENCES appeal,
        kind text NOT NULL CHECK (kind IN ('first_response', 'next_response', 'resolution')),
        cycle integer NOT NULL CHECK (cycle > 0),
        state text NOT NULL CHECK (state IN ('running', 'paused', 'met', 'breached', 'cancelled')),
        started_at timestamptz NOT NULL,
        target_ms bigint NOT NULL CHECK (target_ms > 0),
        due_at timestamptz,
        warn_at timestamptz,
        warned_at timestamptz,
        -- Below zero when a shorter target came while it was paused.
        remaining_ms bigint,
        last_counted_at timestamptz NOT NULL,
        counted_ms bigint NOT NULL CHECK (counted_ms >= 0),
        ended_at timestamptz,
        breached_at timestamptz,
        policy_id uuid NOT NULL REFERENCES sla_policy,
        calendar_id uuid NOT NULL REFERENCES calendar,
        PRIMARY KEY (appeal_id, kind, cycle),
        CONSTRAINT sla_clock_pause CHECK ((state = 'paused') = (remaining_ms IS NOT NULL)),
        CONSTRAINT sla_clock_running CHECK (state <> 'running' OR (due_at IS NOT NULL AND ended_at IS NULL)),
        CONSTRAINT sla_clock_ended CHECK (state NOT IN ('met', 'cancelled') OR ended_at IS NOT NULL)
      )`);
    await q.query(
      `CREATE UNIQUE INDEX sla_clock_one_answer_owed ON sla_clock (appeal_id) WHERE kind <> 'resolution' AND ended_at IS NULL`,
    );
    await q.query(
      `CREATE UNIQUE INDEX sla_clock_one_resolution ON sla_clock (appeal_id) WHERE kind = 'resolution' AND ended_at IS NULL`,
    );
    await q.query(`CREATE INDEX sla_clock_due ON sla_clock (due_at) WHERE state = 'running'`);
    await q.query(
      `CREATE INDEX sla_clock_warn ON sla_clock (warn_at) WHERE state = 'running' AND warned_at IS NULL`,
    );
    await q.query(
      `CREATE INDEX sla_clock_ended_at ON sla_clock (ended_at) WHERE ended_at IS NOT NULL`,
    );
    await q.query(`
      CREATE TABLE sla_clock_step (
        appeal_id uuid NOT NULL,
        kind text NOT NULL,
        cycle integer NOT NULL,
        no integer NOT NULL CHECK (no > 0),
        at timestamptz NOT NULL,
        action text NOT NULL CHECK (action IN ('started', 'paused', 'resumed', 'warned', 'breached', 'met', 'cancelled', 'retargeted', 'ended')),
        reason text NOT NULL,
        counted_ms bigint NOT NULL CHECK (counted_ms >= 0),
        remaining_ms bigint NOT NULL,
        due_at timestamptz,
        PRIMARY KEY (appeal_id, kind, cycle, no),
        FOREIGN KEY (appeal_id, kind, cycle) REFERENCES sla_clock
      )`);
    // A missed deadline is recorded once, whatever restarts or how many nodes look.
    await q.query(
      `CREATE UNIQUE INDEX sla_clock_step_breach ON sla_clock_step (appeal_id, kind, cycle) WHERE action = 'breached'`,
    );
    await q.query(
      `CREATE UNIQUE INDEX sla_clock_step_warning ON sla_clock_step (appeal_id, kind, cycle) WHERE action = 'warned'`,
    );
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`ALTER TABLE sla_policy DROP CONSTRAINT sla_policy_type_code_fkey`);
    await q.query(
      `DROP TABLE sla_clock_step, sla_clock, mention, read_mark, participant, entry, appeal, appeal_type, topic`,
    );
    await q.query(`DROP SEQUENCE appeal_no`);
  }
}
