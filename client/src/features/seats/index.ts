/**
 * Seats: how many people, sessions and connections there are, for admins. Hears nothing.
 */
export { routes } from './seats.routes';
