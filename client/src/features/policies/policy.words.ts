import type { PolicyView } from '@otklik/shared/policies';

import { currentLanguage, i18n } from '../../platform/i18n';
import type { Trouble } from '../../platform/problem';
import { troubleWords, useSession } from '../session';
import type { PolicyField } from './policy.form';
import { workDayMinutes, writeWorkTime } from './workTime';

/** The company's working day, as all targets count it. */
export function useWorkDay(): () => number {
  const session = useSession();
  return () => (session.me ? workDayMinutes(session.me.company) : 480);
}

/** A target in a table: "1 д 4 ч" or a dash. */
export const targetWords = (minutes: number | null, dayMinutes: number): string =>
  minutes === null ? '—' : writeWorkTime(minutes, dayMinutes, currentLanguage());

/** What a policy names, in the order of its weight; empty: everything. */
export function matchWords(policy: PolicyView, typeName: (code: string) => string): string[] {
  const { t } = i18n.global;
  const words: string[] = [];
  if (policy.dealerName !== null) words.push(policy.dealerName);
  if (policy.groupName !== null)
    words.push(t('policies.match.ofGroup', { name: policy.groupName }));
  if (policy.priority !== null) words.push(t(`policies.priority.${policy.priority}`));
  if (policy.topicName !== null) words.push(policy.topicName[currentLanguage()]);
  if (policy.typeCode !== null) words.push(typeName(policy.typeCode));
  return words;
}

/** What the server refused, by field of the form. */
export function refusedFields(trouble: Trouble | null): Partial<Record<PolicyField, string>> {
  if (!trouble || !('fields' in trouble.facts) || !trouble.facts.fields) return {};
  const { t } = i18n.global;
  return Object.fromEntries(
    trouble.facts.fields.map(({ path, rule }) => {
      if (path === 'name' && rule === 'taken') return [path, t('policies.groups.taken')];
      if (path === 'match') return [path, t('policies.wrong.taken')];
      if (rule === 'too_little_time') return [path, t('policies.wrong.tooLong')];
      if (rule === 'dealer_or_group') return [path, t('policies.wrong.both')];
      return [path, t('policies.wrong.value')];
    }),
  );
}

/** A refusal in a sentence. */
export function refusalWords(trouble: Trouble): string {
  const { t } = i18n.global;
  if (trouble.code === 'conflict' && 'what' in trouble.facts) {
    return t(
      trouble.facts.what === 'group_in_use' ? 'policies.groups.inUse' : 'policies.wrong.changed',
    );
  }
  return Object.values(refusedFields(trouble))[0] ?? troubleWords(trouble);
}
