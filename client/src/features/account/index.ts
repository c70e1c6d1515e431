/**
 * Account: what a person sees and changes about himself: name, password, sessions, appearance; of a dealer's
 * people also the contacts of their company.
 * Hears nothing.
 */
export { routes } from './account.routes';
