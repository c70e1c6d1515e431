import type { AuditLine } from '@otklik/shared/dealers';

import { i18n } from '../../platform/i18n';

/** Formatting the log needs from the viewer: sums in his language. */
export interface Words {
  money: (kopecks: number) => string;
}
/** A changed field: what it is called, its value before (null when it is new) and after. */
export interface ChangedField {
  key: string;
  name: string;
  before: string | null;
  after: string;
}

const ACTIONS = new Set([
  'dealer.created',
  'dealer.changed',
  'visitor.invited',
  'visitor.changed',
  'visitor.password_made',
  'visitor.link_made',
  'person.link_used',
  'person.second_step_on',
  'person.second_step_off',
  'person.recovery_codes_made',
  'person.password_set',
  'session.ended',
]);
const FIELDS = new Set([
  ...['name', 'code', 'taxId', 'zone', 'contract', 'phone', 'email', 'address', 'manager', 'login'],
  ...['debtLimitKopecks', 'severalSessions', 'maxSessions', 'newVisitorAccess', 'jobTitle'],
  ...['accessAllowed', 'sessionRule', 'shared', 'scope', 'chief', 'device'],
]);

/** What was done, as one sentence; an action this client does not know is shown by its own name. */
export function actionWords({ action, subject }: AuditLine): string {
  const { t } = i18n.global;
  if (!ACTIONS.has(action)) return `${action} · ${subject}`;
  return t(`admin.log.actions.${action.replace('.', '_')}`, { subject });
}

/** The fields a line of the log names, in the server's order; empty values of something new are left out. */
export function changedFields({ action, before, after }: AuditLine, words: Words): ChangedField[] {
  const fields = after ?? before ?? {};
  const isNew = before === null;
  return Object.entries(fields)
    .filter(([, value]) => !isNew || (value !== '' && value !== null))
    .map(([key, value]) => ({
      key,
      name: fieldName(action, key),
      before: isNew || after === null ? null : valueWords(key, before[key], words),
      after: valueWords(key, value, words),
    }));
}

/** A person has a name, a firm is called something. */
function fieldName(action: string, key: string): string {
  const { t } = i18n.global;
  if (key === 'name' && action.startsWith('visitor.')) return t('admin.visitors.name');
  return FIELDS.has(key) ? t(`admin.log.fields.${key}`) : key;
}

function valueWords(key: string, value: unknown, { money }: Words): string {
  const { t } = i18n.global;
  if (value === null || value === undefined || value === '') return t('admin.log.empty');
  if (typeof value === 'boolean') return t(value ? 'admin.log.yes' : 'admin.log.no');
  if (key === 'debtLimitKopecks' && typeof value === 'number') return money(value);
  if (key === 'sessionRule' && (value === 'one' || value === 'dealer' || value === 'several'))
    return t(`admin.log.rules.${value}`);
  if (key === 'scope' && (value === 'all' || value === 'own')) return t(`admin.scope.${value}`);
  return String(value);
}
