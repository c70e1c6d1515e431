import type { Trouble } from '../../platform/problem';
import { i18n } from '../../platform/i18n';
import { troubleWords } from '../session';

const RULES = ['taken', 'last', 'in_use', 'archived'] as const;

/** Why a change of topics or teams was refused. */
export function refusalWords(trouble: Trouble): string {
  const { t } = i18n.global;
  if (trouble.code === 'conflict') return t('topics.wrong.changed');
  const { facts } = trouble;
  const rule = RULES.find(
    (one) => 'fields' in facts && facts.fields?.some((field) => field.rule === one),
  );
  return rule ? t(`topics.wrong.${rule}`) : troubleWords(trouble);
}
