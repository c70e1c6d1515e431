import type { LinkedOrder } from '@otklik/shared/orders';
import { rooms } from '../people';

/** The part of the socket server that speaks to rooms. */
interface Speaker {
  to(rooms: string[]): { emit(event: 'order:news', order: LinkedOrder): unknown };
}

/** Tells the browsers of an order's dealer, and all staff, how the order stands now. Runs after commit. */
export function orderNews(io: Speaker, orders: readonly LinkedOrder[]): void {
  for (const order of orders) {
    io.to([rooms.company(order.dealerId), rooms.staff]).emit('order:news', order);
  }
}
