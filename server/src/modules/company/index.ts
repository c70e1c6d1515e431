/**
 * Company: the few rules that hold for everybody and that an admin sets.
 *
 * Tables: company.
 * Tells all nodes (NOTIFY): company_changed.
 * Hears its own `company_changed`, to forget what it remembers.
 */
export { COMPANY_CHANGED } from './company.repository';
export { companyRoutes } from './company.routes';
export { createCompanyService } from './company.service';
