/**
 * Orders: what a dealer bought and where it is. The back office fills them through the exchange; people only read them.
 *
 * Tables: dealer_order, order_line (reads dealer; appeal_order, the link to appeals, is written by the appeals module).
 * Publishes: orders that are new or changed, after commit, through the `publish` it is given; `orderNews` tells the browsers.
 * Hears nothing.
 */
export { orderRepository } from './order.repository';
export { orderRoutes } from './order.routes';
export { createOrderService, type OrderService } from './order.service';
export { orderNews } from './order.socket';
