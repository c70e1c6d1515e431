import type { RecoveryCodes, SecondStepState } from '@otklik/shared/accounts';
import { accountsApi } from '@otklik/shared/accounts.api';
import type { ChangePassword, Done, SessionView } from '@otklik/shared/people';
import { peopleApi } from '@otklik/shared/people.api';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { attempt, type Outcome } from '../../platform/problem';
import { useSession } from '../session';

/** The person's own sessions and password. Settings are the session store's. */
export const useAccount = defineStore('account', () => {
  const session = useSession();
  const sessions = shallowRef<SessionView[]>([]);
  const loader = createLoader();
  const secondStep = shallowRef<SecondStepState | null>(null);
  const secondStepLoader = createLoader();

  /** This one first, the others by their last sign of life, as the server orders them. */
  async function loadSessions(): Promise<void> {
    await loader.run(
      () => call(peopleApi.mySessions, {}),
      ({ items }) => {
        sessions.value = items;
      },
    );
  }

  async function endSession(sessionId: string): Promise<Outcome<Done>> {
    const answer = await attempt(() => call(peopleApi.endMySession, { sessionId }));
    // Ended already from elsewhere is what was wanted too.
    if (answer.ok || answer.trouble.code === 'not_found') {
      sessions.value = sessions.value.filter(({ id }) => id !== sessionId);
    }
    return answer;
  }

  /** Ends all but this one; answers how many. */
  async function endOtherSessions(): Promise<Outcome<{ ended: number }>> {
    const answer = await attempt(() => call(peopleApi.endMyOtherSessions, {}));
    if (answer.ok) sessions.value = sessions.value.filter(({ current }) => current);
    return answer;
  }

  const changePassword = (input: ChangePassword): Promise<Outcome<Done>> =>
    attempt(() => call(peopleApi.changePassword, input));

  const loadSecondStep = () =>
    secondStepLoader.run(
      () => call(accountsApi.secondStep, {}),
      (answer) => {
        secondStep.value = answer;
      },
    );
  /** The answer is shown once and kept nowhere. */
  async function renewRecoveryCodes(): Promise<Outcome<RecoveryCodes>> {
    const answer = await attempt(() => call(accountsApi.renewRecoveryCodes, {}));
    if (answer.ok) void loadSecondStep();
    return answer;
  }
  async function removeSecondStep(): Promise<Outcome<Done>> {
    const answer = await attempt(() => call(accountsApi.removeSecondStep, {}));
    if (answer.ok) await loadSecondStep();
    return answer;
  }

  watch(
    () => session.personId,
    () => {
      sessions.value = [];
      loader.reset();
      secondStep.value = null;
      secondStepLoader.reset();
    },
    { flush: 'sync' },
  );

  return {
    sessions,
    loading: loader.is,
    loadSessions,
    endSession,
    endOtherSessions,
    changePassword,
    secondStep,
    secondStepLoading: secondStepLoader.is,
    loadSecondStep,
    renewRecoveryCodes,
    removeSecondStep,
  };
});
