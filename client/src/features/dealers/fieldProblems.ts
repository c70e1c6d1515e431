import { EMAIL } from '@otklik/shared/limits';

import { i18n } from '../../platform/i18n';
import type { Trouble } from '../../platform/problem';

/** What the server refused, by field; empty when the trouble is of another kind. */
export function fieldProblems(trouble: Trouble | null): Record<string, string> {
  if (!trouble || !('fields' in trouble.facts) || !trouble.facts.fields) return {};
  const { t } = i18n.global;
  return Object.fromEntries(
    trouble.facts.fields.map(({ path, rule }) => [
      path,
      t(rule === 'taken' ? 'admin.fields.taken' : 'admin.fields.wrong'),
    ]),
  );
}

/** An address a person may have typed; empty is allowed where the field is optional. */
export const isEmail = (text: string): boolean => EMAIL.test(text.trim());
