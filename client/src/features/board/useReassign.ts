import type { Reassigned, StaffAppeal } from '@otklik/shared/appeals';
import { shallowRef } from 'vue';
import { useI18n } from 'vue-i18n';
import { v7 as uuid } from 'uuid';

import { useFormat } from '../../platform/useFormat';
import { showToast } from '../../ui/toast/toast';
import { troubleWords } from '../session';
import { useBoard } from './board.store';

/** An appeal that stayed as it was, and in whose hands it is. */
export interface Left {
  appealId: string;
  no: number;
  /** Null: it is not to be seen any more. */
  appeal: StaffAppeal | null;
}

/** Hands appeals over: one toast with a way back for what was done, one list of what somebody else had changed meanwhile. */
export function useReassign() {
  const { t } = useI18n();
  const format = useFormat();
  const store = useBoard();
  const left = shallowRef<readonly Left[]>([]);

  async function send(
    moves: readonly { appeal: StaffAppeal; to: string | null }[],
  ): Promise<Reassigned['items'] | null> {
    const answer = await store.reassign(
      moves.map(({ appeal, to }) => ({
        ...{ clientId: uuid(), appealId: appeal.id, from: appeal.assignee?.id ?? null, to },
      })),
    );
    if (!answer.ok) {
      showToast({ text: troubleWords(answer.trouble), tone: 'bad' });
      return null;
    }
    left.value = answer.value.items.flatMap((item, index) => {
      const before = moves[index]?.appeal;
      if (item.result === 'done' || !before) return [];
      return [
        {
          appealId: item.appealId,
          no: before.no,
          appeal: item.result === 'changed' ? item.appeal : null,
        },
      ];
    });
    return answer.value.items;
  }

  /** @param appeals as they stand on the screen: whoever is in charge there has to be so still */
  async function reassign(appeals: readonly StaffAppeal[], to: string | null): Promise<void> {
    const moved = appeals.filter(({ assignee }) => (assignee?.id ?? null) !== to);
    if (moved.length === 0) return;
    const items = await send(moved.map((appeal) => ({ appeal, to })));
    if (!items) return;
    const done = items.flatMap((item) => (item.result === 'done' ? [item.appeal] : []));
    const [first] = done;
    if (!first) return;
    const was = new Map(moved.map(({ id, assignee }) => [id, assignee?.id ?? null]));
    const name = first.assignee?.name;
    const n = format.count(done.length);
    const no = format.no(first.no);
    showToast({
      text:
        done.length === 1
          ? name
            ? t('board.toast.assigned', { no, name })
            : t('board.toast.freed', { no })
          : name
            ? t('board.toast.assignedMany', { n, name }, done.length)
            : t('board.toast.freedMany', { n }, done.length),
      tone: 'good',
      undo: {
        run: async () =>
          void (await send(done.map((appeal) => ({ appeal, to: was.get(appeal.id) ?? null })))),
      },
    });
  }

  return { left, reassign };
}
