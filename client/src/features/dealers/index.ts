/**
 * Dealers: the list and the card of a dealer, his visitors, their sessions, the log of changes. Hears nothing.
 */
export { routes } from './dealers.routes';
