import type { ErrorFacts, SessionEndReason } from '@otklik/shared/errors';
import { accountsApi } from '@otklik/shared/accounts.api';
import type { Me, PersonSettings, Rights, Side, SignIn } from '@otklik/shared/people';
import { peopleApi } from '@otklik/shared/people.api';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';

import { call } from '../../platform/api';
import { learnServerTime, serverNow } from '../../platform/clock';
import { createLoader } from '../../platform/loading';
import { beginAnew, beginLooking, onlyLooks } from '../../platform/looking';
import {
  attempt,
  isPassing,
  isRefusal,
  Offline,
  onPortalClosed,
  onSignedOut,
  troubleOf,
  type Outcome,
  type Trouble,
} from '../../platform/problem';
import { hurry, on, onConnected, startSocket, stopSocket } from '../../platform/socket';
import { forget, remember, remembered, setAside, type Remembered } from './session.memory';

/** How a try to sign in ended; `session_limit` and `code_needed` lead to a further step. */
export type SignInResult =
  | { state: 'signed_in' }
  | { state: 'session_limit'; facts: ErrorFacts['session_limit'] }
  | { state: 'code_needed' }
  | { state: 'refused'; trouble: Trouble };

/** Tells other tabs of this browser the session that began, or `-` and the one that was signed out: they share the cookie. */
const TAB_SIGNAL = 'otklik.session';
const goneSignal = (sessionId: string) => `-${sessionId}`;
/** After a lost connection, ms. */
const SETTINGS_WITHIN_MS = 5_000;
/** How long the start waits for the server when this browser knows who was here last. */
const START_PATIENCE_MS = 3_000;
const ASK_AGAIN_MS = 10_000;
/** After its end a view is over at the server too, whatever the clocks. */
const VIEW_OVER_MS = 1_000;
const NO_RIGHTS: Rights = {
  writeNotes: false,
  assign: false,
  changeFields: false,
  seeBoard: false,
  seeReports: false,
  seeDealers: false,
  manageDealers: false,
  manageSla: false,
  manageCompany: false,
  manageStaff: false,
  manageTokens: false,
  manageDirectories: false,
  seeOrders: false,
  seeRights: false,
  viewAs: false,
  seeAudit: false,
  seeSeats: false,
};

/** Who is signed in here. Every other store watches `personId` and forgets all it holds when it changes. */
export const useSession = defineStore('session', () => {
  const me = shallowRef<Me | null>(null);
  const loader = createLoader();
  const ended = ref<SessionEndReason | null>(null);
  /** What dealers are told while the portal is closed to them; null: it is open. Nothing here is forgotten meanwhile. */
  const closed = shallowRef<ErrorFacts['portal_closed']['message'] | null>(null);
  /** The server has not been reached since the page was opened: who is here, and all that is shown, is what this browser kept. */
  const fromMemory = ref(false);
  /** How far the device's clock is behind the server's, ms (SLA-1). */
  const serverOffsetMs = ref(0);

  const personId = computed(() => me.value?.person.id ?? null);
  const side = computed<Side | null>(() => me.value?.person.side ?? null);
  const can = computed<Rights>(() => me.value?.can ?? NO_RIGHTS);
  const settings = computed<PersonSettings>(() => me.value?.settings ?? {});
  /** A shared login that has not said who is writing: nothing can be sent before `nameSession`. */
  const nameNeeded = computed(() => me.value?.session.nameNeeded ?? false);
  /** A second step has to be set up before anything else; its screen stays until the person has what it showed. */
  const enrolling = ref(false);
  /** What this browser kept of an older version knows of none. */
  const newDevices = computed<Me['newDevices']>(() => me.value?.newDevices ?? []);
  /** An admin sees the portal as this person; null: the person works here himself. */
  const viewing = computed<Me['viewing']>(() => me.value?.viewing ?? null);
  const enrolmentNeeded = computed(() => me.value?.session.enrolmentNeeded ?? false);

  /** Asks who we are; at the start of the page, after a change of rights, when another tab signed in. 401 is a good answer: nobody. */
  function load(): Promise<boolean> {
    return loader.run(whoIsHere, (answer) =>
      answer !== null && 'offsetMs' in answer ? enterFromMemory(answer) : enter(answer),
    );
  }

  /** The server says it. While it cannot be asked, whoever was here last sees what this browser kept (STA-5). */
  async function whoIsHere(): Promise<Me | Remembered | null> {
    const asked = ask();
    if (me.value) return asked;
    // Looked at below; it may fail before that.
    asked.catch(() => undefined);
    const known = remembered();
    try {
      return await ((await known) === null ? asked : soon(asked));
    } catch (error) {
      // A closed portal has answered: what this browser kept is not shown either.
      const mayShow = isPassing(troubleOf(error)) && !isRefusal(error, 'portal_closed');
      const last = mayShow ? await known : null;
      if (last === null) throw error;
      // The answer may still come, after patience has run out.
      asked.then(confirm, () => undefined);
      return last;
    }
  }
  async function ask(): Promise<Me | null> {
    try {
      return await call(peopleApi.me, {}, { asAnybody: true });
    } catch (error) {
      const isOver = isRefusal(error, 'session_ended');
      if (!isOver && !isRefusal(error, 'not_signed_in')) throw error;
      void forget(isOver ? error.facts.reason : null, null);
      return null;
    }
  }
  /** @throws Offline – the answer takes longer than a person should look at nothing */
  function soon<Answer>(asked: Promise<Answer>): Promise<Answer> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Offline(true)), START_PATIENCE_MS);
    });
    return Promise.race([asked, patience]).finally(() => clearTimeout(timer));
  }
  function confirm(answer: Me | null): void {
    if (fromMemory.value) enter(answer);
  }

  let askAgain: ReturnType<typeof setInterval> | undefined;
  function enterFromMemory({ me: last, offsetMs }: Remembered): void {
    serverOffsetMs.value = offsetMs;
    learnServerTime(Date.now() + offsetMs);
    fromMemory.value = true;
    wasSomebody = true;
    void startSocket(last.session.id);
    me.value = last;
    putSettings(last.settings);
    // The socket tells when the line is back; where it cannot be opened, somebody has to look.
    clearInterval(askAgain);
    askAgain = setInterval(() => void load(), ASK_AGAIN_MS);
  }
  function inTouch(): void {
    fromMemory.value = false;
    clearInterval(askAgain);
  }

  function enter(next: Me | null): void {
    if (closed.value !== null) reopened();
    const sameSession = next !== null && next.session.id === me.value?.session.id;
    if (next === null) {
      leave();
      return;
    }
    const looks = Boolean(next.viewing);
    if (looks) setAside();
    // Nothing of the one world may be seen in the other.
    if (looks !== onlyLooks() || (looks && !sameSession)) {
      if (!looks || wasSomebody) return beginAnew();
      beginLooking();
    }
    wasSomebody = true;
    learn(next.serverTime);
    inTouch();
    if (next.viewing) awaitEnd(next.viewing.endsAt);
    else remember(next, serverOffsetMs.value);
    ended.value = null;
    // First, so that every store that starts with the person knows already that other tabs may lead.
    if (!sameSession) void startSocket(next.session.id);
    if (!sameSession) settingsUnderWay = [];
    me.value = next;
    putSettings(next.settings);
  }

  /** This page has shown somebody's things. */
  let wasSomebody = false;
  let viewOver: ReturnType<typeof setTimeout> | undefined;
  function awaitEnd(endsAt: string): void {
    clearTimeout(viewOver);
    const leftMs = Math.max(0, Date.parse(endsAt) - serverNow());
    viewOver = setTimeout(() => void load(), leftMs + VIEW_OVER_MS);
  }

  function learn(serverTime: string): void {
    const serverMs = Date.parse(serverTime);
    serverOffsetMs.value = serverMs - Date.now();
    learnServerTime(serverMs);
  }

  /** Forgets the person; the stores follow. Drafts and unsent messages stay in this browser, under his id. */
  function leave(): void {
    inTouch();
    stopSocket();
    enrolling.value = false;
    me.value = null;
  }

  function reopened(): void {
    closed.value = null;
    hurry();
  }

  let signingOut = false;
  function endedBecause(reason: SessionEndReason | null): void {
    // Before signing in, "not signed in" is no news; nor is the end that this tab has asked for.
    if (me.value === null || signingOut) return;
    // A view that has ended: the admin is somebody still.
    if (me.value.viewing && reason === null) return void load();
    void forget(reason, keptBy(me.value));
    ended.value = reason ?? 'expired';
    leave();
    // Without a reason the cookie is gone, or another tab's since somebody else signed in there: then that is who we are.
    if (reason === null) void load();
  }

  /** Whose things this browser keeps; null: of an admin who looks, under the session that is not told here. */
  const keptBy = ({ session, viewing: looks }: Me) => (looks ? null : session.id);

  async function begin(next: Me): Promise<void> {
    loader.reset();
    enter(next);
    // Counts as a successful load: the router must not ask once more.
    await loader.run(
      async () => next,
      () => undefined,
    );
    signalTabs(next.session.id);
  }

  /** Back from the company's provider, with its answer as the address has it. */
  async function finishSignOn(answer: string): Promise<Outcome<null>> {
    const input = { answer, remember: true };
    const told = await attempt(() => call(accountsApi.finishSignOn, input, { asAnybody: true }));
    if (!told.ok) return told;
    await begin(told.value);
    return { ok: true, value: null };
  }

  let signingIn = false;
  async function signIn(input: SignIn): Promise<SignInResult> {
    signingIn = true;
    try {
      await begin(await call(peopleApi.signIn, input));
      return { state: 'signed_in' };
    } catch (error) {
      if (isRefusal(error, 'session_limit')) return { state: 'session_limit', facts: error.facts };
      if (isRefusal(error, 'second_step_needed')) return { state: 'code_needed' };
      return { state: 'refused', trouble: troubleOf(error) };
    } finally {
      signingIn = false;
    }
  }

  /** Ends this session. Without a connection it stays: the server alone can end it. */
  async function signOut(): Promise<Outcome<null>> {
    signingOut = true;
    const answer = await attempt(() => call(peopleApi.signOut, {}, { evenLooking: true }));
    signingOut = false;
    if (!answer.ok && answer.trouble.status !== 401) return answer;
    if (me.value) {
      void forget('signed_out', keptBy(me.value));
      signalTabs(goneSignal(me.value.session.id));
    }
    ended.value = null;
    leave();
    return { ok: true, value: null };
  }

  /** From now on all tabs of this browser show what that person sees, until the view ends. */
  async function viewAs(personId: string): Promise<Outcome<Me>> {
    const told = await attempt(() => call(accountsApi.viewAs, { personId }));
    if (told.ok) goAsOther(told.value, '/');
    return told;
  }
  /** @param address the page to go on with */
  async function endView(address: string): Promise<Outcome<Me>> {
    const told = await attempt(() => call(accountsApi.endViewAs, {}, { evenLooking: true }));
    if (told.ok) goAsOther(told.value, address);
    return told;
  }
  function goAsOther(next: Me, address: string): void {
    if (next.viewing) setAside();
    signalTabs(next.session.id);
    beginAnew(address);
  }

  /** The person has said whose that browser is. */
  function forgetDevice(deviceId: string): void {
    if (!me.value) return;
    const left = newDevices.value.filter((one) => one.deviceId !== deviceId);
    me.value = { ...me.value, newDevices: left };
  }

  /** Leaves the SESSION-ENDED screen. */
  function acknowledgeEnd(): void {
    ended.value = null;
  }

  /** As the server told them last; what is shown has the changes under way on top. */
  let knownSettings: PersonSettings = {};
  let settingsUnderWay: PersonSettings[] = [];
  let lastSettings: Promise<unknown> = Promise.resolve();
  /** Settings as they are on the server: from an answer, or because another session changed them. */
  function putSettings(settings: PersonSettings): void {
    if (!me.value) return;
    knownSettings = settings;
    me.value = {
      ...me.value,
      settings: settingsUnderWay.reduce(withChange, knownSettings),
    };
  }
  /** As the server merges: a change of an order or a saved view names only those it is about. */
  const withChange = (held: PersonSettings, change: PersonSettings): PersonSettings => ({
    ...held,
    ...change,
    ...(change.sort && { sort: { ...held.sort, ...change.sort } }),
    ...(change.boardViews && { boardViews: { ...held.boardViews, ...change.boardViews } }),
  });
  /** Applies at once and tells the server, one change after the other; when it refuses, the old values come back. */
  function changeSettings(patch: PersonSettings): Promise<Outcome<PersonSettings>> {
    const sessionId = me.value?.session.id;
    if (sessionId === undefined) return Promise.resolve({ ok: true, value: {} });
    if (viewing.value) {
      // For this page alone: what is folded, the order of a list, the language.
      putSettings(withChange(knownSettings, patch));
      return Promise.resolve({ ok: true, value: knownSettings });
    }
    settingsUnderWay.push(patch);
    putSettings(knownSettings);
    const answer = lastSettings.then(async () => {
      // Somebody else has signed in before its turn came.
      if (me.value?.session.id !== sessionId) return { ok: true, value: {} } as const;
      const told = await attempt(() => call(peopleApi.changeSettings, patch));
      if (me.value?.session.id === sessionId) {
        settingsUnderWay = settingsUnderWay.filter((one) => one !== patch);
        putSettings(told.ok ? told.value : knownSettings);
      }
      return told;
    });
    lastSettings = answer.catch(() => undefined);
    return answer;
  }

  /** Says once who writes under a shared login. */
  async function nameSession(name: string): Promise<Outcome<Me>> {
    const answer = await attempt(() => call(peopleApi.nameSession, { name }));
    if (answer.ok) enter(answer.value);
    return answer;
  }

  function signalTabs(signal: string): void {
    try {
      localStorage.setItem(TAB_SIGNAL, signal);
    } catch {
      // No storage: other tabs find out at their next call.
    }
  }

  onSignedOut(endedBecause);
  onPortalClosed((message) => {
    // Who is not in yet reads it beside the form.
    if (!signingIn) closed.value = message;
  });
  on('portal:closed', ({ message }) => (closed.value = message));
  on('settings:news', putSettings);
  on('device:news', () => void load());
  on('session:ended', ({ reason }) => endedBecause(reason));
  let connectedBefore: string | null = null;
  onConnected(({ closedByServer }) => {
    const sessionId = me.value?.session.id ?? null;
    if (sessionId && (closedByServer || fromMemory.value)) void load();
    // Settings that another session changed meanwhile; everybody is back at once after a restart of the server.
    else if (sessionId && sessionId === connectedBefore) {
      setTimeout(() => void refreshSettings(sessionId), Math.random() * SETTINGS_WITHIN_MS);
    }
    connectedBefore = sessionId;
  });
  async function refreshSettings(sessionId: string): Promise<void> {
    if (me.value?.session.id !== sessionId) return;
    const answer = await attempt(() => call(peopleApi.me, {}));
    if (answer.ok && me.value?.session.id === sessionId) putSettings(answer.value.settings);
  }
  if (typeof addEventListener === 'function') {
    addEventListener('storage', ({ key, newValue }) => {
      if (key !== TAB_SIGNAL || newValue === null) return;
      const mine = me.value?.session.id;
      if (mine !== undefined && newValue === goneSignal(mine)) endedBecause('signed_out');
      else if (!newValue.startsWith('-') && newValue !== mine) void load();
    });
  }

  return {
    me,
    loading: loader.is,
    ended,
    closed,
    fromMemory,
    serverOffsetMs,
    personId,
    side,
    can,
    settings,
    nameNeeded,
    enrolling,
    enrolmentNeeded,
    load,
    newDevices,
    forgetDevice,
    viewing,
    viewAs,
    endView,
    finishSignOn,
    signIn,
    signOut,
    acknowledgeEnd,
    changeSettings,
    nameSession,
  };
});
