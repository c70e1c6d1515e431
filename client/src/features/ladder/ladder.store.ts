import type { Ladder, LadderStepView } from '@otklik/shared/ladder';
import { ladderApi } from '@otklik/shared/ladder.api';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { attempt, type Outcome } from '../../platform/problem';
import { useSession } from '../session';

/** The steps of escalation; they are saved together. */
export const useLadder = defineStore('ladder', () => {
  const session = useSession();
  const ladder = shallowRef<Ladder | null>(null);
  const loader = createLoader();

  const load = () =>
    loader.run(
      () => call(ladderApi.ladder, {}),
      (answer) => {
        ladder.value = answer;
      },
    );

  /** Refused as changed by somebody else, it reads what is there now. */
  async function save(steps: readonly LadderStepView[]): Promise<Outcome<Ladder>> {
    const rev = ladder.value?.rev ?? 1;
    const answer = await attempt(() => call(ladderApi.saveLadder, { rev, steps: [...steps] }));
    if (answer.ok) ladder.value = answer.value;
    else if (answer.trouble.code === 'conflict') await load();
    return answer;
  }

  watch(
    () => session.personId,
    () => {
      ladder.value = null;
      loader.reset();
    },
    { flush: 'sync' },
  );

  return { ladder, loading: loader.is, load, save };
});
