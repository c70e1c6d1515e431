/**
 * Dealers: their cards, visitors and visitors' sessions, as staff manage them.
 *
 * Tables: dealer; writes visitors into person and ends sessions through the module people (reads appeal, calendar).
 * Tells all nodes, through people: session_ended, rights_changed. Hears nothing.
 */
export { Dealer } from './dealer.entity';
export { createDealerService, type DealerService } from './dealers.service';
export { dealerRoutes } from './dealers.routes';
