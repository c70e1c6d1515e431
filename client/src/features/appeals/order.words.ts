import type { OrderState } from '@otklik/shared/orders';
import type { RouteLocationRaw } from 'vue-router';

/** How many of the four stages (accepted, picked, shipped, delivered) are reached. */
export function stagesDone(state: OrderState): number {
  const reached: Record<OrderState, number> = {
    accepted: 1,
    picking: 2,
    shipped: 3,
    in_transit: 3,
    delivered: 4,
    cancelled: 0,
  };
  return reached[state];
}

export const orderAddress = (number: string): RouteLocationRaw =>
  `/orders/${encodeURIComponent(number)}`;

/** A day without a time as a moment of the viewer's own day, so that no zone moves it to its neighbour. */
export const shippedOn = (day: string): Date => new Date(`${day}T12:00:00`);
