import type { AuditFilters, AuditPage, AuditQuery, RecordExport } from './audit';
import type { Done } from './people';
import { route } from './route';

export const auditApi = {
  list: route<AuditQuery, AuditPage>('GET', '/audit', 'audit.read'),
  /** All lines that fit, as a file. */
  csv: route<AuditFilters, ArrayBuffer>('GET', '/audit/csv', 'audit.read'),
  recordExport: route<RecordExport, Done>('POST', '/audit/exports', 'export.record'),
};
