import { useI18n } from 'vue-i18n';

import type { Trouble } from '../../platform/problem';

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
  const troubleText = ({ code }: Pick<Trouble, 'code'>) =>
    t(`thread.troubles.${KNOWN.has(code) ? code : 'internal'}`);
  return { troubleText };
}
