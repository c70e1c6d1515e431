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
  list: route<ListOrders, Page<OrderRow>>('GET', '/orders', 'order.list'),
  counts: route<Nothing, OrderCounts>('GET', '/orders/counts', 'order.list'),
  find: route<FindOrders, { items: LinkedOrder[] }>('GET', '/orders/find', 'order.list'),
  card: route<OrderNumber, OrderCard>('GET', '/orders/:number', 'order.read'),
  exchange: route<ExchangeOrders, ExchangeResult>('POST', '/exchange/orders', 'order.exchange'),
};
