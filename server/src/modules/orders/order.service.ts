import type {
  ExchangeOrder,
  ExchangeResult,
  FindOrders,
  LinkedOrder,
  ListOrders,
  OrderCard,
  OrderCounts,
  OrderRow,
} from '@otklik/shared/orders';
import type { Page } from '@otklik/shared/route';
import * as z from 'zod';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { pageOf, readCursor } from '../../platform/paging';
import type { Actor } from '../people';
import { judgeBatch } from './order.batch';
import { orderScope } from './order.policy';
import { orderRepository, type OrderPlace } from './order.repository';
import { orderCard, orderRow, type AppealLink, type OrderRecord } from './order.view';

export interface OrderDeps {
  db: Db;
  now: () => Date;
  /** Of the appeals that link these orders, those the actor may see; orders without any may be left out. */
  visibleAppeals: (actor: Actor, orderIds: string[]) => Promise<Map<string, AppealLink[]>>;
  /** Told after commit about every order that is new or has changed. */
  publish: (orders: LinkedOrder[]) => void;
}

/** What the picker shows at once. */
const FOUND_AT_MOST = 10;
const PROBLEMS_TOLD = 50;

// Years of four digits, as a cursor of ours has them; PostgreSQL knows no year 0.
const Place: z.ZodType<OrderPlace> = z.strictObject({
  createdAt: z.iso.datetime().refine((moment) => moment >= '1'),
  id: z.uuid(),
});

export type OrderService = ReturnType<typeof createOrderService>;

export function createOrderService({ db, now, visibleAppeals, publish }: OrderDeps) {
  /**
   * Orders the actor may see, newest first.
   * @throws invalid_input – a cursor that is not one of this list
   */
  async function list(actor: Actor, input: z.output<typeof ListOrders>): Promise<Page<OrderRow>> {
    const after = readCursor(Place, input.cursor);
    const found = await orderRepository.list(db, orderScope(actor), input, after);
    const { rows, nextCursor } = pageOf(found, input.limit, placeOf);
    const appeals = await visibleAppeals(
      actor,
      rows.map(({ id }) => id),
    );
    return { items: rows.map((order) => orderRow(order, appeals.get(order.id) ?? [])), nextCursor };
  }

  async function counts(actor: Actor): Promise<OrderCounts> {
    return orderRepository.counts(db, orderScope(actor));
  }

  /** For the picker: the newest orders whose number starts so. */
  async function find(
    actor: Actor,
    { prefix, dealerId }: z.output<typeof FindOrders>,
  ): Promise<LinkedOrder[]> {
    return orderRepository.findByPrefix(db, orderScope(actor), {
      prefix,
      dealerId,
      limit: FOUND_AT_MOST,
    });
  }

  /** @throws not_found – no such order, or another dealer's */
  async function getCard(actor: Actor, number: string): Promise<OrderCard> {
    const order = await orderRepository.findByNumber(db, orderScope(actor), number);
    if (order === null) throw fail('not_found', { what: 'order' });
    const lines = await orderRepository.linesOf(db, order.id);
    const appeals = await visibleAppeals(actor, [order.id]);
    return orderCard(order, lines, appeals.get(order.id) ?? []);
  }

  /**
   * Takes orders from the back office: all of them or, when any is wrong, none. The same order again changes nothing.
   * @throws invalid_input – with a path for every wrong field, e.g. `orders.3.number`
   */
  async function exchange(batch: readonly ExchangeOrder[]): Promise<ExchangeResult> {
    return db.transaction(async (tx) => {
      await orderRepository.lockExchange(tx);
      const dealers = await orderRepository.dealersByCode(tx, [
        ...new Set(batch.map(({ dealerCode }) => dealerCode)),
      ]);
      const orders = await orderRepository.known(
        tx,
        batch.map(({ externalId }) => externalId),
        batch.map(({ number }) => number),
      );
      const { problems, created, changed, unchanged } = judgeBatch(batch, { dealers, orders });
      if (problems.length > 0) {
        throw fail('invalid_input', { fields: problems.slice(0, PROBLEMS_TOLD) });
      }
      const written = await orderRepository.write(tx, [...created, ...changed], now());
      if (written.length > 0) tx.afterCommit(() => publish(written));
      return { created: created.length, changed: changed.length, unchanged };
    });
  }

  return { list, counts, find, getCard, exchange };
}

const placeOf = (order: OrderRecord): OrderPlace => ({
  createdAt: order.created_at.toISOString(),
  id: order.id,
});
