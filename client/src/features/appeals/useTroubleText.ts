import { useI18n } from 'vue-i18n';

import type { Trouble } from '../../platform/problem';
import { useFormat } from '../../platform/useFormat';
import { troubleWords } from '../session';

const OWN = new Set<Trouble['code']>([
  'name_needed',
  'file_type_refused',
  'upload_broken',
  'storage_refused',
]);

/** What went wrong with a message or a file, in the viewer's words; the rest is said as everywhere. */
export function useTroubleText() {
  const { t } = useI18n();
  const format = useFormat();

  function troubleText(trouble: Trouble): string {
    const { code, facts } = trouble;
    if (code === 'too_large' && 'limitBytes' in facts && facts.limitBytes) {
      return t('thread.troubles.too_large', { size: format.size(facts.limitBytes) });
    }
    if (code === 'too_many_files' && 'limit' in facts && facts.limit) {
      return t('thread.troubles.too_many_files', { n: format.number(facts.limit) }, facts.limit);
    }
    if (code === 'edit_window_over' && 'minutes' in facts) {
      if (!facts.minutes) return t('thread.troubles.editingOff');
      const n = facts.minutes;
      return t('thread.troubles.edit_window_over', { n: format.number(n) }, n);
    }
    if (code === 'appeal_merged' && 'no' in facts) {
      return t('thread.troubles.appeal_merged', { no: format.no(facts.no) });
    }
    return OWN.has(code) ? t(`thread.troubles.${code}`) : troubleWords(trouble);
  }
  return { troubleText };
}
