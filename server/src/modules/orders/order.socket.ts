import type { LinkedOrder } from '@otklik/shared/orders';
import type { AppServer } from '../../platform/socket';
import { rooms, type Actor } from '../people';

/** Tells the browsers of an order's dealer, and all staff, how the order stands now. Runs after commit. */
export function orderNews(io: Pick<AppServer<Actor>, 'to'>, orders: readonly LinkedOrder[]): void {
  for (const order of orders) {
    io.to([rooms.company(order.dealerId), rooms.staff]).emit('order:news', order);
  }
}
