/**
 * Account: what a person sees and changes about himself: name, password, sessions, appearance.
 * Hears nothing.
 */
export { routes } from './account.routes';
