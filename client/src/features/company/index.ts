/**
 * Company: the rules that hold for everybody, for admins. Hears nothing.
 */
export { routes } from './company.routes';
export { useCompany } from './company.store';
