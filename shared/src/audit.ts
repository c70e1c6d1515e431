import * as z from 'zod';
import { AUDIT_KINDS } from './audit-words';
import { moment, paging } from './text';

const named = z.object({ id: z.uuid(), name: z.string() });
const fields = z.record(z.string(), z.unknown()).nullable();

/** One line of the audit log, for admins. */
export const AuditEntry = z.object({
  id: z.uuid(),
  at: moment,
  kind: z.enum(AUDIT_KINDS),
  /** `<subject>.<past tense>`, e.g. `visitor.changed`. */
  action: z.string(),
  /** Null: the system, or nobody known. */
  actor: named.nullable(),
  sessionId: z.uuid().nullable(),
  address: z.string().nullable(),
  dealer: named.nullable(),
  subjectId: z.uuid().nullable(),
  subject: z.string(),
  before: fields,
  after: fields,
});
export type AuditEntry = z.infer<typeof AuditEntry>;

const day = z.iso.date().refine((date) => date >= '2000', 'is before everything');
const filters = {
  personId: z.uuid().optional(),
  kind: z.enum(AUDIT_KINDS).optional(),
  dealerId: z.uuid().optional(),
  /** Days of the company's calendar, both included. */
  from: day.optional(),
  to: day.optional(),
  /** Anywhere in the line: a name, an address, a changed value. */
  q: z.string().trim().max(200).optional(),
};
export const AuditFilters = z.strictObject(filters);
export type AuditFilters = z.input<typeof AuditFilters>;
export const AuditQuery = z.strictObject({
  ...filters,
  ...paging,
});
export type AuditQuery = z.input<typeof AuditQuery>;

/** A page of lines. With `q` it may hold few or none and still go on: a page looks through so many lines at most, back to `searchedTo`. */
export const AuditPage = z.object({
  items: z.array(AuditEntry),
  nextCursor: z.string().nullable(),
  searchedTo: moment.nullable(),
});
export type AuditPage = z.infer<typeof AuditPage>;

/** A file that the browser makes of what it was given, or prints: written down before it does. */
export const RecordExport = z.strictObject({
  what: z.enum(['report', 'calendar']),
  format: z.enum(['csv', 'xlsx', 'ics', 'print']),
  name: z.string().trim().min(1).max(200),
});
export type RecordExport = z.input<typeof RecordExport>;
