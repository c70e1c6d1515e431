/**
 * Audit: who did what and when, for admins; and the words of its lines, which a dealer's card shows too. Hears nothing.
 */
export { routes } from './audit.routes';
/** Need the texts `audit` and `admin`. */
export { default as AuditFields } from './AuditFields.vue';
export { actionWords, changedFields } from './audit.words';
export { recordExport } from './export.record';
