import type { ErrorFacts } from '@otklik/shared/errors';

import { currentLanguage, i18n } from '../../platform/i18n';

/** What dealers read while the portal is closed: in their language, else in the other, else the usual words. */
export function closedWords(message: ErrorFacts['portal_closed']['message']): string {
  const { ru, en } = message;
  return (
    (currentLanguage() === 'ru' ? ru || en : en || ru) || i18n.global.t('common.portalClosed.usual')
  );
}
