import { randomUUID } from 'node:crypto';
import { connect as dial } from 'node:net';
import type { Problem } from '@otklik/shared/errors';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany } from '../modules/appeals/appeal.factory';
import { createFileLinks } from '../modules/attachments';
import { PASSWORD } from '../modules/people/people.factory';
import { peopleApi } from '@otklik/shared/people.api';
import { testApp, type TestApp, type TestSession } from './test-app';

/** What the server takes before, and from, whoever would like to have more of it than his share. */
let server: TestApp;
let behindProxy: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
/** How long a connection lived that never said who it is. */
let nameless: Promise<number>;

beforeAll(async () => {
  server = await testApp({ env: { UPLOADS_PER_HOUR: '3' } });
  behindProxy = await testApp({ database: server.database, env: { TRUST_PROXY_HOPS: '1' } });
  company = await aCompany(server.database.db);
  dealer = await server.signIn(company.visitor);
  nameless = lifeOf(server.url);
});
afterAll(async () => {
  await behindProxy.close();
  await server.close();
});

function lifeOf(url: string): Promise<number> {
  const began = Date.now();
  const { port } = new URL(url);
  return new Promise((resolve) => {
    const socket = dial(Number(port), '127.0.0.1', () => {
      socket.write(
        'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      );
    });
    socket.resume();
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(Date.now() - began));
  });
}

const opened: Socket[] = [];
afterAll(() => opened.forEach((socket) => socket.disconnect()));
/** A socket of its own, or the code it was refused with. */
function join({ cookie }: TestSession, headers: Record<string, string> = {}) {
  const socket = io(server.url, {
    ...{ transports: ['websocket'], reconnection: false, forceNew: true },
    extraHeaders: { cookie, ...headers },
  });
  opened.push(socket);
  return new Promise<Socket | string>((resolve) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', (error) => {
      socket.disconnect();
      resolve(error.message);
    });
  });
}

describe('a browser’s word that another page asks', () => {
  it.each(['cross-site', 'same-site', 'nonsense'])(
    '%s refuses writes and handshakes',
    async (site) => {
      const headers = { 'sec-fetch-site': site };
      const write = await dealer.raw('PATCH', '/me/settings', { body: '{}', headers });
      expect([write.status, ((await write.json()) as Problem).code]).toEqual([403, 'bad_origin']);
      expect(await join(dealer, headers)).toBe('websocket error');
      const polling = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { headers });
      expect(polling.status).toBe(403);
    },
  );

  it.each(['same-origin', 'none'])('%s is no hindrance', async (site) => {
    const headers = { 'sec-fetch-site': site };
    expect((await dealer.raw('PATCH', '/me/settings', { body: '{}', headers })).status).toBe(200);
    const socket = await join(dealer, headers);
    expect(socket).toHaveProperty('connected', true);
    if (typeof socket !== 'string') socket.disconnect();
  });
});

describe('a socket', () => {
  it('that sends what no event takes is closed without an echo', async () => {
    const odd: ((socket: Socket) => void)[] = [
      (socket) => socket.emit('zznobody', { zzecho: 1 }),
      (socket) => socket.emit('zznobody', { zzecho: 1 }, () => undefined),
      (socket) => socket.emit('appeal:read', { appealId: 'zzecho' }),
      (socket) => socket.emit('appeal:read', { appealId: 'zzecho' }, 'zzecho', () => undefined),
      (socket) => socket.emit('__proto__', { zzecho: 1 }, () => undefined),
    ];
    for (const send of odd) {
      const socket = await join(dealer);
      if (typeof socket === 'string') throw new Error(socket);
      const heard: string[] = [];
      socket.io.engine.on('packet', ({ data }) => void heard.push(String(data)));
      const gone = new Promise((resolve) => socket.once('disconnect', resolve));
      send(socket);
      await gone;
      expect(heard.join()).not.toContain('zz');
    }
  });

  it('that sends bytes for fields is refused like any wrong input', async () => {
    const line = await dealer.socket();
    const started = Date.now();
    for (const payload of [Buffer.alloc(200_000), { appealId: Buffer.alloc(200_000), seq: 1 }]) {
      const ack = await line.ask('appeal:read', payload);
      expect(ack).toMatchObject({ ok: false, problem: { code: 'invalid_input' } });
    }
    expect(Date.now() - started).toBeLessThan(10_000);
    line.socket.disconnect();
  });

  it('is refused beyond 20 of a session and 100 of an account, until one goes', async () => {
    const sessions = [];
    for (let at = 0; at < 6; at += 1) sessions.push(await server.signIn(company.secondVisitor));
    const [first, second, , , , last] = sessions;
    if (!first || !second || !last) throw new Error('sessions are missing');
    const sockets: Socket[] = [];
    for (const session of sessions.slice(0, 5)) {
      const joined = await Promise.all(Array.from({ length: 20 }, () => join(session)));
      for (const one of joined) {
        if (typeof one === 'string') throw new Error(one);
        sockets.push(one);
      }
    }
    expect(await join(first)).toBe('rate_limited');
    expect(await join(last)).toBe('rate_limited');
    // Nobody else notices.
    expect(await join(dealer)).toHaveProperty('connected', true);
    sockets[0]?.disconnect();
    await expect.poll(async () => typeof (await join(last))).toBe('object');
    expect(await join(second)).toBe('rate_limited');
  });
});

describe('uploads', () => {
  const whole = (session: TestSession, clientId: string = randomUUID()) => {
    const body = new FormData();
    body.set('clientId', clientId);
    body.set('file', new Blob(['слова']), 'слова.txt');
    const headers = { cookie: session.cookie };
    return fetch(`${server.url}/api/attachments`, { method: 'POST', headers, body });
  };
  const begun = (session: TestSession, clientId: string = randomUUID()) =>
    session.raw('POST', '/uploads', {
      body: JSON.stringify({ clientId, name: 'x.txt', sizeBytes: 3 }),
    });

  it('of a person are counted by the hour, whichever way they come', async () => {
    const again = randomUUID();
    const begunId = randomUUID();
    expect((await whole(dealer, again)).status).toBe(200);
    expect((await begun(dealer, begunId)).status).toBe(200);
    expect((await whole(dealer)).status).toBe(200);
    for (const answer of [await whole(dealer), await begun(dealer)]) {
      expect(answer.status).toBe(429);
      const seconds = Number(answer.headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(3_000);
      expect(seconds).toBeLessThanOrEqual(3_600);
    }
    // What was counted once is not refused when it is sent again, and the others have an hour of their own.
    expect((await whole(dealer, again)).status).toBe(200);
    expect((await begun(dealer, begunId)).status).toBe(200);
    expect((await whole(await server.signIn(company.outsider))).status).toBe(200);
    // An hour later it begins anew.
    await server.database.db.query(`UPDATE upload_hour SET since = since - interval '61 minutes'`);
    expect((await whole(dealer)).status).toBe(200);
  });
});

describe('the address of a file', () => {
  async function linked(session: TestSession, file = new Blob(['слова'])): Promise<string> {
    const body = new FormData();
    body.set('clientId', randomUUID());
    body.set('file', file, 'слова.txt');
    const { cookie } = session;
    const sent = await fetch(`${server.url}/api/attachments`, {
      method: 'POST',
      headers: { cookie },
      body,
    });
    const { fileUrl } = (await sent.json()) as { fileUrl: string };
    const answer = await fetch(`${server.url}/${fileUrl}`, {
      headers: { cookie },
      redirect: 'manual',
    });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([302, 'no-store']);
    return new URL(answer.headers.get('location') ?? '', server.url).href;
  }

  /** Reads the head and waits; then the rest until the connection is gone. @returns `ended` with how many bytes came */
  async function begunDownload(link: string): Promise<{ ended: Promise<number> }> {
    const { port, pathname } = new URL(link);
    const socket = dial(Number(port), '127.0.0.1');
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    let bytes = 0;
    socket.on('data', (chunk) => (bytes += chunk.length));
    socket.on('error', () => undefined);
    const gone = new Promise<number>((resolve) => socket.once('close', () => resolve(bytes)));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    return {
      get ended() {
        socket.resume();
        return gone;
      },
    };
  }

  /** Sends the first bytes of a file and no more. @returns `ended` when the connection is gone */
  function begunUpload({ cookie }: TestSession): { ended: Promise<void> } {
    const { port } = new URL(server.url);
    const socket = dial(Number(port), '127.0.0.1');
    const body = `--b\r\nContent-Disposition: form-data; name="clientId"\r\n\r\n${randomUUID()}\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n\r\nwords`;
    socket.write(
      `POST /api/attachments HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${cookie}\r\nOrigin: ${server.url}\r\n` +
        `Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n${body}`,
    );
    socket.resume();
    socket.on('error', () => undefined);
    return { ended: new Promise((resolve) => socket.once('close', () => resolve())) };
  }

  it('needs no cookie, reads none, sets none, and stays the same for a while', async () => {
    const manager = await server.signIn(company.manager);
    const link = await linked(manager);
    expect(new URL(link).pathname).toMatch(/^\/files\/[\w-]+$/);
    for (const cookie of ['', dealer.cookie, 'otklik_session=nonsense']) {
      const answer = await fetch(link, { headers: { cookie } });
      expect([answer.status, await answer.text()]).toEqual([200, 'слова']);
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(answer.headers.get('content-security-policy')).toContain('sandbox');
    }
  });

  it('is good for its file and its session alone, as long as that lives', async () => {
    const manager = await server.signIn(company.colleague);
    const link = await linked(manager);
    const letters = link.slice(link.lastIndexOf('/') + 1);
    for (let at = 0; at < letters.length; at += 7) {
      const forged =
        letters.slice(0, at) + (letters[at] === 'A' ? 'B' : 'A') + letters.slice(at + 1);
      expect((await fetch(`${server.url}/files/${forged}`)).status).toBe(404);
    }
    expect((await fetch(`${server.url}/files/${letters}A`)).status).toBe(404);
    expect((await fetch(link)).status).toBe(200);
    await manager.raw('DELETE', '/session');
    expect((await fetch(link)).status).toBe(401);
  });

  it('stops in the middle when its session ends; so does a file on its way in', async () => {
    const manager = await server.signIn(company.manager);
    const link = await linked(manager, new Blob([Buffer.alloc(24 * 1024 * 1024, 'x')]));
    const elsewhere = await server.signIn(company.manager);
    const download = await begunDownload(link);
    const upload = begunUpload(manager);
    // Two answers later the server is in the middle of both.
    await manager.call(peopleApi.me, {});
    await elsewhere.call(peopleApi.me, {});
    await elsewhere.call(peopleApi.endMyOtherSessions, {});
    expect(await download.ended).toBeLessThan(24 * 1024 * 1024);
    await upload.ended;
  });

  it('is an old one after two hours', async () => {
    const { db } = server.database;
    let now = new Date('2026-03-02T07:59:59Z');
    const links = createFileLinks({ db, now: () => now });
    const link = { attachmentId: randomUUID(), kind: 'preview', sessionId: randomUUID() } as const;
    const text = await links.seal(link);
    now = new Date('2026-03-02T08:59:59Z');
    expect(await links.open(text)).toEqual(link);
    now = new Date('2026-03-02T09:00:00Z');
    expect(await links.open(text)).toBeNull();
  });
});

describe('what a proxy says of its client', () => {
  it('counts only with as many proxies as are set, and only from the nearest', async () => {
    const addressOf = async (app: TestApp) => {
      const answer = await fetch(`${app.url}/api/session`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-forwarded-for': '198.51.100.1, 203.0.113.7',
          'x-forwarded-proto': 'https',
        },
        body: JSON.stringify({ login: company.ownOnly.login, password: PASSWORD, endOthers: true }),
      });
      expect(answer.status).toBe(200);
      const [row] = await server.database.db.query<{ address: string }>(
        `SELECT address FROM session WHERE person_id = $1 ORDER BY created_at DESC LIMIT 1`,
        [company.ownOnly.id],
      );
      return [row?.address, /; Secure/.test(answer.headers.get('set-cookie') ?? '')];
    };
    expect(await addressOf(server)).toEqual(['127.0.0.1', false]);
    expect(await addressOf(behindProxy)).toEqual(['203.0.113.7', true]);
  });
});

describe('a connection', () => {
  it('has times after which it is cut', () => {
    const { headersTimeout, requestTimeout, timeout } = server.app.server;
    expect({ headersTimeout, requestTimeout, timeout }).toEqual({
      headersTimeout: 20_000,
      requestTimeout: 1_800_000,
      timeout: 120_000,
    });
  });

  it('that became a socket and never says who it is goes too', async () => {
    expect(await nameless).toBeLessThan(30_000);
  });
});
