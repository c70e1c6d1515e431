import {
  CheckCheck,
  CircleQuestionMark,
  Link,
  Merge,
  Package,
  PanelRight,
  Pencil,
  ShieldCheck,
  Signal,
  SignalHigh,
  SignalLow,
  SignalMedium,
  UserPlus,
} from '@lucide/vue';
import type { AppealCard, Priority, StaffAppeal } from '@otklik/shared/appeals';
import { computed, type Component } from 'vue';
import { useI18n } from 'vue-i18n';

import type { MenuEntry } from '../../ui/layers/look';
import { useLineNeeded } from '../session';

const PRIORITIES: readonly { value: Priority; icon: Component }[] = [
  { value: 'urgent', icon: Signal },
  { value: 'high', icon: SignalHigh },
  { value: 'normal', icon: SignalMedium },
  { value: 'low', icon: SignalLow },
];

/** What the menu of the header offers for an appeal, by rights; keys `priority:<value>` set a priority. */
export function useAppealMenu(
  appeal: () => StaffAppeal | null,
  can: () => AppealCard['can'] | null,
  panelShown: () => boolean,
) {
  const { t } = useI18n();
  const away = useLineNeeded();

  return computed<MenuEntry[]>(() => {
    const may = can();
    const now = appeal();
    const needingLine = away.value ? { disabled: true, hint: away.value } : {};
    const entries: MenuEntry[] = [
      {
        key: 'panel',
        label: t(panelShown() ? 'inbox.menu.hidePanel' : 'inbox.menu.showPanel'),
        icon: PanelRight,
      },
    ];
    if (may?.noAnswerNeeded) {
      entries.push({
        key: 'noAnswerNeeded',
        label: t('inbox.menu.noAnswerNeeded'),
        hint: t('inbox.menu.noAnswerNeededHint'),
        icon: CheckCheck,
        ...needingLine,
      });
    }
    if (may?.pullIn) {
      entries.push({
        key: 'pullIn',
        label: t('inbox.pull.title'),
        icon: UserPlus,
        kbd: 'P',
        ...needingLine,
      });
    }
    if (may?.linkOrder) {
      entries.push({
        key: 'linkOrder',
        label: t('inbox.panel.linkOrder'),
        icon: Package,
        kbd: 'O',
        ...needingLine,
      });
    }
    if (may?.changeFields) {
      entries.push({
        key: 'subject',
        label: t('inbox.menu.subject'),
        icon: Pencil,
        ...needingLine,
      });
    }
    if (may?.merge && now?.mergedInto === null) {
      entries.push({ key: 'merge', label: t('inbox.menu.merge'), icon: Merge, ...needingLine });
    }
    entries.push(
      { key: 'copy', label: t('inbox.menu.copyLink'), icon: Link },
      { key: 'proof', label: t('thread.checkIntegrity'), icon: ShieldCheck, ...needingLine },
    );
    if (may?.changeFields) {
      entries.push(
        { separator: true },
        { heading: t('inbox.fields.priority') },
        ...PRIORITIES.map(({ value, icon }) => ({
          key: `priority:${value}`,
          label: t(`inbox.priorityWord.${value}`),
          icon,
          checked: now?.priority === value,
          disabled: away.value !== null,
        })),
      );
    }
    entries.push(
      { separator: true },
      { key: 'help', label: t('inbox.menu.keys'), icon: CircleQuestionMark, kbd: '?' },
    );
    return entries;
  });
}
