/**
 * Macros: ready texts of the staff, their page, and finding one for the composer.
 *
 * Hears nothing: the list is fetched on the page and when "/" is typed.
 */
export { routes } from './macros.routes';

/** Only who types "/" loads it. */
export const loadMacroFinder = () => import('./macro.finder');
