/**
 * Topics and teams as admins keep them. What everybody chooses from is `useDirectories` of appeals.
 * Hears `directory:news`, through that.
 */
export { routes } from './directories.routes';
