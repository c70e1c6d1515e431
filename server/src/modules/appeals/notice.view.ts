import type { DealerNotice, StaffNotice } from '@otklik/shared/notices';
import type { NoticeRow } from './notice.repository';

const common = ({ id, toldAt, readAt, appealId, no, subject }: NoticeRow) => ({
  id,
  at: toldAt.toISOString(),
  readAt: readAt?.toISOString() ?? null,
  appeal: { id: appealId, no, subject },
});

/** The one builder of what a dealer gets of a notice: every field is named here. */
export function dealerNotice(row: NoticeRow): DealerNotice {
  if (row.kind !== 'answer_awaited') throw new Error('steps of the ladder are for staff');
  return {
    audience: 'dealer',
    ...common(row),
    kind: row.kind,
    closesAt: row.closesAt?.toISOString() ?? null,
  };
}

export function staffNotice(row: NoticeRow): StaffNotice {
  const { kind, action, clockKind, dueAt, madeAt, showAt, dealerName, question } = row;
  const ours = {
    audience: 'staff' as const,
    ...common(row),
    dealerName,
    firedAt: madeAt.toISOString(),
    deferred: showAt > madeAt,
  };
  if (question && (kind === 'question_asked' || kind === 'question_missed'))
    return { ...ours, kind, ...question, dueAt: dueAt?.toISOString() ?? null };
  if (
    (kind !== 'reminder' && kind !== 'given' && kind !== 'taken') ||
    action === null ||
    clockKind === null ||
    dueAt === null
  )
    throw new Error('a notice for staff is of a step of the ladder or of a question');
  return { ...ours, kind, action, clockKind, dueAt: dueAt.toISOString() };
}
