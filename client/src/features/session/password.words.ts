import { i18n } from '../../platform/i18n';
import type { Trouble } from '../../platform/problem';

/** Why the server does not take this password, if it is the password that it does not take. */
export function passwordRefusal(trouble: Trouble | null, field: string): string | null {
  if (!trouble || !('fields' in trouble.facts)) return null;
  const rule = trouble.facts.fields.find(({ path }) => path === field)?.rule;
  const { t } = i18n.global;
  if (rule === 'common') return t('common.password.common');
  return rule === 'personal' ? t('common.password.personal') : null;
}
