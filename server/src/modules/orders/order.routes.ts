import {
  ExchangeOrders,
  ExchangeResult,
  FindOrders,
  LinkedOrder,
  ListOrders,
  OrderCard,
  OrderCounts,
  OrderNumber,
  OrderRow,
} from '@otklik/shared/orders';
import { ordersApi } from '@otklik/shared/orders.api';
import { Nothing } from '@otklik/shared/people';
import * as z from 'zod';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { OrderService } from './order.service';

export function orderRoutes(api: Api<Actor>, orders: OrderService): void {
  api.mount(
    ordersApi.list,
    {
      input: ListOrders,
      output: z.object({ items: z.array(OrderRow), nextCursor: z.string().nullable() }),
    },
    (actor, input) => orders.list(actor, input),
  );
  // Before the card: `counts` and `find` are no numbers.
  api.mount(ordersApi.counts, { input: Nothing, output: OrderCounts }, (actor) =>
    orders.counts(actor),
  );
  api.mount(
    ordersApi.find,
    { input: FindOrders, output: z.object({ items: z.array(LinkedOrder) }) },
    async (actor, input) => ({ items: await orders.find(actor, input) }),
  );
  api.mount(ordersApi.card, { input: OrderNumber, output: OrderCard }, (actor, { number }) =>
    orders.getCard(actor, number),
  );
  api.mountIntegration(
    ordersApi.exchange,
    { input: ExchangeOrders, output: ExchangeResult },
    (input) => orders.exchange(input.orders),
  );
}
