import type { LinkedOrder, ListOrders, OrderCounts } from '@otklik/shared/orders';
import type * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { linkedOrder, SELECT_ORDERS, type OrderLineRecord, type OrderRecord } from './order.view';

/** A database or a transaction. */
type Reader = Pick<Db, 'query'>;

/** Whose orders a reader may see; `null`: every dealer's. */
export type OrderScope = { dealerId: string } | null;

/** Where a page ended: orders are listed by (created, id), newest first. */
export interface OrderPlace {
  createdAt: string;
  id: string;
}

/** What the back office said about one order, with its dealer found and its sums counted. */
export interface OrderToWrite {
  externalId: string;
  dealerId: string;
  number: string;
  state: string;
  createdAt: string;
  shipOn: string | null;
  places: number | null;
  weightKg: number | null;
  carrier: string;
  contract: string;
  acceptedAt: string | null;
  pickedAt: string | null;
  shippedAt: string | null;
  deliveredAt: string | null;
  totalKopecks: number;
  contentHash: string;
  lines: {
    productCode: string;
    productName: string;
    unit: string;
    quantity: number;
    priceKopecks: number;
    sumKopecks: number;
  }[];
}

/** An order that the exchange wrote before. */
export interface KnownOrder {
  external_id: string;
  dealer_id: string;
  number: string;
  content_hash: string;
}

const inScope = (parameter: string) => `(${parameter}::uuid IS NULL OR o.dealer_id = ${parameter})`;
/** `LIKE` pattern that means the text itself. */
const literally = (text: string) => text.replace(/[\\%_]/g, '\\$&');

const CONDITION = {
  all: 'true',
  active: `o.state NOT IN ('delivered', 'cancelled')`,
  delivered: `o.state = 'delivered'`,
} as const;

// Any number that nobody else uses: batches of the exchange are written one after the other.
const EXCHANGE_LOCK = 7_215_007;

export const orderRepository = {
  /** Orders of a dealer by their numbers, in no particular order; numbers he has no order of are left out. */
  async findByNumbers(
    q: Reader,
    dealerId: string,
    numbers: readonly string[],
  ): Promise<LinkedOrder[]> {
    if (numbers.length === 0) return [];
    const orders = await q.query<OrderRecord>(
      `${SELECT_ORDERS} WHERE o.dealer_id = $1 AND o.number = ANY($2::text[])`,
      [dealerId, numbers],
    );
    return orders.map(linkedOrder);
  },

  /** Orders linked to an appeal, in the order of linking. */
  async ofAppeal(q: Reader, appealId: string): Promise<LinkedOrder[]> {
    const orders = await q.query<OrderRecord>(
      `${SELECT_ORDERS} JOIN appeal_order l ON l.order_id = o.id
       WHERE l.appeal_id = $1 ORDER BY l.linked_at, o.number`,
      [appealId],
    );
    return orders.map(linkedOrder);
  },

  /** One row more than `limit`, so that the caller sees whether there is a next page. */
  async list(
    q: Reader,
    scope: OrderScope,
    { filter, q: words, dealerId, limit }: z.output<typeof ListOrders>,
    after: OrderPlace | null,
  ): Promise<OrderRecord[]> {
    const search = words ? `%${literally(words)}%` : null;
    return q.query<OrderRecord>(
      `${SELECT_ORDERS}
       WHERE ${inScope('$1')} AND ${inScope('$2')} AND ${CONDITION[filter]}
         AND ($3::text IS NULL OR o.number ILIKE $3 OR EXISTS (
           SELECT FROM order_line l WHERE l.order_id = o.id AND (l.product_name ILIKE $3 OR l.product_code ILIKE $3)))
         AND ($4::timestamptz IS NULL OR (o.created_at, o.id) < ($4, $5::uuid))
       ORDER BY o.created_at DESC, o.id DESC LIMIT $6`,
      [
        scope?.dealerId ?? null,
        dealerId ?? null,
        search,
        after?.createdAt ?? null,
        after?.id ?? null,
        limit + 1,
      ],
    );
  },

  async counts(q: Reader, scope: OrderScope): Promise<OrderCounts> {
    const [counts] = await q.query<OrderCounts>(
      `SELECT count(*) AS all, count(*) FILTER (WHERE ${CONDITION.active}) AS active,
         count(*) FILTER (WHERE ${CONDITION.delivered}) AS delivered
       FROM dealer_order o WHERE ${inScope('$1')}`,
      [scope?.dealerId ?? null],
    );
    return {
      all: counts?.all ?? 0,
      active: counts?.active ?? 0,
      delivered: counts?.delivered ?? 0,
    };
  },

  /** Orders whose number starts with `prefix`, newest first. */
  async findByPrefix(
    q: Reader,
    scope: OrderScope,
    { prefix, dealerId, limit }: { prefix: string; dealerId: string | undefined; limit: number },
  ): Promise<LinkedOrder[]> {
    const orders = await q.query<OrderRecord>(
      `${SELECT_ORDERS} WHERE ${inScope('$1')} AND ${inScope('$2')} AND o.number LIKE $3
       ORDER BY o.created_at DESC, o.id DESC LIMIT $4`,
      [scope?.dealerId ?? null, dealerId ?? null, `${literally(prefix)}%`, limit],
    );
    return orders.map(linkedOrder);
  },

  async findByNumber(q: Reader, scope: OrderScope, number: string): Promise<OrderRecord | null> {
    const [order] = await q.query<OrderRecord>(
      `${SELECT_ORDERS} WHERE ${inScope('$1')} AND o.number = $2`,
      [scope?.dealerId ?? null, number],
    );
    return order ?? null;
  },

  linesOf: (q: Reader, orderId: string) =>
    q.query<OrderLineRecord>(
      `SELECT line_no, product_code, product_name, unit, quantity, price_kopecks, sum_kopecks
       FROM order_line WHERE order_id = $1 ORDER BY line_no`,
      [orderId],
    ),

  /* ── Exchange ─────────────────────────────────────────── */

  /**
   * Lets one batch at a time read and write, until its transaction ends: what it checked stays true while it writes,
   * and two batches over the same orders cannot block each other.
   */
  lockExchange: (tx: Tx) => tx.query(`SELECT pg_advisory_xact_lock($1)`, [EXCHANGE_LOCK]),

  /** Ids of dealers by their code in the back office. */
  async dealersByCode(q: Reader, codes: readonly string[]): Promise<Map<string, string>> {
    const dealers = await q.query<{ code: string; id: string }>(
      `SELECT code, id FROM dealer WHERE code = ANY($1::text[])`,
      [codes],
    );
    return new Map(dealers.map(({ code, id }) => [code, id]));
  },

  /** Orders that have one of these external ids or one of these numbers. */
  known: (q: Reader, externalIds: readonly string[], numbers: readonly string[]) =>
    q.query<KnownOrder>(
      `SELECT external_id, dealer_id, number, content_hash FROM dealer_order
       WHERE external_id = ANY($1::text[]) OR number = ANY($2::text[])`,
      [externalIds, numbers],
    ),

  /**
   * Writes orders by external id together with all their lines, and answers them as they are now.
   * Three statements however many there are.
   */
  async write(tx: Tx, orders: readonly OrderToWrite[], at: Date): Promise<LinkedOrder[]> {
    if (orders.length === 0) return [];
    const written = await tx.query<{ id: string; external_id: string }>(
      `INSERT INTO dealer_order (external_id, dealer_id, number, state, created_at, ship_on, places, weight_kg, carrier, contract,
         accepted_at, picked_at, shipped_at, delivered_at, line_count, total_kopecks, content_hash, updated_at)
       SELECT t."externalId", t."dealerId", t.number, t.state, t."createdAt", t."shipOn", t.places, t."weightKg", t.carrier, t.contract,
         t."acceptedAt", t."pickedAt", t."shippedAt", t."deliveredAt", jsonb_array_length(t.lines), t."totalKopecks", t."contentHash", $2
       FROM jsonb_to_recordset($1::jsonb) AS t ("externalId" text, "dealerId" uuid, number text, state text, "createdAt" timestamptz,
         "shipOn" date, places integer, "weightKg" numeric, carrier text, contract text, "acceptedAt" timestamptz,
         "pickedAt" timestamptz, "shippedAt" timestamptz, "deliveredAt" timestamptz, lines jsonb, "totalKopecks" bigint, "contentHash" text)
       ORDER BY t."externalId"
       ON CONFLICT (external_id) DO UPDATE SET number = excluded.number, state = excluded.state, created_at = excluded.created_at,
         ship_on = excluded.ship_on, places = excluded.places, weight_kg = excluded.weight_kg, carrier = excluded.carrier,
         contract = excluded.contract, accepted_at = excluded.accepted_at, picked_at = excluded.picked_at,
         shipped_at = excluded.shipped_at, delivered_at = excluded.delivered_at, line_count = excluded.line_count,
         total_kopecks = excluded.total_kopecks, content_hash = excluded.content_hash, updated_at = excluded.updated_at
       RETURNING id, external_id`,
      [JSON.stringify(orders), at],
    );
    const ids = new Map(written.map(({ id, external_id }) => [external_id, id]));
    const lines = orders.flatMap(({ externalId, lines }) =>
      lines.map((line, index) => ({ ...line, orderId: ids.get(externalId), lineNo: index + 1 })),
    );
    // Two statements and not one: the parts of a single statement do not see each other's rows.
    await tx.query(`DELETE FROM order_line WHERE order_id = ANY($1::uuid[])`, [[...ids.values()]]);
    await tx.query(
      `INSERT INTO order_line (order_id, line_no, product_code, product_name, unit, quantity, price_kopecks, sum_kopecks)
       SELECT t."orderId", t."lineNo", t."productCode", t."productName", t.unit, t.quantity, t."priceKopecks", t."sumKopecks"
       FROM jsonb_to_recordset($1::jsonb) AS t ("orderId" uuid, "lineNo" integer, "productCode" text, "productName" text,
         unit text, quantity numeric, "priceKopecks" bigint, "sumKopecks" bigint)`,
      [JSON.stringify(lines)],
    );
    const now = await tx.query<OrderRecord>(`${SELECT_ORDERS} WHERE o.id = ANY($1::uuid[])`, [
      [...ids.values()],
    ]);
    return now.map(linkedOrder);
  },
};
