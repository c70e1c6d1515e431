import type { ServerNews } from '@otklik/shared/news';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { onSignedOut } from './problem';
import { askSocket, connection, on, onConnected, startSocket, stopSocket } from './socket';

type Handler = (...args: unknown[]) => void;
// A browser without Web Locks: this tab is alone. What tabs share is told in tabs.test.ts and in the browser test.
vi.hoisted(() => vi.stubGlobal('navigator', {}));
const library = vi.hoisted(() => ({
  handlers: new Map<string, Handler>(),
  options: {},
  connected: false,
  active: true,
  connects: 0,
  answer: async (_event: string, _input: unknown): Promise<unknown> => ({ ok: true, value: 1 }),
}));
vi.mock('socket.io-client', () => ({
  io: (options: object) => {
    library.options = options;
    return {
      get connected() {
        return library.connected;
      },
      get active() {
        return library.active;
      },
      on: (event: string, handler: Handler) => library.handlers.set(event, handler),
      onAny: (handler: Handler) => library.handlers.set('any', handler),
      removeAllListeners: () => library.handlers.clear(),
      connect: () => (library.connects += 1),
      disconnect: () => (library.connected = false),
      timeout: () => ({
        emitWithAck: (event: string, input: unknown) => library.answer(event, input),
      }),
    };
  },
}));

const dataset: Record<string, string> = {};
const happens = (event: string, ...args: unknown[]) => library.handlers.get(event)?.(...args);
const isTold = (event: string, news: unknown) => happens('any', event, news);
function connect(): void {
  library.connected = true;
  happens('connect');
}
function lose(reason = 'transport close'): void {
  library.connected = false;
  happens('disconnect', reason);
}

beforeEach(async () => {
  vi.useFakeTimers();
  const listeners = { addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal('document', {
    baseURI: 'https://portal.test/base/',
    documentElement: { dataset },
    visibilityState: 'visible',
    ...listeners,
  });
  vi.stubGlobal('addEventListener', listeners.addEventListener);
  vi.stubGlobal('removeEventListener', listeners.removeEventListener);
  library.connects = 0;
  library.active = true;
  await startSocket('session');
});
afterEach(() => {
  stopSocket();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('the connection', () => {
  it('lives below the base path, websocket first, for the session that was signed in', () => {
    expect(library.options).toMatchObject({
      auth: { session: 'session' },
      path: '/base/socket.io',
      transports: ['websocket', 'polling'],
    });
  });

  it('says nothing of a short loss, then reconnecting, then offline', () => {
    connect();
    expect(dataset.connection).toBe('online');
    const lostAt = Date.now();
    lose();
    vi.advanceTimersByTime(2_999);
    expect(dataset.connection).toBe('online');
    vi.advanceTimersByTime(1);
    expect(dataset.connection).toBe('reconnecting');
    vi.advanceTimersByTime(7_000);
    expect(connection).toEqual({ state: 'offline', since: lostAt });
    connect();
    expect(dataset.connection).toBe('online');
    vi.advanceTimersByTime(20_000);
    expect(dataset.connection).toBe('online');
  });

  it('counts a loss from its beginning, however many tries fail', () => {
    connect();
    lose();
    for (let second = 0; second < 10; second += 1) {
      vi.advanceTimersByTime(1_000);
      happens('connect_error', new Error('nobody there'));
    }
    expect(connection.state).toBe('offline');
  });

  it('leaves no trace after signing out', () => {
    connect();
    stopSocket();
    vi.advanceTimersByTime(20_000);
    expect(dataset.connection).toBeUndefined();
    expect(connection.state).toBe('online');
  });

  it('comes back by itself after the server closed it, and says that it was the server', () => {
    const arrivals: boolean[] = [];
    const stop = onConnected(({ closedByServer }) => arrivals.push(closedByServer));
    connect();
    lose('io server disconnect');
    vi.advanceTimersByTime(2_000);
    expect(library.connects).toBe(1);
    connect();
    lose();
    connect();
    expect(arrivals).toEqual([false, true, false]);
    stop();
  });

  it('stays away from a stopping server for as long as it asks, and a moment more', () => {
    connect();
    happens('server:stopping', { retryAfterMs: 2_000 });
    expect(library.connected).toBe(false);
    vi.advanceTimersByTime(1_999);
    expect(library.connects).toBe(0);
    vi.advanceTimersByTime(2_100);
    expect(library.connects).toBe(1);
  });

  it('hears from a refused handshake that the session is over', () => {
    const heard: unknown[] = [];
    onSignedOut((reason) => heard.push(reason));
    const data = { code: 'session_ended', facts: { reason: 'expired' } };
    happens('connect_error', Object.assign(new Error('session_ended'), { data }));
    expect(heard).toEqual(['expired']);
  });

  it('tries again when the handshake was refused for a moment', () => {
    library.active = false;
    const data = { code: 'database_away', facts: {} };
    happens('connect_error', Object.assign(new Error('database_away'), { data }));
    vi.advanceTimersByTime(3_000);
    expect(library.connects).toBe(1);
  });
});

it('hands news to whoever listens, over reconnections', async () => {
  const heard: Parameters<ServerNews['appeal:mark']>[0][] = [];
  const stop = on('appeal:mark', (mark) => heard.push(mark));
  const mark = { appealId: 'a', seq: 1, messages: 1, rev: 1 };
  isTold('appeal:mark', mark);
  await startSocket('session');
  isTold('appeal:mark', mark);
  stop();
  isTold('appeal:mark', mark);
  expect(heard).toEqual([mark, mark]);
});

describe('a command', () => {
  it('is answered or refused', async () => {
    connect();
    expect(await askSocket('thing', {})).toEqual({ value: 1 });
    const problem = { code: 'forbidden', facts: { right: 'x' }, status: 403, requestId: 'r' };
    library.answer = async () => ({ ok: false, problem });
    await expect(askSocket('thing', {})).rejects.toMatchObject({ code: 'forbidden', status: 403 });
  });

  it('has no answer without a connection, or when it breaks', async () => {
    expect(await askSocket('thing', {})).toBeNull();
    connect();
    library.answer = () => Promise.reject(new Error('operation has timed out'));
    expect(await askSocket('thing', {})).toBeNull();
  });
});
