/**
 * Dealers: their cards, visitors and visitors' sessions, as staff manage them; contacts, which a dealer changes himself.
 *
 * Tables: dealer; writes visitors into person and ends sessions through the module people (reads appeal, calendar).
 * Tells all nodes: dealer_changed; through people: session_ended, rights_changed. Hears nothing.
 */
export { createContactService, type ContactsChanged } from './contacts.service';
export { Dealer } from './dealer.entity';
export { DEALER_CHANGED } from './dealer.repository';
export { createDealerService, type DealerService } from './dealers.service';
export { dealerRoutes } from './dealers.routes';
