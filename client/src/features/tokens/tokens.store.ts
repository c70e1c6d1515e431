import type { MadeToken, MakeToken, TokenView } from '@otklik/shared/accounts';
import { accountsApi } from '@otklik/shared/accounts.api';
import type { Done } from '@otklik/shared/people';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { attempt, type Outcome } from '../../platform/problem';
import { useSession } from '../session';

/** Tokens of other systems, for admins. */
export const useTokens = defineStore('tokens', () => {
  const session = useSession();
  const items = shallowRef<TokenView[]>([]);
  const loader = createLoader();

  const load = () =>
    loader.run(
      () => call(accountsApi.tokens, {}),
      (answer) => {
        items.value = answer.items;
      },
    );

  /** The answer holds the token: it is shown once and kept nowhere. */
  async function make(input: MakeToken): Promise<Outcome<MadeToken>> {
    const answer = await attempt(() => call(accountsApi.makeToken, input));
    if (answer.ok) void load();
    return answer;
  }

  async function revoke(tokenId: string): Promise<Outcome<Done>> {
    const answer = await attempt(() => call(accountsApi.revokeToken, { tokenId }));
    // Closed already by somebody else is what was wanted too.
    if (answer.ok || answer.trouble.code === 'not_found') void load();
    return answer;
  }

  watch(
    () => session.personId,
    () => {
      items.value = [];
      loader.reset();
    },
    { flush: 'sync' },
  );

  return { items, loading: loader.is, load, make, revoke };
});
