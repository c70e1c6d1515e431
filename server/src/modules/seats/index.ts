/**
 * Seats: how many accounts, sessions and open connections there are, for admins.
 *
 * Tables: none (reads person, session, dealer).
 * Tells and hears nothing but its like on other nodes (`seats:ask`, `seats:told`).
 */
export { createCensus } from './census';
export { seatsRoutes } from './seats.routes';
export { createSeatsService } from './seats.service';
