import type {
  LinkedOrder,
  OrderCard,
  OrderLine,
  OrderRow,
  OrderState,
} from '@otklik/shared/orders';

/** A row of the table `dealer_order` with its dealer's name, as SQL answers it. */
export interface OrderRecord {
  id: string;
  number: string;
  dealer_id: string;
  dealer_name: string;
  state: OrderState;
  created_at: Date;
  ship_on: string | null;
  places: number | null;
  weight_kg: number | null;
  carrier: string;
  contract: string;
  accepted_at: Date | null;
  picked_at: Date | null;
  shipped_at: Date | null;
  delivered_at: Date | null;
  line_count: number;
  total_kopecks: number;
  updated_at: Date;
}

/** `SELECT` list and source of an {@link OrderRecord}; the order is `o`, its dealer `d`. */
export const SELECT_ORDERS = `
  SELECT o.id, o.number, o.dealer_id, d.name AS dealer_name, o.state, o.created_at, o.ship_on, o.places, o.weight_kg,
    o.carrier, o.contract, o.accepted_at, o.picked_at, o.shipped_at, o.delivered_at, o.line_count, o.total_kopecks, o.updated_at
  FROM dealer_order o JOIN dealer d ON d.id = o.dealer_id`;

export interface OrderLineRecord {
  line_no: number;
  product_code: string;
  product_name: string;
  unit: string;
  quantity: number;
  price_kopecks: number;
  sum_kopecks: number;
}

/** Appeals of a viewer that link an order. */
export interface AppealLink {
  id: string;
  no: number;
}

/** An order as it stands in a thread; the same for everyone who may see it, so it may be broadcast. */
export function linkedOrder(order: OrderRecord): LinkedOrder {
  return {
    id: order.id,
    number: order.number,
    dealerId: order.dealer_id,
    dealerName: order.dealer_name,
    state: order.state,
    createdAt: order.created_at.toISOString(),
    shipOn: order.ship_on,
    places: order.places,
    lineCount: order.line_count,
    totalKopecks: order.total_kopecks,
    updatedAt: order.updated_at.toISOString(),
  };
}

/** An order in the list of a viewer, with the appeals this viewer may see. */
export function orderRow(order: OrderRecord, appeals: readonly AppealLink[]): OrderRow {
  return { ...linkedOrder(order), appeals: appeals.map(({ id, no }) => ({ id, no })) };
}

export function orderCard(
  order: OrderRecord,
  lines: readonly OrderLineRecord[],
  appeals: readonly AppealLink[],
): OrderCard {
  const at = (moment: Date | null) => moment?.toISOString() ?? null;
  return {
    ...orderRow(order, appeals),
    contract: order.contract,
    carrier: order.carrier,
    weightKg: order.weight_kg,
    stages: {
      acceptedAt: at(order.accepted_at),
      pickedAt: at(order.picked_at),
      shippedAt: at(order.shipped_at),
      deliveredAt: at(order.delivered_at),
    },
    lines: lines.map(orderLine),
  };
}

function orderLine(line: OrderLineRecord): OrderLine {
  return {
    lineNo: line.line_no,
    productCode: line.product_code,
    productName: line.product_name,
    unit: line.unit,
    quantity: line.quantity,
    priceKopecks: line.price_kopecks,
    sumKopecks: line.sum_kopecks,
  };
}
