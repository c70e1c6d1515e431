import { i18n } from '../../platform/i18n';
import type { Trouble } from '../../platform/problem';
import { troubleWords } from '../session';

/** Why a role was not saved or did not go. */
export function roleTroubleWords(trouble: Trouble): string {
  const { t } = i18n.global;
  const { code, facts } = trouble;
  if (code === 'role_in_use' && 'people' in facts)
    return t('rights.roles.inUse', { n: facts.people }, facts.people);
  if (code === 'forbidden') return t('rights.roles.beyondOwn');
  if (code === 'conflict' && 'what' in facts) {
    if (facts.what === 'own_rights') return t('rights.roles.ownRole');
    if (facts.what === 'roles') return t('rights.roles.full');
    return t('rights.roles.changed');
  }
  return troubleWords(trouble);
}
