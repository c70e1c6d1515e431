import type { AuditEntry } from '@otklik/shared/audit';
import type { AuditRow } from './audit.repository';

const namedOf = (id: string | null, name: string | null) =>
  id === null ? null : { id, name: name ?? '' };

export function auditEntryView(row: AuditRow): AuditEntry {
  const { id, at, kind, action, sessionId, address, subjectId, subject, before, after } = row;
  return {
    ...{ id, at: at.toISOString(), kind, action, sessionId, address },
    ...{
      actor: namedOf(row.actorId, row.actorName),
      dealer: namedOf(row.dealerId, row.dealerName),
    },
    ...{ subjectId, subject, before, after },
  };
}

export const CSV_HEAD = [
  ...['at', 'kind', 'action', 'actor', 'actor_id', 'session_id', 'address'],
  ...['dealer', 'subject', 'subject_id', 'before', 'after'],
];

const json = (fields: AuditRow['before']) => (fields === null ? null : JSON.stringify(fields));

/** One line of the file, in the order of {@link CSV_HEAD}. */
export const csvCells = (row: AuditRow): (string | null)[] => [
  ...[row.at.toISOString(), row.kind, row.action, row.actorName, row.actorId, row.sessionId],
  ...[row.address, row.dealerName, row.subject, row.subjectId, json(row.before), json(row.after)],
];
