/**
 * Orders: lists, cards and the picker of a dealer's orders. Hears `order:news`.
 */
export { useOrders, type OrderFilters } from './orders.store';
