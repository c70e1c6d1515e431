/**
 * Ladder: the steps of escalation around each deadline, and how long a dealer may be silent, for admins. Hears nothing.
 */
export { routes } from './ladder.routes';
