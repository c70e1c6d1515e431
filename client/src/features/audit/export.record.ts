import type { RecordExport } from '@otklik/shared/audit';
import { auditApi } from '@otklik/shared/audit.api';

import { call } from '../../platform/api';
import { attempt } from '../../platform/problem';
import { showToast } from '../../ui/toast/toast';
import { troubleWords } from '../session';

/** Writes down that something leaves as a file or on paper. False, and said why: it may not leave. */
export async function recordExport(what: RecordExport): Promise<boolean> {
  const answer = await attempt(() => call(auditApi.recordExport, what));
  if (!answer.ok) showToast({ text: troubleWords(answer.trouble), tone: 'bad' });
  return answer.ok;
}
