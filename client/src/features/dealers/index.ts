/**
 * Dealers: the list and the card of a dealer, his visitors, their sessions, the log of changes.
 * Hears `dealer:news`, which says only that there is something to fetch.
 */
export { routes } from './dealers.routes';
