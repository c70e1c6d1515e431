import type { Notice, StaffNotice } from '@otklik/shared/notices';
import { useI18n } from 'vue-i18n';

import { useFormat } from '../../platform/useFormat';
import { useSession } from '../session';

/** Notices told together: what waited for working hours is one list. */
interface NoticeGroup {
  key: string;
  /** It waited: its list has a heading of its own. */
  at: string | null;
  items: Notice[];
}

/** In the order they came; neighbours that waited for the same opening are one group. */
export function groupNotices(items: readonly Notice[]): NoticeGroup[] {
  const groups: NoticeGroup[] = [];
  for (const notice of items) {
    const at = notice.audience === 'staff' && notice.deferred ? notice.at : null;
    const last = groups.at(-1);
    if (last?.at === at) last.items.push(notice);
    else groups.push({ key: notice.id, at, items: [notice] });
  }
  return groups;
}

/** Where a notice leads. */
export const noticePlace = (notice: Notice): string =>
  notice.kind === 'contacts_changed'
    ? `/dealers/${notice.dealerId}/general`
    : `/a/${notice.appeal.no}`;

/** Plain words of a notice. */
export function useNoticeWords() {
  const { t } = useI18n();
  const format = useFormat();
  const session = useSession();

  function headOf(notice: StaffNotice): string {
    if (notice.kind === 'contacts_changed')
      return t('notices.contactsChanged', { who: notice.change.by });
    if (notice.kind === 'question_asked')
      return t('notices.questionAsked', { who: notice.by.name });
    if (notice.kind === 'question_missed')
      return notice.to.id === session.personId
        ? t('notices.questionMissedByYou', { who: notice.by.name })
        : t('notices.questionMissed', { who: notice.to.name });
    if (notice.kind !== 'reminder') return t(`notices.${notice.kind}`);
    if (notice.action === 'reassign_team') return t('notices.returned');
    const clock = t(`notices.clock.${notice.clockKind}`);
    const when = format.dayTime(notice.dueAt);
    // As it stood when the step came: a list of the morning tells of the night.
    return notice.firedAt <= notice.dueAt
      ? t('notices.near', { clock, when })
      : t('notices.late', { clock, when });
  }

  return {
    head: (notice: Notice): string =>
      notice.audience === 'staff' ? headOf(notice) : t('notices.answerAwaited'),
    /** Of changed contacts: each field, as it was and as it became. */
    changes: (notice: Notice) =>
      notice.kind === 'contacts_changed'
        ? notice.change.fields.map(({ field, before, after }) => ({
            name: t(`notices.fields.${field}`),
            before: before || t('notices.empty'),
            after: after || t('notices.empty'),
          }))
        : [],
    detail(notice: Notice): string {
      if (notice.audience === 'staff') {
        if (notice.kind === 'contacts_changed') return '';
        const due = 'by' in notice ? notice.dueAt : null;
        return due === null
          ? notice.dealerName
          : `${t('notices.questionDue', { when: format.dayTime(due) })} · ${notice.dealerName}`;
      }
      return notice.closesAt === null
        ? ''
        : t('notices.closes', { when: format.dayTime(notice.closesAt) });
    },
  };
}
