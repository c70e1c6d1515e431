/**
 * Demo data: a supplier, four dealers and their conversations, so that a fresh installation shows its work at once.
 *
 * Tables: installation (what was loaded, and the password); everything else is written through the services of the other modules.
 * Publishes nothing, hears nothing: it runs before the server answers.
 */
export { loadDemo } from './demo.loader';
