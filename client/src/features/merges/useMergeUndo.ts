import type { StaffAppeal } from '@otklik/shared/appeals';
import { ref } from 'vue';
import { useI18n } from 'vue-i18n';

import { useFormat } from '../../platform/useFormat';
import { showToast } from '../../ui/toast/toast';
import { troubleWords } from '../session';
import { useMerges } from './merges.store';

const aboutMerge = (appealId: string) => `merge ${appealId}`;

/** What was done is said with the way back; the way back says whether it worked. */
export function useMergeUndo() {
  const { t } = useI18n();
  const format = useFormat();
  const merges = useMerges();
  const busy = ref(false);

  async function part(appealId: string): Promise<void> {
    busy.value = true;
    const answer = await merges.undo(appealId);
    busy.value = false;
    showToast(
      answer.ok
        ? {
            text: t('merges.parted', { no: format.no(answer.value.appeal.no) }),
            tone: 'good',
            about: aboutMerge(appealId),
          }
        : { text: troubleWords(answer.trouble), tone: 'bad' },
    );
  }
  function tellMerged({ id, no }: StaffAppeal, into: StaffAppeal): void {
    showToast({
      text: t('merges.merged', { no: format.no(no), into: format.no(into.no) }),
      tone: 'good',
      about: aboutMerge(id),
      undo: { run: () => void part(id) },
    });
  }
  /** Its way back is to merge the new one into the one it came from. */
  function tellSplit(made: StaffAppeal, from: StaffAppeal): void {
    const back = async () => {
      const answer = await merges.merge(made.id, from.id);
      if (!answer.ok) showToast({ text: troubleWords(answer.trouble), tone: 'bad' });
    };
    showToast({
      text: t('merges.split', { no: format.no(made.no) }),
      tone: 'good',
      undo: { run: () => void back() },
    });
  }
  return { part, tellMerged, tellSplit, busy };
}
