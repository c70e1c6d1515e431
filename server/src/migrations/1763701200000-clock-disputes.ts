import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A side says that a clock is wrong; a supervisor settles it. */
export class ClockDisputes1763701200000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE clock_dispute (
        id uuid PRIMARY KEY,
        appeal_id uuid NOT NULL,
        kind text NOT NULL,
        cycle integer NOT NULL,
        side text NOT NULL CHECK (side IN ('dealer', 'staff')),
        claim text NOT NULL CHECK (claim IN ('had_answered', 'owes_nothing')),
        comment text NOT NULL DEFAULT '' CHECK (length(comment) <= 1000),
        raised_by uuid NOT NULL REFERENCES person,
        raised_by_name text NOT NULL,
        raised_at timestamptz NOT NULL,
        outcome text CHECK (outcome IN ('accepted', 'rejected')),
        reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
        settled_by uuid REFERENCES person,
        settled_by_name text,
        settled_at timestamptz,
        FOREIGN KEY (appeal_id, kind, cycle) REFERENCES sla_clock,
        CONSTRAINT clock_dispute_settled CHECK (
          (outcome IS NULL) = (settled_at IS NULL) AND (outcome IS NULL) = (settled_by IS NULL)
          AND (outcome IS NULL) = (settled_by_name IS NULL) AND (outcome IS NULL) = (reason = ''))
      )`);
    // One open dispute for each clock and cycle of each side: the staff's own may not be felt by the dealer.
    await q.query(
      `CREATE UNIQUE INDEX clock_dispute_one_open ON clock_dispute (appeal_id, kind, cycle, side) WHERE outcome IS NULL`,
    );
    await q.query(`CREATE INDEX clock_dispute_appeal ON clock_dispute (appeal_id, raised_at)`);
    await q.query(
      `CREATE INDEX clock_dispute_open ON clock_dispute (raised_at, id) WHERE outcome IS NULL`,
    );
  }

  async down(q: QueryRunner): Promise<void> {
    // The lines keep their numbers, as a change of nothing: what is older does not know their types.
    await q.query(
      `UPDATE entry SET event_type = 'fields', facts = '{"changes": []}' WHERE event_type IN ('clock_disputed', 'dispute_settled')`,
    );
    await q.query(`DROP TABLE clock_dispute`);
  }
}
