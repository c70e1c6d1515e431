import { route } from '@otklik/shared/route';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { addressOf, call, onProofNeeded } from './api';
import { Offline, onSignedOut, Refusal } from './problem';
import { askSocket } from './socket';
import { tabs } from './tabs';

vi.mock('./socket', () => ({ askSocket: vi.fn(async () => null) }));

const read = route<{ id: string; q?: string | undefined; limit?: number }, { ok: boolean }>(
  'GET',
  '/things/:id',
  'appeal.read',
);
const write = route<{ id: string; body: string }, { ok: boolean }>(
  'POST',
  '/things/:id',
  'appeal.write',
  {
    socket: 'thing:write',
  },
);

const json = (body: object, status = 200, type = 'application/json') =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': type } });
const answer = (make: (url: URL, init: RequestInit) => Response | Promise<Response>) =>
  vi.stubGlobal('fetch', vi.fn(make));

beforeEach(() => {
  vi.stubGlobal('document', { baseURI: 'https://portal.test/base/' });
  vi.mocked(askSocket).mockResolvedValue(null);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('addresses', () => {
  it('fills the path, puts the rest into the query, keeps the base path', () => {
    const { url, body } = addressOf(read, { id: 'a/b', q: 'ё & №', limit: 5 });
    expect(url.href).toBe(
      'https://portal.test/base/api/things/a%2Fb?q=%D1%91+%26+%E2%84%96&limit=5',
    );
    expect(body).toBeNull();
  });

  it('leaves out what is undefined, and refuses a path without its part', () => {
    expect(addressOf(read, { id: 'a', q: undefined }).url.search).toBe('');
    expect(() => addressOf(read, {})).toThrow('needs "id"');
  });

  it('writes carry JSON', () => {
    expect(addressOf(write, { id: 'a', body: 'text' }).body).toBe('{"body":"text"}');
  });
});

describe('a call', () => {
  it('that needs the password again is repeated once it was typed, and given up when it was not', async () => {
    const needed = () =>
      json({ code: 'reauthentication_needed', facts: {}, status: 403, requestId: 'r' }, 403);
    const answers = [needed(), json({ ok: true }), needed(), needed(), needed()];
    answer(() => answers.shift() ?? json({ ok: false }));
    const asked = vi.fn(async () => true);
    onProofNeeded(asked);
    expect(await call(read, { id: 'a' })).toEqual({ ok: true });
    onProofNeeded(async () => false);
    await expect(call(read, { id: 'a' })).rejects.toMatchObject({
      code: 'reauthentication_needed',
    });
    onProofNeeded(asked);
    await expect(call(read, { id: 'a' })).rejects.toMatchObject({
      code: 'reauthentication_needed',
    });
    expect(asked).toHaveBeenCalledTimes(2);
    expect(answers).toEqual([]);
  });

  it('answers the output', async () => {
    answer(() => json({ ok: true }));
    expect(await call(read, { id: 'a' })).toEqual({ ok: true });
  });

  it('says for which session it is, so that it is not done for whoever signed in in another tab', async () => {
    const said: (string | null)[] = [];
    answer((_url, { headers }) => {
      said.push(new Headers(headers).get('x-session'));
      return json({ ok: true });
    });
    await call(read, { id: 'a' });
    tabs.join('session');
    await call(read, { id: 'a' });
    await call(read, { id: 'a' }, { asAnybody: true });
    tabs.leave();
    expect(said).toEqual([null, 'session', null]);
  });

  it('turns a problem into a refusal with its facts', async () => {
    const facts = { retryAfterSeconds: 7 };
    answer(() =>
      json({ code: 'rate_limited', facts, requestId: 'r1' }, 429, 'application/problem+json'),
    );
    const error = await call(read, { id: 'a' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Refusal);
    expect(error).toMatchObject({ code: 'rate_limited', facts, status: 429, requestId: 'r1' });
  });

  it.each([
    [502, 'internal'],
    [404, 'not_found'],
  ])('takes a proxy’s %i for %s', async (status, code) => {
    answer(() => new Response('<html>', { status, headers: { 'content-type': 'text/html' } }));
    await expect(call(read, { id: 'a' })).rejects.toMatchObject({ code, status });
  });

  it('is offline when the network is away, or a login page of the hotel answers', async () => {
    answer(() => Promise.reject(new TypeError('failed')));
    await expect(call(read, { id: 'a' })).rejects.toMatchObject({ timedOut: false });
    answer(() => new Response('<html>', { headers: { 'content-type': 'text/html' } }));
    await expect(call(read, { id: 'a' })).rejects.toBeInstanceOf(Offline);
  });

  it('waits no longer than ten seconds', async () => {
    vi.useFakeTimers();
    answer(
      (_url, { signal }) =>
        new Promise((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))),
        ),
    );
    const asked = expect(call(read, { id: 'a' })).rejects.toMatchObject({ timedOut: true });
    await vi.advanceTimersByTimeAsync(10_000);
    await asked;
  });

  it('can be given up', async () => {
    answer(
      (_url, { signal }) =>
        new Promise((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))),
        ),
    );
    const stop = new AbortController();
    const asked = call(read, { id: 'a' }, { signal: stop.signal });
    stop.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('tells once that the session is over', async () => {
    const heard: unknown[] = [];
    onSignedOut((reason) => heard.push(reason));
    answer(() => json({ code: 'session_ended', facts: { reason: 'replaced' } }, 401));
    await expect(call(read, { id: 'a' })).rejects.toBeInstanceOf(Refusal);
    answer(() => json({ code: 'forbidden', facts: { right: 'assign' } }, 403));
    await expect(call(read, { id: 'a' })).rejects.toBeInstanceOf(Refusal);
    expect(heard).toEqual(['replaced']);
  });
});

describe('a hot write', () => {
  it('takes the socket when it is open', async () => {
    vi.mocked(askSocket).mockResolvedValue({ value: { ok: true } });
    answer(() => Promise.reject(new Error('not asked')));
    expect(await call(write, { id: 'a', body: 'text' })).toEqual({ ok: true });
    expect(askSocket).toHaveBeenCalledWith('thing:write', { id: 'a', body: 'text' });
  });

  it('is repeated over HTTP when the socket gave no answer', async () => {
    answer(() => json({ ok: true }));
    expect(await call(write, { id: 'a', body: 'text' })).toEqual({ ok: true });
    expect(fetch).toHaveBeenCalledOnce();
  });
});
