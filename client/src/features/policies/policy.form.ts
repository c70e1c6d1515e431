import { LONGEST_TARGET_MINUTES } from '@otklik/shared/limits';
import type { PolicyDraft, PolicyView } from '@otklik/shared/policies';
import type { Language } from '../../platform/i18n';
import { parseWorkTime, writeWorkTime } from './workTime';

export const TARGETS = [
  'firstResponseMinutes',
  'nextResponseMinutes',
  'resolutionMinutes',
  'questionMinutes',
] as const;
export type Target = (typeof TARGETS)[number];

/** A policy as it is typed: all text, empty = everything, or no such target. */
export interface PolicyForm extends Record<Target, string> {
  name: string;
  dealerId: string;
  groupId: string;
  priority: '' | NonNullable<PolicyDraft['priority']>;
  topicId: string;
  typeCode: string;
  warnPercent: string;
}
export type PolicyField = keyof PolicyForm | 'match';

export const emptyForm = (): PolicyForm => ({
  ...{ name: '', dealerId: '', groupId: '', priority: '', topicId: '', typeCode: '' },
  ...{ firstResponseMinutes: '', nextResponseMinutes: '', resolutionMinutes: '' },
  ...{ questionMinutes: '', warnPercent: '75' },
});

export function formOf(policy: PolicyView, dayMinutes: number, language: Language): PolicyForm {
  const typed = (target: Target) => {
    const minutes = policy[target];
    return minutes === null ? '' : writeWorkTime(minutes, dayMinutes, language);
  };
  return {
    name: policy.name,
    dealerId: policy.dealerId ?? '',
    groupId: policy.groupId ?? '',
    priority: policy.priority ?? '',
    topicId: policy.topicId ?? '',
    typeCode: policy.typeCode ?? '',
    firstResponseMinutes: typed('firstResponseMinutes'),
    nextResponseMinutes: typed('nextResponseMinutes'),
    resolutionMinutes: typed('resolutionMinutes'),
    questionMinutes: typed('questionMinutes'),
    warnPercent: String(policy.warnPercent),
  };
}

/** What the form says, and which of its fields say nothing that can be; the draft is whole when none does. */
export function readForm(
  form: PolicyForm,
  dayMinutes: number,
): { draft: PolicyDraft; wrong: Set<PolicyField> } {
  const wrong = new Set<PolicyField>();
  const target = (field: Target): number | null => {
    const minutes = parseWorkTime(form[field], dayMinutes);
    if (minutes === null) return null;
    if (minutes !== undefined && minutes >= 1 && minutes <= LONGEST_TARGET_MINUTES) return minutes;
    wrong.add(field);
    return null;
  };
  const warnPercent = Number(form.warnPercent || Number.NaN);
  if (!Number.isInteger(warnPercent) || warnPercent < 1 || warnPercent > 99)
    wrong.add('warnPercent');
  if (!form.name.trim()) wrong.add('name');
  if (form.dealerId && form.groupId) wrong.add('groupId');
  return {
    draft: {
      name: form.name.trim(),
      dealerId: form.dealerId || null,
      groupId: form.groupId || null,
      priority: form.priority || null,
      topicId: form.topicId || null,
      typeCode: form.typeCode || null,
      firstResponseMinutes: target('firstResponseMinutes'),
      nextResponseMinutes: target('nextResponseMinutes'),
      resolutionMinutes: target('resolutionMinutes'),
      questionMinutes: target('questionMinutes'),
      warnPercent: wrong.has('warnPercent') ? 75 : warnPercent,
    },
    wrong,
  };
}
