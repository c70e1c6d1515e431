/** What a line of the audit log is about. */
export const AUDIT_KINDS = [
  'change',
  'sign_in',
  'session',
  'refusal',
  'export',
  'download',
] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];
