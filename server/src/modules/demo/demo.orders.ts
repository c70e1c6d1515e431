import { ExchangeOrder } from '@otklik/shared/orders';
import type { Db } from '../../platform/db';
import { createOrderService } from '../orders';
import type { WorkCalendar } from '../sla';
import { dealers, products } from './demo.content';
import type { DemoOrder, WorkMinutesAgo } from './demo.content';

const DAY_MS = 86_400_000;

interface OrderDeps {
  db: Db;
  now: Date;
  calendar: WorkCalendar;
  /** The moment that lies so much working time before now. */
  momentOf: (ago: WorkMinutesAgo) => Date;
  done: () => void;
}

/** Brings the orders in as the back office would: each evening one batch of what changed that day. */
export async function addOrders(orders: readonly DemoOrder[], deps: OrderDeps): Promise<void> {
  const days = new Map<string, DemoOrder[]>();
  for (const order of orders) {
    const day = dayIn(deps.calendar.zone, deps.momentOf(order.changedAgo));
    days.set(day, [...(days.get(day) ?? []), order]);
  }
  for (const batch of days.values()) {
    const lastChangeAgo = Math.min(...batch.map(({ changedAgo }) => changedAgo));
    const { exchange } = createOrderService({
      db: deps.db,
      now: () => deps.momentOf(lastChangeAgo),
      visibleAppeals: () => Promise.resolve(new Map()),
      publish: () => undefined,
    });
    await exchange(batch.map((order) => toExchange(order, deps)));
    for (const _order of batch) deps.done();
  }
}

function toExchange(order: DemoOrder, { now, calendar, momentOf }: OrderDeps): ExchangeOrder {
  const at = (ago: number | null) => (ago === null ? null : momentOf(ago).toISOString());
  const number = String(order.number);
  return ExchangeOrder.parse({
    externalId: number,
    number,
    dealerCode: dealers[order.dealer].code,
    state: order.state,
    createdAt: at(order.createdAgo),
    shipOn: shipDay(order, now, calendar, momentOf),
    places: order.places,
    weightKg: order.weightKg,
    carrier: order.carrier,
    contract: order.contract,
    // The office looks at a new order within the hour.
    acceptedAt: at(Math.max(order.createdAgo - 40, order.changedAgo)),
    pickedAt: at(pickedAgo(order)),
    shippedAt: at(order.shippedAgo),
    deliveredAt: at(order.deliveredAgo),
    lines: order.lines.map(({ product, quantity, priceKopecks }) => ({
      productCode: product,
      productName: products[product].name,
      unit: products[product].unit,
      quantity,
      priceKopecks,
    })),
  });
}

/** Picking starts when the state says so; of what has left it was a good part of the time before. */
function pickedAgo({ state, createdAgo, changedAgo, shippedAgo }: DemoOrder): number | null {
  if (state === 'picking') return changedAgo;
  if (shippedAgo === null) return null;
  return Math.round(shippedAgo + (createdAgo - shippedAgo) * 0.35);
}

/** The day it left or is to leave, in the company's zone. */
function shipDay(
  { shippedAgo, plannedInDays }: DemoOrder,
  now: Date,
  calendar: WorkCalendar,
  momentOf: OrderDeps['momentOf'],
): string | null {
  const { zone } = calendar;
  if (shippedAgo !== null) return dayIn(zone, momentOf(shippedAgo));
  if (plannedInDays === null) return null;
  let date = new Date(`${dayIn(zone, now)}T00:00:00Z`);
  for (let left = plannedInDays; left > 0;) {
    date = new Date(date.getTime() + DAY_MS);
    if (isWorkDay(date, calendar)) left -= 1;
  }
  return date.toISOString().slice(0, 10);
}

/** @param day midnight UTC of a calendar day */
function isWorkDay(day: Date, { week, exceptions }: WorkCalendar): boolean {
  const weekday = (day.getUTCDay() + 6) % 7;
  const hours = exceptions[day.toISOString().slice(0, 10)] ?? week[weekday] ?? [];
  return hours.length > 0;
}

/** The calendar day of a moment, `2026-11-21`. Canadian English writes dates as ISO 8601 does. */
function dayIn(zone: string, moment: Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(moment);
}
