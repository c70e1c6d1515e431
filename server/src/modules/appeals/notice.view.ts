import type { DealerNotice, StaffNotice } from '@otklik/shared/notices';
import type { NoticeRow } from './notice.repository';

const common = ({ id, toldAt, readAt }: NoticeRow) => ({
  id,
  at: toldAt.toISOString(),
  readAt: readAt?.toISOString() ?? null,
});

/** The one builder of what a dealer gets of a notice: every field is named here. */
export function dealerNotice(row: NoticeRow): DealerNotice {
  if (row.kind !== 'answer_awaited' || row.appeal === null)
    throw new Error('steps of the ladder are for staff');
  const { id, no, subject } = row.appeal;
  return {
    audience: 'dealer',
    ...common(row),
    appeal: { id, no, subject },
    kind: row.kind,
    closesAt: row.closesAt?.toISOString() ?? null,
  };
}

export function staffNotice(row: NoticeRow): StaffNotice {
  const { kind, action, clockKind, dueAt, madeAt, showAt, dealerId, dealerName, question } = row;
  const told = {
    audience: 'staff' as const,
    ...common(row),
    dealerName,
    firedAt: madeAt.toISOString(),
    deferred: showAt > madeAt,
  };
  if (kind === 'contacts_changed' && row.change !== null)
    return { ...told, kind, dealerId, change: row.change };
  if (row.appeal === null) throw new Error('only a change of contacts is about no appeal');
  const ours = { ...told, appeal: row.appeal };
  if (question && (kind === 'question_asked' || kind === 'question_missed'))
    return { ...ours, kind, ...question, dueAt: dueAt?.toISOString() ?? null };
  if (
    (kind !== 'reminder' && kind !== 'given' && kind !== 'taken') ||
    action === null ||
    clockKind === null ||
    dueAt === null
  )
    throw new Error('a notice about an appeal is of a step of the ladder or of a question');
  return { ...ours, kind, action, clockKind, dueAt: dueAt.toISOString() };
}
