/**
 * Audit: the log as admins read and export it, what is written down besides changes (refusals, exports, downloads), and how long it stays.
 * Lines are written by `recordChange` of people, in the transaction of the change.
 *
 * Tables: audit_entry together with people (reads person, dealer, company).
 * Tells and hears nothing.
 */
export { auditRoutes } from './audit.routes';
export { createAuditService, type AuditService } from './audit.service';
