import type { DryRun } from '@otklik/shared/dry-run';
import { dryRunApi } from '@otklik/shared/dry-run.api';
import { onScopeDispose, ref, shallowRef } from 'vue';

import { call } from '../../platform/api';
import { attempt, type Trouble } from '../../platform/problem';
import { withPiece, type Sums } from './dryRun.sums';

/** One dry run at a time, asked for piece by piece: whoever stops asking has cancelled it. */
export function useDryRun() {
  const sums = shallowRef<Sums | null>(null);
  const state = ref<'idle' | 'running' | 'cancelled' | 'done'>('idle');
  const trouble = shallowRef<Trouble | null>(null);
  let turn = 0;

  async function start(asked: Omit<DryRun, 'cursor'>): Promise<void> {
    forget();
    const mine = turn;
    state.value = 'running';
    for (let cursor: string | null | undefined; cursor !== null;) {
      const from = cursor;
      const answer = await attempt(() =>
        call(dryRunApi.piece, { ...asked, ...(from === undefined ? {} : { cursor: from }) }),
      );
      if (mine !== turn) return;
      if (!answer.ok) {
        [trouble.value, state.value] = [answer.trouble, 'idle'];
        return;
      }
      sums.value = withPiece(sums.value, answer.value);
      cursor = answer.value.nextCursor;
    }
    state.value = 'done';
  }

  /** What has been counted stays on the screen. */
  function cancel(): void {
    if (sums.value === null) return forget();
    turn += 1;
    state.value = 'cancelled';
  }

  function forget(): void {
    turn += 1;
    [sums.value, trouble.value, state.value] = [null, null, 'idle'];
  }
  onScopeDispose(() => (turn += 1));

  return { sums, state, trouble, start, cancel, forget };
}
