import { computed, shallowRef } from 'vue';

import { onProofNeeded } from '../../platform/api';

/** Commands that wait for the password, each to be told whether to go on. */
const waiting = shallowRef<((proven: boolean) => void)[]>([]);
/** Somebody has to type the password again; `ProofDialog` asks. */
export const isProofWanted = computed(() => waiting.value.length > 0);

/** Lets all that wait go on, or gives them up. */
export function answerProof(proven: boolean): void {
  const all = waiting.value;
  waiting.value = [];
  for (const go of all) go(proven);
}

onProofNeeded(
  () =>
    new Promise((resolve) => {
      waiting.value = [...waiting.value, resolve];
    }),
);
