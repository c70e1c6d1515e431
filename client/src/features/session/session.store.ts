import type { ErrorFacts, SessionEndReason } from '@otklik/shared/errors';
import type { Me, PersonSettings, Rights, Side, SignIn } from '@otklik/shared/people';
import { peopleApi } from '@otklik/shared/people.api';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';

import { call } from '../../platform/api';
import { learnServerTime } from '../../platform/clock';
import { createLoader } from '../../platform/loading';
import {
  attempt,
  isRefusal,
  onSignedOut,
  troubleOf,
  type Outcome,
  type Trouble,
} from '../../platform/problem';
import { on, onConnected, startSocket, stopSocket } from '../../platform/socket';

/** How a try to sign in ended; `session_limit` leads to step 2: the sessions that would have to end. */
export type SignInResult =
  | { state: 'signed_in' }
  | { state: 'session_limit'; facts: ErrorFacts['session_limit'] }
  | { state: 'refused'; trouble: Trouble };

/** Tells other tabs of this browser that somebody signed in: they share the cookie. */
const TAB_SIGNAL = 'otklik.session';
const NO_RIGHTS: Rights = {
  writeNotes: false,
  assign: false,
  changeFields: false,
  seeBoard: false,
  seeDealers: false,
  manageDealers: false,
  manageSla: false,
  seeOrders: false,
};

/** Who is signed in here. Every other store watches `personId` and forgets all it holds when it changes. */
export const useSession = defineStore('session', () => {
  const me = shallowRef<Me | null>(null);
  const loader = createLoader();
  const ended = ref<SessionEndReason | null>(null);
  /** How far the device's clock is behind the server's, ms (SLA-1). */
  const serverOffsetMs = ref(0);

  const personId = computed(() => me.value?.person.id ?? null);
  const side = computed<Side | null>(() => me.value?.person.side ?? null);
  const can = computed<Rights>(() => me.value?.can ?? NO_RIGHTS);
  const settings = computed<PersonSettings>(() => me.value?.settings ?? {});
  /** A shared login that has not said who is writing: nothing can be sent before `nameSession`. */
  const nameNeeded = computed(() => me.value?.session.nameNeeded ?? false);

  /** Asks who we are; at the start of the page, after a change of rights, when another tab signed in. 401 is a good answer: nobody. */
  function load(): Promise<boolean> {
    return loader.run(async () => {
      try {
        return await call(peopleApi.me, {});
      } catch (error) {
        if (isRefusal(error, 'not_signed_in') || isRefusal(error, 'session_ended')) return null;
        throw error;
      }
    }, enter);
  }

  function enter(next: Me | null): void {
    const sameSession = next !== null && next.session.id === me.value?.session.id;
    if (next === null) {
      leave();
      return;
    }
    learn(next.serverTime);
    ended.value = null;
    me.value = next;
    if (!sameSession) void startSocket();
  }

  function learn(serverTime: string): void {
    const serverMs = Date.parse(serverTime);
    serverOffsetMs.value = serverMs - Date.now();
    learnServerTime(serverMs);
  }

  /** Forgets the person; the stores follow. Drafts and unsent messages stay in this browser, under his id. */
  function leave(): void {
    stopSocket();
    me.value = null;
  }

  function endedBecause(reason: SessionEndReason | null): void {
    // Before signing in, "not signed in" is no news.
    if (me.value === null) return;
    ended.value = reason ?? 'expired';
    leave();
  }

  async function signIn(input: SignIn): Promise<SignInResult> {
    try {
      const next = await call(peopleApi.signIn, input);
      loader.reset();
      enter(next);
      // Counts as a successful load: the router must not ask once more.
      await loader.run(
        async () => next,
        () => undefined,
      );
      signalTabs();
      return { state: 'signed_in' };
    } catch (error) {
      if (isRefusal(error, 'session_limit')) return { state: 'session_limit', facts: error.facts };
      return { state: 'refused', trouble: troubleOf(error) };
    }
  }

  /** Ends this session. Without a connection it stays: the server alone can end it. */
  async function signOut(): Promise<Outcome<null>> {
    const answer = await attempt(() => call(peopleApi.signOut, {}));
    if (!answer.ok && answer.trouble.status !== 401) return answer;
    ended.value = null;
    leave();
    return { ok: true, value: null };
  }

  /** Leaves the SESSION-ENDED screen. */
  function acknowledgeEnd(): void {
    ended.value = null;
  }

  let settingsTurn = 0;
  /** Applies at once and tells the server; when it refuses, the old values come back. */
  async function changeSettings(patch: PersonSettings): Promise<Outcome<PersonSettings>> {
    const before = me.value;
    if (!before) return { ok: true, value: {} };
    const mine = ++settingsTurn;
    me.value = { ...before, settings: { ...before.settings, ...patch } };
    const answer = await attempt(() => call(peopleApi.changeSettings, patch));
    if (mine === settingsTurn && me.value?.session.id === before.session.id) {
      me.value = { ...me.value, settings: answer.ok ? answer.value : before.settings };
    }
    return answer;
  }

  /** Says once who writes under a shared login. */
  async function nameSession(name: string): Promise<Outcome<Me>> {
    const answer = await attempt(() => call(peopleApi.nameSession, { name }));
    if (answer.ok) enter(answer.value);
    return answer;
  }

  function signalTabs(): void {
    try {
      localStorage.setItem(TAB_SIGNAL, `${me.value?.session.id ?? ''}`);
    } catch {
      // No storage: other tabs find out at their next call.
    }
  }

  onSignedOut(endedBecause);
  on('session:ended', ({ reason }) => endedBecause(reason));
  onConnected(({ closedByServer }) => {
    if (closedByServer && me.value) void load();
  });
  if (typeof addEventListener === 'function') {
    addEventListener('storage', ({ key, newValue }) => {
      if (key === TAB_SIGNAL && newValue !== me.value?.session.id) void load();
    });
  }

  return {
    me,
    loading: loader.is,
    ended,
    serverOffsetMs,
    personId,
    side,
    can,
    settings,
    nameNeeded,
    load,
    signIn,
    signOut,
    acknowledgeEnd,
    changeSettings,
    nameSession,
  };
});
