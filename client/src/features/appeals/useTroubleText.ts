import { useI18n } from 'vue-i18n';

import type { Trouble } from '../../platform/problem';
import { useFormat } from '../../platform/useFormat';

const KNOWN = new Set<Trouble['code']>([
  'offline',
  'timeout',
  'not_found',
  'forbidden',
  'name_needed',
  'rate_limited',
  'invalid_input',
  'too_large',
  'too_many_files',
  'file_type_refused',
  'upload_broken',
]);

/** What went wrong, in the viewer's words; no connection, a refusal and a broken server read differently (STA-3). */
export function useTroubleText() {
  const { t } = useI18n();
  const format = useFormat();

  function troubleText({ code, facts }: Pick<Trouble, 'code' | 'facts'>): string {
    if (code === 'too_large' && 'limitBytes' in facts && facts.limitBytes) {
      return t('thread.troubles.too_large', { size: format.size(facts.limitBytes) });
    }
    if (code === 'too_many_files' && 'limit' in facts && facts.limit) {
      return t('thread.troubles.too_many_files', { n: format.number(facts.limit) }, facts.limit);
    }
    return t(`thread.troubles.${KNOWN.has(code) ? code : 'internal'}`);
  }
  return { troubleText };
}
