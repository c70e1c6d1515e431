import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where entries have arrived, and visitors who may bring colleagues of their dealer in. */
export class ReceiptsAndChiefs1763700600000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    // Stretches of numbers, in the numbering of the session's side. Rows are added, never changed: the moment of each stretch stays.
    // Two stretches of one session, appeal and kind never overlap: the writer holds the session while he adds.
    await q.query(`
      CREATE TABLE receipt (
        session_id uuid NOT NULL REFERENCES session,
        appeal_id uuid NOT NULL REFERENCES appeal,
        kind text NOT NULL CHECK (kind IN ('got', 'shown')),
        from_seq integer NOT NULL CHECK (from_seq > 0),
        to_seq integer NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (session_id, appeal_id, kind, from_seq),
        CONSTRAINT receipt_stretch CHECK (to_seq >= from_seq)
      )`);
    await q.query(`CREATE INDEX receipt_appeal ON receipt (appeal_id, to_seq)`);
    await q.query(`
      ALTER TABLE person
        ADD chief boolean NOT NULL DEFAULT false,
        ADD CONSTRAINT person_chief CHECK (NOT chief OR dealer_id IS NOT NULL)`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`ALTER TABLE person DROP CONSTRAINT person_chief, DROP chief`);
    await q.query(`DROP TABLE receipt`);
  }
}
