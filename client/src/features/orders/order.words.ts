import type { OrderState } from '@otklik/shared/orders';

/** How many of the four stages (accepted, picked, shipped, delivered) are reached; a cancelled order has none. */
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

export const orderAddress = (number: string): string => `/orders/${encodeURIComponent(number)}`;

/** A day without a time as a moment of the viewer's own day, so that no zone moves it to its neighbour. */
export const dayMoment = (day: string): Date => new Date(`${day}T12:00:00`);
