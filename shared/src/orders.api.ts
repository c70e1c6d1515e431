import type {
  ExchangeOrders,
  ExchangeResult,
  FindOrders,
  LinkedOrder,
  ListOrders,
  OrderCard,
  OrderCounts,
  OrderNumber,
  OrderRow,
} from './orders';
import type { Nothing } from './people';
import { type Page, route } from './route';

export const ordersApi = {
  list: route<ListOrders, Page<OrderRow>>('GET', '/orders'),
  counts: route<Nothing, OrderCounts>('GET', '/orders/counts'),
  find: route<FindOrders, { items: LinkedOrder[] }>('GET', '/orders/find'),
  card: route<OrderNumber, OrderCard>('GET', '/orders/:number'),
  exchange: route<ExchangeOrders, ExchangeResult>('POST', '/exchange/orders'),
};
