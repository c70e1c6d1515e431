import * as z from 'zod';
import { kopecks, moment, paging, typed, typedOrEmpty } from './text';

/** In the order of the work; `cancelled` stands outside. */
export const ORDER_STATES = [
  'accepted',
  'picking',
  'shipped',
  'in_transit',
  'delivered',
  'cancelled',
] as const;
export const OrderState = z.enum(ORDER_STATES);
export type OrderState = z.infer<typeof OrderState>;

export const OrderRow = z.object({
  id: z.uuid(),
  number: z.string(),
  dealerId: z.uuid(),
  dealerName: z.string(),
  state: OrderState,
  createdAt: moment,
  /** Planned or actual day of shipment. */
  shipOn: z.iso.date().nullable(),
  places: z.number().int().nullable(),
  lineCount: z.number().int(),
  totalKopecks: kopecks,
  /** Appeals the viewer may see that link this order. */
  appeals: z.array(z.object({ id: z.uuid(), no: z.number().int() })),
  /** When the back office last told us. */
  updatedAt: moment,
});
export type OrderRow = z.infer<typeof OrderRow>;

export const OrderLine = z.object({
  lineNo: z.number().int(),
  productCode: z.string(),
  productName: z.string(),
  unit: z.string(),
  quantity: z.number(),
  priceKopecks: kopecks,
  sumKopecks: kopecks,
});
export type OrderLine = z.infer<typeof OrderLine>;

export const OrderCard = OrderRow.extend({
  contract: z.string(),
  carrier: z.string(),
  weightKg: z.number().nullable(),
  /** When each stage was reached, null while ahead. */
  stages: z.object({
    acceptedAt: moment.nullable(),
    pickedAt: moment.nullable(),
    shippedAt: moment.nullable(),
    deliveredAt: moment.nullable(),
  }),
  lines: z.array(OrderLine),
});
export type OrderCard = z.infer<typeof OrderCard>;

/** An order inside a thread: enough for the card and the panel. */
export const LinkedOrder = OrderRow.omit({ appeals: true });
export type LinkedOrder = z.infer<typeof LinkedOrder>;

export const ListOrders = z.strictObject({
  filter: z.enum(['all', 'active', 'delivered']).default('all'),
  q: typedOrEmpty(100).optional(),
  /** Staff only: orders of one dealer. */
  dealerId: z.uuid().optional(),
  ...paging,
});
export type ListOrders = z.input<typeof ListOrders>;
export const OrderCounts = z.object({
  all: z.number().int(),
  active: z.number().int(),
  delivered: z.number().int(),
});
export type OrderCounts = z.infer<typeof OrderCounts>;
export const OrderNumber = z.strictObject({ number: typed(40) });
export type OrderNumber = z.input<typeof OrderNumber>;
/** Picker: numbers that start with `prefix`, newest first. Staff name the appeal's dealer. */
export const FindOrders = z.strictObject({
  prefix: typedOrEmpty(40).default(''),
  dealerId: z.uuid().optional(),
});
export type FindOrders = z.input<typeof FindOrders>;

/* ── Exchange: the back office fills orders ─────────────── */
export const ExchangeLine = z.strictObject({
  productCode: typed(60),
  productName: typed(300),
  unit: typed(20),
  quantity: z.number().positive().max(1e9),
  priceKopecks: kopecks,
});
export const ExchangeOrder = z.strictObject({
  /** Id in the back office; the same id again changes the same order. */
  externalId: typed(100),
  dealerCode: typed(40),
  number: typed(40),
  state: OrderState,
  createdAt: moment,
  shipOn: z.iso.date().nullable().default(null),
  places: z.number().int().min(0).max(100_000).nullable().default(null),
  weightKg: z.number().min(0).max(1e7).nullable().default(null),
  carrier: typedOrEmpty(120).default(''),
  contract: typedOrEmpty(80).default(''),
  acceptedAt: moment.nullable().default(null),
  pickedAt: moment.nullable().default(null),
  shippedAt: moment.nullable().default(null),
  deliveredAt: moment.nullable().default(null),
  lines: z.array(ExchangeLine).min(1).max(1000),
});
export type ExchangeOrder = z.output<typeof ExchangeOrder>;
export const ExchangeOrders = z.strictObject({ orders: z.array(ExchangeOrder).min(1).max(500) });
export type ExchangeOrders = z.input<typeof ExchangeOrders>;
export const ExchangeResult = z.object({
  created: z.number().int(),
  changed: z.number().int(),
  unchanged: z.number().int(),
});
export type ExchangeResult = z.infer<typeof ExchangeResult>;
