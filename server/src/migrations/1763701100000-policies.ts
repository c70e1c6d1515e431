import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Policies by dealer, dealer group and topic; their revision and soft deletion; how far clocks have followed a change. */
export class Policies1763701100000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE dealer_group (
        id uuid PRIMARY KEY,
        name text NOT NULL CHECK (name <> ''),
        deleted_at timestamptz
      )`);
    await q.query(
      `CREATE UNIQUE INDEX dealer_group_name ON dealer_group (lower(name)) WHERE deleted_at IS NULL`,
    );
    // The key says it: a dealer is in one group at most. Of a deleted group the members stay, for undo.
    await q.query(`
      CREATE TABLE dealer_group_member (
        dealer_id uuid PRIMARY KEY REFERENCES dealer,
        group_id uuid NOT NULL REFERENCES dealer_group
      )`);
    await q.query(`
      ALTER TABLE sla_policy
        ADD COLUMN dealer_id uuid REFERENCES dealer,
        ADD COLUMN group_id uuid REFERENCES dealer_group,
        ADD COLUMN topic_id uuid REFERENCES topic,
        ADD COLUMN question_minutes integer CHECK (question_minutes > 0),
        ADD COLUMN rev integer NOT NULL DEFAULT 1,
        -- Clocks refer to the policy they were promised by, so it is never removed.
        ADD COLUMN deleted_at timestamptz,
        ADD CONSTRAINT sla_policy_dealer_or_group CHECK (dealer_id IS NULL OR group_id IS NULL)`);
    await q.query(`DROP INDEX sla_policy_match`);
    await q.query(`
      CREATE UNIQUE INDEX sla_policy_match ON sla_policy (dealer_id, group_id, priority, topic_id, type_code)
        NULLS NOT DISTINCT WHERE deleted_at IS NULL`);
    // One row: the walk over all open clocks that follows the last change of the rules.
    await q.query(`
      CREATE TABLE sla_recompute (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        -- Rises with every change of the rules; the walk begins anew then.
        run integer NOT NULL DEFAULT 0,
        after_id uuid,
        done integer NOT NULL DEFAULT 0,
        total integer,
        finished_at timestamptz
      )`);
    await q.query(`INSERT INTO sla_recompute (finished_at) VALUES (now())`);
    await q.query(`CREATE INDEX sla_clock_open ON sla_clock (appeal_id) WHERE ended_at IS NULL`);
  }

  /** Fails while clocks run by a policy that the old schema cannot tell from another one. */
  async down(q: QueryRunner): Promise<void> {
    await q.query(`DROP INDEX sla_clock_open`);
    await q.query(`DROP TABLE sla_recompute`);
    await q.query(`
      DELETE FROM sla_policy p WHERE (deleted_at IS NOT NULL OR dealer_id IS NOT NULL OR group_id IS NOT NULL OR topic_id IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM sla_clock c WHERE c.policy_id = p.id)`);
    await q.query(`DROP INDEX sla_policy_match`);
    await q.query(`
      ALTER TABLE sla_policy DROP COLUMN dealer_id, DROP COLUMN group_id, DROP COLUMN topic_id,
        DROP COLUMN question_minutes, DROP COLUMN rev, DROP COLUMN deleted_at`);
    await q.query(
      `CREATE UNIQUE INDEX sla_policy_match ON sla_policy (coalesce(type_code, ''), coalesce(priority, ''))`,
    );
    await q.query(`DROP TABLE dealer_group_member, dealer_group`);
  }
}
