import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files of messages; orders from the back office and their links to appeals. */
export class AttachmentsAndOrders1763700300000 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      CREATE TABLE attachment (
        id uuid PRIMARY KEY,
        client_id uuid NOT NULL,
        uploaded_by uuid NOT NULL REFERENCES person,
        -- Null until a message takes it; then it shares the message's fate and rights.
        entry_id uuid REFERENCES entry,
        appeal_id uuid REFERENCES appeal,
        position integer NOT NULL DEFAULT 0,
        name text NOT NULL CHECK (name <> ''),
        extension text NOT NULL,
        mime text NOT NULL,
        size_bytes bigint NOT NULL CHECK (size_bytes > 0),
        sha256 text NOT NULL,
        width integer,
        height integer,
        has_preview boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT attachment_once UNIQUE (uploaded_by, client_id),
        CONSTRAINT attachment_used CHECK ((entry_id IS NULL) = (appeal_id IS NULL)),
        CONSTRAINT attachment_image CHECK ((width IS NULL) = (height IS NULL))
      )`);
    await q.query(
      `CREATE INDEX attachment_entry ON attachment (entry_id) WHERE entry_id IS NOT NULL`,
    );
    await q.query(
      `CREATE INDEX attachment_appeal ON attachment (appeal_id) WHERE appeal_id IS NOT NULL`,
    );
    await q.query(
      `CREATE INDEX attachment_unused ON attachment (created_at) WHERE entry_id IS NULL`,
    );

    await q.query(`
      CREATE TABLE dealer_order (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        external_id text NOT NULL UNIQUE,
        dealer_id uuid NOT NULL REFERENCES dealer,
        -- Checked when a statement ends, so that two orders may exchange their numbers.
        number text NOT NULL UNIQUE DEFERRABLE,
        state text NOT NULL CHECK (state IN ('accepted', 'picking', 'shipped', 'in_transit', 'delivered', 'cancelled')),
        created_at timestamptz NOT NULL,
        ship_on date,
        places integer CHECK (places >= 0),
        weight_kg numeric CHECK (weight_kg >= 0),
        carrier text NOT NULL DEFAULT '',
        contract text NOT NULL DEFAULT '',
        accepted_at timestamptz,
        picked_at timestamptz,
        shipped_at timestamptz,
        delivered_at timestamptz,
        line_count integer NOT NULL CHECK (line_count > 0),
        total_kopecks bigint NOT NULL CHECK (total_kopecks >= 0),
        -- Hash of what the back office sent: the same again changes nothing.
        content_hash text NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await q.query(
      `CREATE INDEX dealer_order_list ON dealer_order (dealer_id, created_at DESC, id DESC)`,
    );
    await q.query(`CREATE INDEX dealer_order_recent ON dealer_order (created_at DESC, id DESC)`);
    await q.query(
      `CREATE INDEX dealer_order_number ON dealer_order (dealer_id, number text_pattern_ops)`,
    );
    await q.query(`
      CREATE TABLE order_line (
        order_id uuid NOT NULL REFERENCES dealer_order ON DELETE CASCADE,
        line_no integer NOT NULL CHECK (line_no > 0),
        product_code text NOT NULL,
        product_name text NOT NULL,
        unit text NOT NULL,
        quantity numeric NOT NULL CHECK (quantity > 0),
        price_kopecks bigint NOT NULL CHECK (price_kopecks >= 0),
        sum_kopecks bigint NOT NULL CHECK (sum_kopecks >= 0),
        PRIMARY KEY (order_id, line_no)
      )`);
    await q.query(`
      CREATE TABLE appeal_order (
        appeal_id uuid NOT NULL REFERENCES appeal,
        order_id uuid NOT NULL REFERENCES dealer_order,
        linked_at timestamptz NOT NULL,
        linked_by uuid REFERENCES person,
        PRIMARY KEY (appeal_id, order_id)
      )`);
    await q.query(`CREATE INDEX appeal_order_order ON appeal_order (order_id)`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`DROP TABLE appeal_order, order_line, dealer_order, attachment`);
  }
}
