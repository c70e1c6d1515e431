import type { AuditEntry } from '@otklik/shared/audit';

import { i18n } from '../../platform/i18n';

/** What is told of a line, wherever it stands; the dealer's card shows the same lines. */
type Line = Pick<AuditEntry, 'action' | 'subject' | 'before' | 'after'>;

/** Formatting the log needs from the viewer: sums and moments in his language. */
export interface Words {
  money: (kopecks: number) => string;
  dayTime: (at: string) => string;
}
/** A changed field: what it is called, its value before (null when it is new) and after. */
export interface ChangedField {
  key: string;
  name: string;
  before: string | null;
  after: string;
}

const ACTIONS = new Set([
  ...[
    'dealer.created',
    'dealer.changed',
    'dealer.contacts_changed',
    'visitor.invited',
    'visitor.changed',
    'visitor.contacts_changed',
  ],
  ...['visitor.password_made', 'person.password_set', 'person.password_changed'],
  ...['session.begun', 'session.ended', 'session.named', 'sign_in.refused', 'access.refused'],
  ...['staff.added', 'staff.changed', 'company.changed', 'ladder.changed'],
  ...['calendar.created', 'calendar.changed', 'calendar.removed', 'calendar.exported'],
  ...['policy.created', 'policy.changed', 'policy.deleted', 'policy.restored'],
  ...['group.created', 'group.changed', 'group.deleted', 'group.restored'],
  ...['topic.added', 'topic.changed', 'topic.moved', 'team.added', 'team.changed'],
  ...['macro.created', 'macro.changed', 'macro.deleted', 'macro.restored'],
  ...['report.exported', 'report.printed', 'audit.exported', 'audit.swept'],
  ...[
    'visitor.link_made',
    'staff.link_made',
    'staff.sessions_ended',
    'token.made',
    'token.revoked',
  ],
  ...['person.link_used', 'person.second_step_on', 'person.second_step_off'],
  ...['person.recovery_codes_made', 'person.device_refused', 'person.sign_on_linked'],
  ...['attachment.downloaded', 'view_as.begun', 'view_as.ended'],
  ...['role.created', 'role.changed', 'role.deleted'],
]);
const FIELDS = new Set([
  ...['name', 'code', 'taxId', 'zone', 'contract', 'phone', 'email', 'address', 'manager', 'login'],
  ...['debtLimitKopecks', 'severalSessions', 'maxSessions', 'newVisitorAccess', 'jobTitle'],
  ...['accessAllowed', 'sessionRule', 'shared', 'scope', 'chief', 'device', 'group', 'reason'],
  ...['role', 'teams', 'more', 'lines', 'format', 'editMinutes', 'guardStaff', 'guardDealer'],
  ...['remindDealerMinutes', 'closeSilentMinutes', 'auditDays', 'closedToDealers'],
  ...['closedMessageRu', 'closedMessageEn', 'sessions', 'scopes', 'expiresAt', 'issuer'],
  ...['secondStepRoles', 'viewedAs', 'nameRu', 'nameEn', 'active', 'team', 'appeals', 'place'],
  ...['base', 'rights', 'customRole'],
]);
const ROLES = new Set(['dealer', 'manager', 'supervisor', 'admin']);
const CODES = new Set([
  ...['wrong_credentials', 'rate_limited', 'access_closed', 'session_limit', 'portal_closed'],
  ...['forbidden', 'not_found', 'bad_origin', 'second_step_needed', 'wrong_code'],
  ...['enrolment_needed', 'reauthentication_needed'],
]);
const REASONS = new Set([
  ...['signed_out', 'ended_by_self', 'ended_by_staff', 'replaced', 'access_closed'],
  ...['rights_changed', 'expired'],
]);
/** Ids that say nothing to a reader. */
const SILENT = new Set(['session', 'asked', 'entry']);
/** A week of hours or a ladder is too long for a line; the CSV has it whole. */
const LONGEST_VALUE = 160;

/** What was done, as one sentence; an action this client does not know is shown by its own name. */
export function actionWords({ action, subject, after }: Line): string {
  const { t } = i18n.global;
  if (!ACTIONS.has(action)) return [action, subject].filter(Boolean).join(' · ');
  const key = action.replace('.', '_');
  return t(`audit.actions.${key}${after && 'more' in after ? '_more' : ''}`, { subject });
}

/** The fields a line of the log names, in the server's order; empty values of something new are left out. */
export function changedFields({ action, before, after }: Line, words: Words): ChangedField[] {
  const fields = after ?? before ?? {};
  const isNew = before === null;
  return Object.entries(fields)
    .filter(([key, value]) => !SILENT.has(key) && (!isNew || (value !== '' && value !== null)))
    .map(([key, value]) => ({
      key,
      name: fieldName(action, key),
      before: isNew || after === null ? null : valueWords(key, before[key], words),
      after: valueWords(key, value, words),
    }));
}

/** A person has a name, a firm is called something; a dealer has a code, a refusal too. */
function fieldName(action: string, key: string): string {
  const { t } = i18n.global;
  if (key === 'name' && /^(visitor|session)\./.test(action)) return t('admin.visitors.name');
  if (key === 'code' && action.endsWith('.refused')) return t('audit.fields.answer');
  return FIELDS.has(key) ? t(`audit.fields.${key}`) : key;
}

function valueWords(key: string, value: unknown, { money, dayTime }: Words): string {
  const { t } = i18n.global;
  if (value === null || value === undefined || value === '') return t('audit.empty');
  if (typeof value === 'boolean') return t(value ? 'audit.yes' : 'audit.no');
  if (key === 'debtLimitKopecks' && typeof value === 'number') return money(value);
  if (key === 'expiresAt' && typeof value === 'string') return dayTime(value);
  if (key === 'rights' && typeof value === 'string') {
    const { te } = i18n.global;
    const words = (right: string) =>
      te(`rights.right.${right}`) ? t(`rights.right.${right}`) : right;
    return value.split(' ').map(words).join(' · ');
  }
  if ((key === 'role' || key === 'base' || key === 'secondStepRoles') && typeof value === 'string')
    return value
      .split(' ')
      .map((role) => (ROLES.has(role) ? t(`audit.roles.${role}`) : role))
      .join(', ');
  if (key === 'sessionRule' && (value === 'one' || value === 'dealer' || value === 'several'))
    return t(`audit.rules.${value}`);
  if (key === 'scope' && (value === 'all' || value === 'own')) return t(`admin.scope.${value}`);
  if (key === 'code' && typeof value === 'string' && CODES.has(value))
    return t(`audit.codes.${value}`);
  if (key === 'reason' && typeof value === 'string' && REASONS.has(value))
    return t(`audit.reasons.${value}`);
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
