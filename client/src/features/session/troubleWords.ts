import { i18n } from '../../platform/i18n';
import type { Trouble } from '../../platform/problem';

/** One sentence for a command that failed; what a screen can say better, it says itself. */
export function troubleWords({ code, status }: Pick<Trouble, 'code' | 'status'>): string {
  const { t } = i18n.global;
  if (code === 'offline') return t('common.trouble.offline');
  if (code === 'timeout' || status === 503) return t('common.trouble.timeout');
  if (code === 'reauthentication_needed') return t('common.trouble.unproven');
  if (code === 'viewing_only') return t('common.viewing.only');
  if (code === 'forbidden') return t('common.trouble.forbidden');
  if (status === 404) return t('common.trouble.gone');
  if (status === 429) return t('common.trouble.tooOften');
  return t(status >= 500 ? 'common.trouble.broken' : 'common.trouble.refused');
}
