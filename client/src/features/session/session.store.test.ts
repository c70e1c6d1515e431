import type { Me } from '@otklik/shared/people';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { serverNow } from '../../platform/clock';
import { noticeSignedOut, Offline, Refusal } from '../../platform/problem';
import { useSession } from './session.store';

type Answer = (input: object) => unknown;
const answers = new Map<string, Answer>();
const sockets = vi.hoisted(() => ({ started: 0, stopped: 0 }));
vi.mock('../../platform/api', () => ({
  call: async (route: { method: string; path: string }, input: object) =>
    answers.get(`${route.method} ${route.path}`)?.(input),
}));
const heard = vi.hoisted(() => new Map<string, (news: object) => void>());
vi.mock('../../platform/socket', () => ({
  on: (event: string, handler: (news: object) => void) => void heard.set(event, handler),
  onConnected: () => () => undefined,
  startSocket: async () => void (sockets.started += 1),
  stopSocket: () => void (sockets.stopped += 1),
}));

function me(id: string, fields: Partial<Me> = {}): Me {
  return {
    person: { id, login: id, name: id, jobTitle: '', role: 'dealer', side: 'dealer' },
    dealer: null,
    session: {
      ...{
        id: `session-${id}`,
        nameNeeded: false,
        enrolmentNeeded: false,
        signedOn: false,
        shared: false,
        severalAllowed: false,
      },
      ...{ remembered: true, expiresAt: '2125-11-19T09:00:00.000Z' },
    },
    can: {
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
      seeOrders: true,
      seeRights: false,
      viewAs: false,
      seeAudit: false,
      seeSeats: false,
    },
    settings: {},
    limits: {
      filesPerMessage: 1,
      fileBytes: 1,
      fileExtensions: [],
      messageCharacters: 1,
      editMinutes: 15,
    },
    company: { zone: 'Europe/Moscow', hours: [] },
    newDevices: [],
    viewing: null,
    serverTime: new Date().toISOString(),
    ...fields,
  };
}
const refusal = (code: 'not_signed_in' | 'wrong_credentials') =>
  new Refusal({ code, status: 401, facts: {}, requestId: 'r' });
const throwing = (error: Error) => () => {
  throw error;
};

beforeEach(() => {
  vi.useFakeTimers();
  answers.clear();
  sockets.started = 0;
  setActivePinia(createPinia());
});
afterEach(() => void vi.useRealTimers());

describe('the start', () => {
  it('knows who is signed in, and whose clock is right', async () => {
    const session = useSession();
    const serverTime = new Date(Date.now() + 3_600_000).toISOString();
    answers.set('GET /me', () => me('anna', { serverTime }));
    await session.load();
    expect(session.personId).toBe('anna');
    expect(session.serverOffsetMs).toBe(3_600_000);
    expect(serverNow() - Date.now()).toBe(3_600_000);
    expect(sockets.started).toBe(1);
  });

  it('takes nobody for an answer, without saying that a session ended', async () => {
    const session = useSession();
    answers.set('GET /me', () => {
      noticeSignedOut({ code: 'not_signed_in', facts: {} });
      throw refusal('not_signed_in');
    });
    await session.load();
    expect(session).toMatchObject({ me: null, ended: null, loading: { state: 'ready' } });
  });

  it('can be tried again when the server does not answer', async () => {
    const session = useSession();
    answers.set('GET /me', throwing(new Offline(true)));
    await session.load();
    expect(session.loading).toMatchObject({ state: 'error', problem: { code: 'timeout' } });
  });
});

describe('signing in', () => {
  it('leads to step 2 when other sessions stand in the way', async () => {
    const session = useSession();
    const facts = { limit: 1, sessions: [{ id: 's', device: 'Chrome', lastSeenAt: '' }] };
    answers.set(
      'POST /session',
      throwing(new Refusal({ code: 'session_limit', status: 409, facts, requestId: 'r' })),
    );
    const result = await session.signIn({ login: 'anna', password: 'secret' });
    expect(result).toEqual({ state: 'session_limit', facts });
    expect(session.me).toBeNull();
  });

  it('tells a wrong pair from a lost connection', async () => {
    const session = useSession();
    answers.set('POST /session', throwing(refusal('wrong_credentials')));
    expect(await session.signIn({ login: 'a', password: 'b' })).toMatchObject({
      state: 'refused',
      trouble: { code: 'wrong_credentials' },
    });
    answers.set('POST /session', throwing(new Offline(false)));
    expect(await session.signIn({ login: 'a', password: 'b' })).toMatchObject({
      state: 'refused',
      trouble: { code: 'offline' },
    });
  });

  it('and out, and in again as somebody else', async () => {
    const session = useSession();
    answers.set('POST /session', () => me('anna'));
    await session.signIn({ login: 'anna', password: 'secret' });
    answers.set('DELETE /session', () => ({ done: true }));
    await session.signOut();
    expect(session).toMatchObject({ personId: null, ended: null });
    answers.set('POST /session', () => me('boris'));
    await session.signIn({ login: 'boris', password: 'secret' });
    expect(session.personId).toBe('boris');
    expect(sockets.started).toBe(2);
  });

  it('stays signed in when signing out does not reach the server', async () => {
    const session = useSession();
    answers.set('POST /session', () => me('anna'));
    await session.signIn({ login: 'anna', password: 'secret' });
    answers.set('DELETE /session', throwing(new Offline(false)));
    expect(await session.signOut()).toMatchObject({ ok: false, trouble: { code: 'offline' } });
    expect(session.personId).toBe('anna');
  });
});

it('shows why the session ended, until the next one', async () => {
  const session = useSession();
  answers.set('POST /session', () => me('anna'));
  await session.signIn({ login: 'anna', password: 'secret' });
  noticeSignedOut({ code: 'session_ended', facts: { reason: 'ended_by_staff' } });
  expect(session).toMatchObject({ personId: null, ended: 'ended_by_staff' });
  await session.signIn({ login: 'anna', password: 'secret' });
  expect(session).toMatchObject({ personId: 'anna', ended: null });
});

it('takes a setting back that the server refuses', async () => {
  const session = useSession();
  answers.set('GET /me', () => me('anna', { settings: { theme: 'dark' } }));
  await session.load();
  answers.set('PATCH /me/settings', throwing(new Offline(false)));
  const change = session.changeSettings({ theme: 'light' });
  expect(session.settings.theme).toBe('light');
  await change;
  expect(session.settings.theme).toBe('dark');
});

it('follows the settings of the other sessions, and keeps its own change that is under way', async () => {
  const session = useSession();
  answers.set('GET /me', () => me('anna', { settings: { theme: 'dark' } }));
  await session.load();
  const told = heard.get('settings:news');
  told?.({ theme: 'dark', folded: ['open:1'] });
  expect(session.settings).toEqual({ theme: 'dark', folded: ['open:1'] });

  let answer: (settings: object) => void = () => undefined;
  answers.set('PATCH /me/settings', () => new Promise((resolve) => (answer = resolve)));
  const change = session.changeSettings({ theme: 'light' });
  await vi.advanceTimersByTimeAsync(0);
  told?.({ theme: 'dark', density: 'compact' });
  expect(session.settings).toEqual({ theme: 'light', density: 'compact' });
  answer({ theme: 'light', density: 'compact' });
  await change;
  expect(session.settings).toEqual({ theme: 'light', density: 'compact' });
});

it('tells changes one after the other, so that the last one stays the last', async () => {
  const session = useSession();
  answers.set('GET /me', () => me('anna'));
  await session.load();
  const told: object[] = [];
  const waiting: (() => void)[] = [];
  answers.set('PATCH /me/settings', (patch) => {
    told.push(patch);
    return new Promise((resolve) => waiting.push(() => resolve(patch)));
  });
  const first = session.changeSettings({ folded: ['a'] });
  const second = session.changeSettings({ folded: ['a', 'b'] });
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual([{ folded: ['a'] }]);
  waiting[0]?.();
  await first;
  expect(session.settings.folded).toEqual(['a', 'b']);
  await vi.advanceTimersByTimeAsync(0);
  waiting[1]?.();
  await second;
  expect(told).toEqual([{ folded: ['a'] }, { folded: ['a', 'b'] }]);
});

it('keeps the orders of other lists while one is being changed', async () => {
  const session = useSession();
  answers.set('GET /me', () => me('anna', { settings: { sort: { mine: 'last' } } }));
  await session.load();
  let answer = (): void => undefined;
  answers.set('PATCH /me/settings', () => {
    const whole = { sort: { mine: 'last', queue: 'opened', all: 'opened' } };
    return new Promise((resolve) => (answer = () => resolve(whole)));
  });
  const change = session.changeSettings({ sort: { queue: 'opened' } });
  expect(session.settings.sort).toEqual({ mine: 'last', queue: 'opened' });
  await vi.advanceTimersByTimeAsync(0);
  answer();
  await change;
  expect(session.settings.sort).toEqual({ mine: 'last', queue: 'opened', all: 'opened' });
});

it('names a shared session without opening a second connection', async () => {
  const session = useSession();
  const shared = { ...me('anna').session, nameNeeded: true, shared: true, severalAllowed: true };
  answers.set('GET /me', () => me('anna', { session: shared }));
  await session.load();
  expect(session.nameNeeded).toBe(true);
  answers.set('PUT /me/name', () => me('anna', { session: { ...shared, nameNeeded: false } }));
  await session.nameSession('Anna P.');
  expect(session.nameNeeded).toBe(false);
  expect(sockets.started).toBe(1);
});

describe('another tab of this browser', () => {
  it('signed in as somebody else: whoever the cookie says is here now', async () => {
    const session = useSession();
    answers.set('POST /session', () => me('anna'));
    await session.signIn({ login: 'anna', password: 'secret' });
    answers.set('GET /me', () => me('boris'));
    noticeSignedOut({ code: 'not_signed_in', facts: {} });
    expect(session).toMatchObject({ personId: null, ended: 'expired' });
    await vi.waitFor(() => expect(session).toMatchObject({ personId: 'boris', ended: null }));
  });

  it('may tell that this session is over before the own sign-out is answered', async () => {
    const session = useSession();
    answers.set('POST /session', () => me('anna'));
    await session.signIn({ login: 'anna', password: 'secret' });
    answers.set('DELETE /session', () => {
      noticeSignedOut({ code: 'session_ended', facts: { reason: 'signed_out' } });
      return { done: true };
    });
    await session.signOut();
    expect(session).toMatchObject({ personId: null, ended: null });
  });
});
