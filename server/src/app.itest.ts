import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Problem } from '@otklik/shared/errors';
import { io as connect, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from './modules/appeals/appeal.factory';
import { createIntegrationService } from './modules/people';
import { PASSWORD } from './modules/people/people.factory';
import { testApp, type TestApp, type TestSession } from './test/test-app';

const METRICS_TOKEN = 'only-for-the-watchman';

let folder: string;
let server: TestApp;
let below: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otklik-client-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><html><head><base href="/" /></head><body>Отклик</body></html>',
  );
  await writeFile(join(folder, 'assets', 'main-abc123.js'), 'export {};');
  await writeFile(join(folder, 'theme.js'), '1;');
  server = await testApp({ clientFolder: folder });
  below = await testApp({
    clientFolder: folder,
    env: {
      BASE_PATH: '/portal',
      METRICS_TOKEN,
      PUBLIC_ORIGINS: 'https://portal.example.com',
    },
  });
  company = await aCompany(server.database.db);
  dealer = await server.signIn(company.visitor);
  manager = await server.signIn(company.manager);
});
afterAll(async () => {
  await server.close();
  await below.close();
  await rm(folder, { recursive: true, force: true });
});

/** A refusal over HTTP, with what every one of them must have. */
async function problemOf(answer: Response): Promise<Problem> {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = (await answer.json()) as Problem;
  expect(problem.requestId).toBe(answer.headers.get('x-request-id'));
  expect(problem.requestId).toMatch(/^[\da-f-]{36}$/);
  expect(problem.status).toBe(answer.status);
  expect(problem.type).toBe(`urn:otklik:problem:${problem.code}`);
  expect(problem.title).not.toBe('');
  return problem;
}

/** Where a socket's handshake ended: connected, or the error. */
function handshake(
  url: string,
  headers: Record<string, string>,
  path = '/socket.io',
  transports = ['websocket'],
): Promise<{ socket: Socket; error?: Error & { data?: Problem } }> {
  const socket = connect(url, {
    path,
    transports,
    extraHeaders: headers,
    reconnection: false,
    forceNew: true,
  });
  return new Promise((resolve) => {
    socket.once('connect', () => resolve({ socket }));
    socket.once('connect_error', (error) => {
      socket.disconnect();
      resolve({ socket, error });
    });
  });
}

describe('a refusal', () => {
  it('of JSON that is none is a 400 with a request id', async () => {
    const answer = await dealer.raw('POST', '/appeals', { body: '{"clientId":' });
    expect(answer.status).toBe(400);
    expect((await problemOf(answer)).code).toBe('invalid_input');
  });

  it('of a path that is not there is a 404, within the API and outside', async () => {
    for (const path of ['/api/nothing', '/api', '/api/appeals/a/b/c/d']) {
      const answer = await fetch(`${server.url}${path}`, { headers: { cookie: dealer.cookie } });
      expect(answer.status).toBe(404);
      expect(await problemOf(answer)).toMatchObject({ code: 'not_found', facts: { what: 'path' } });
    }
    const post = await fetch(`${server.url}/anywhere`, { method: 'POST' });
    expect(post.status).toBe(404);
    expect((await problemOf(post)).code).toBe('not_found');
  });

  it('of a path that cannot be decoded is a 400', async () => {
    const answer = await dealer.raw('GET', '/appeals/%ff');
    expect(answer.status).toBe(400);
    expect((await problemOf(answer)).code).toBe('invalid_input');
  });

  it('of a body over the limit is a 413 that names the limit', async () => {
    const answer = await dealer.raw('POST', '/appeals', {
      body: JSON.stringify({ body: 'x'.repeat(1024 * 1024) }),
    });
    expect(answer.status).toBe(413);
    expect(await problemOf(answer)).toMatchObject({
      code: 'too_large',
      facts: { limitBytes: 1024 * 1024 },
    });
  });

  it('leaves the larger limit of the exchange alone', async () => {
    const token = await createIntegrationService({
      db: server.database.db,
      now: () => new Date(),
    }).createIntegrationToken('1C');
    const send = (bytes: number) =>
      fetch(`${server.url}/api/exchange/orders`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ orders: [], rest: 'x'.repeat(bytes) }),
      });
    const fits = await send(2 * 1024 * 1024);
    expect(fits.status).toBe(400);
    expect((await problemOf(fits)).code).toBe('invalid_input');
    expect((await send(21 * 1024 * 1024)).status).toBe(413);
  });

  it.each([
    ['text/plain', '{"login":"a","password":"b"}'],
    ['application/x-www-form-urlencoded', 'login=a&password=b'],
    ['application/json; charset=koi8-r', '{"login":"a","password":"b"}'],
    ['', '{"login":"a","password":"b"}'],
  ])('of the content type %j is the caller’s', async (type, body) => {
    const answer = await fetch(`${server.url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect([400, 415]).toContain(answer.status);
    expect((await problemOf(answer)).code).toBe('invalid_input');
  });

  it('of nesting without end names it and does not exhaust the stack', async () => {
    const depth = 100_000;
    const answer = await fetch(`${server.url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"login":${'['.repeat(depth)}${']'.repeat(depth)},"password":"b"}`,
    });
    expect(answer.status).toBe(400);
    expect(await problemOf(answer)).toMatchObject({
      code: 'invalid_input',
      facts: { fields: [{ rule: 'depth', path: expect.stringMatching(/^login\.0/) }] },
    });
  });
});

describe('a write', () => {
  const write = (headers: Record<string, string>, method = 'PATCH', at = server) =>
    fetch(`${at.url}${at === below ? '/portal' : ''}/api/me/settings`, {
      method,
      headers: { cookie: dealer.cookie, 'content-type': 'application/json', ...headers },
      ...(method === 'GET' ? {} : { body: '{"theme":"dark"}' }),
    });

  it.each([
    ['a foreign origin', { origin: 'https://evil.example' }],
    ['an origin without a host', { origin: 'null' }],
    ['an origin on another port', { origin: 'http://127.0.0.1:1' }],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
  ])('from %s is refused before anything else', async (_name, headers) => {
    const answer = await write(headers);
    expect(answer.status).toBe(403);
    expect((await problemOf(answer)).code).toBe('bad_origin');
    const stranger = await write({ ...headers, cookie: '' });
    expect((await problemOf(stranger)).code).toBe('bad_origin');
  });

  it('from our own page, or from a program that has no origin, is served', async () => {
    expect((await write({})).status).toBe(200);
    expect((await write({ origin: server.url })).status).toBe(200);
    expect((await write({ origin: server.url, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  it('from an origin of the settings is served too', async () => {
    const answer = await write({ origin: 'https://portal.example.com' }, 'PATCH', below);
    expect((await problemOf(answer)).code).toBe('not_signed_in');
    const foreign = await write({ origin: 'https://portal.example.org' }, 'PATCH', below);
    expect((await problemOf(foreign)).code).toBe('bad_origin');
  });

  it('is told from a read, which any page may try', async () => {
    const answer = await fetch(`${server.url}/api/me`, {
      headers: { cookie: dealer.cookie, origin: 'https://evil.example' },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('the handshake of a socket', () => {
  it.each([['websocket'], ['polling']])(
    'over %s from a foreign origin is refused',
    async (transport) => {
      const headers = { cookie: dealer.cookie, origin: 'https://evil.example' };
      const { error, socket } = await handshake(server.url, headers, '/socket.io', [transport]);
      expect(error).toBeInstanceOf(Error);
      expect(socket.connected).toBe(false);
      // The same without the foreign origin is served.
      const own = await handshake(server.url, { ...headers, origin: server.url }, '/socket.io', [
        transport,
      ]);
      expect(own.socket.connected).toBe(true);
      own.socket.disconnect();
    },
  );

  it('without a session is refused with the problem', async () => {
    const { error } = await handshake(server.url, { origin: server.url });
    expect(error?.message).toBe('not_signed_in');
    expect(error?.data).toMatchObject({ code: 'not_signed_in', status: 401 });
  });

  it('with an ended session tells why it ended', async () => {
    const ended = await server.signIn(company.secondVisitor);
    await ended.raw('DELETE', '/session');
    const { error } = await handshake(server.url, { cookie: ended.cookie, origin: server.url });
    expect(error?.data).toMatchObject({ code: 'session_ended', facts: { reason: 'signed_out' } });
  });

  it('has its place below the base path', async () => {
    const lost = await handshake(below.url, { origin: below.url });
    expect(lost.error?.data).toBeUndefined();
    const found = await handshake(below.url, { origin: below.url }, '/portal/socket.io');
    expect(found.error?.data).toMatchObject({ code: 'not_signed_in' });
  });
});

/** A burst is served at a measured pace, on a busy machine too. */
const ANSWER_TO_ALL_MS = 30_000;

describe('a socket', () => {
  const gone = (socket: Socket) =>
    new Promise<string>((resolve) => socket.once('disconnect', resolve));

  it('that sends an unknown event is closed without an answer', async () => {
    const line = await dealer.socket();
    const closed = gone(line.socket);
    let answered = false;
    line.socket.emit('appeal:delete', { appealId: randomUUID() }, () => (answered = true));
    await closed;
    expect(answered).toBe(false);
    expect(line.heard).toEqual([]);
  });

  it.each([
    ['no acknowledgement', [{ appealId: randomUUID(), seq: 1 }]],
    ['a text in its place', [{ appealId: randomUUID(), seq: 1 }, 'ack']],
    ['nothing at all', []],
  ])('that sends a command with %s is closed', async (_name, args) => {
    const line = await dealer.socket();
    const closed = gone(line.socket);
    line.socket.emit('appeal:read', ...args);
    await closed;
  });

  it('that sends the answer first and the input last is closed', async () => {
    const line = await dealer.socket();
    const closed = gone(line.socket);
    line.socket.emit('appeal:read', () => undefined, {});
    await closed;
  });

  it('that sends more than fits in one message loses only itself', async () => {
    const line = await dealer.socket();
    const closed = gone(line.socket);
    line.socket.emit('entry:post', { body: 'x'.repeat(300 * 1024) }, () => undefined);
    await closed;
    expect((await dealer.raw('GET', '/me')).status).toBe(200);
  });

  it('with 5,000 commands at once gets an answer to each, most of them a refusal, and harms nobody', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const line = await dealer.socket();
    const other = await manager.socket();
    const acks = Array.from({ length: 5_000 }, () =>
      line.ask(
        'entry:post',
        { appealId: appeal.id, clientId: randomUUID(), body: 'x' },
        ANSWER_TO_ALL_MS,
      ),
    );
    // Somebody else is served meanwhile.
    expect(await other.ask('appeal:read', { appealId: appeal.id, seq: 1 })).toMatchObject({
      ok: true,
    });
    const answers = await Promise.all(acks);
    const sent = answers.filter((ack) => ack.ok).length;
    const refused = answers.filter((ack) => !ack.ok && ack.problem.code === 'rate_limited');
    expect(sent + refused.length).toBe(5_000);
    expect(sent).toBeGreaterThanOrEqual(512);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({
      problem: { status: 429, facts: { retryAfterSeconds: 3 } },
    });
    const [stored] = await server.database.db.query<{ count: number }>(
      `SELECT count(*) AS count FROM entry WHERE appeal_id = $1 AND body = 'x'`,
      [appeal.id],
    );
    expect(stored?.count).toBe(sent);
    expect((await dealer.raw('GET', '/me')).status).toBe(200);
  }, 40_000);
});

describe('every answer', () => {
  it.each([['/api/me'], ['/api/nothing'], ['/'], ['/assets/main-abc123.js'], ['/healthz']])(
    '%s has the headers that keep a browser safe',
    async (path) => {
      const { headers } = await fetch(`${server.url}${path}`);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).not.toMatch(/unsafe-(inline|eval)|\*/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('x-request-id')).not.toBeNull();
    },
  );

  it('of the API is stored by nobody, refusals included', async () => {
    for (const path of ['/me', '/openapi.json', '/nothing', '/appeals?limit=0']) {
      expect((await dealer.raw('GET', path)).headers.get('cache-control')).toBe('no-store');
    }
  });

  it('promises HTTPS only where the product lives on HTTPS', async () => {
    const plain = await fetch(`${server.url}/healthz`);
    expect(plain.headers.get('strict-transport-security')).toBeNull();
    const secure = await fetch(`${below.url}/portal/healthz`);
    expect(secure.headers.get('strict-transport-security')).toMatch(/max-age=\d+/);
  });
});

describe('for the operator', () => {
  it('the server says that it lives and is ready', async () => {
    const alive = await fetch(`${server.url}/healthz`);
    expect([alive.status, await alive.json()]).toEqual([200, { alive: true }]);
    const ready = await fetch(`${server.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true }]);
  });

  it('metrics are told to this machine, not to whom a proxy brings', async () => {
    const own = await fetch(`${server.url}/metrics`);
    expect(own.status).toBe(200);
    const text = await own.text();
    expect(text).toMatch(/^otklik_http_request_seconds_count\{.*\} \d+$/m);
    expect(text).toMatch(/^otklik_sockets \d+$/m);
    expect(text).toMatch(/^otklik_entries_total\{kind="message"\} \d+$/m);
    const foreign = await fetch(`${server.url}/metrics`, {
      headers: { 'x-forwarded-for': '203.0.113.7' },
    });
    expect(foreign.status).toBe(404);
    expect((await problemOf(foreign)).code).toBe('not_found');
  });

  it('metrics with a token are told to whoever has it', async () => {
    const ask = (headers: Record<string, string>) =>
      fetch(`${below.url}/portal/metrics`, { headers });
    expect((await ask({})).status).toBe(404);
    expect((await ask({ authorization: `Bearer ${METRICS_TOKEN}x` })).status).toBe(404);
    expect((await ask({ authorization: `Bearer ${METRICS_TOKEN}` })).status).toBe(200);
  });
});

/** What the tests below look at in the document. */
interface Document {
  openapi: string;
  info: { title: string; version: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, OperationObject>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
}
interface OperationObject {
  operationId: string;
  parameters: { name: string; in: string; required?: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: { type?: string; properties?: object } }> };
  responses: Record<string, { description: string; content?: Record<string, unknown> }>;
  security: Record<string, string[]>[];
  'x-socket-event'?: string;
}

describe('the OpenAPI document', () => {
  const read = async (): Promise<Document> =>
    (await (await fetch(`${server.url}/api/openapi.json`)).json()) as Document;

  it('holds exactly the operations that are served', async () => {
    const { paths, openapi, info, servers } = await read();
    expect(openapi).toMatch(/^3\.1\.\d+$/);
    expect(info.title).not.toBe('');
    expect(info.version).not.toBe('');
    expect(servers).toEqual([{ url: '/' }]);
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = server.app.api.operations.map(
      ({ route }) => `${route.method} /api${route.path.replace(/:(\w+)/g, '{$1}')}`,
    );
    expect(documented.sort()).toEqual(served.sort());
    expect(served.length).toBeGreaterThan(40);
  });

  it('declares every part of every operation', async () => {
    const document = await read();
    const ids = new Set<string>();
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const where = `${method} ${path}`;
        expect(ids.has(operation.operationId), `${where}: id used twice`).toBe(false);
        ids.add(operation.operationId);
        const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
        const declared = operation.parameters.filter((one) => one.in === 'path');
        expect(declared.map((one) => one.name).sort(), where).toEqual(inPath.sort());
        expect(
          declared.every((one) => one.required === true),
          where,
        ).toBe(true);
        for (const parameter of operation.parameters) {
          expect(['path', 'query'], where).toContain(parameter.in);
          expect(Object.keys(parameter.schema).length, `${where} ${parameter.name}`).not.toBe(0);
        }
        if (method === 'get' || method === 'delete') {
          expect(operation.requestBody, where).toBeUndefined();
        } else {
          for (const [type, { schema }] of Object.entries(operation.requestBody?.content ?? {}))
            // Bytes have no schema.
            if (type !== 'application/octet-stream')
              expect(schema, where).toMatchObject({ type: 'object' });
        }
        expect(operation.responses[200]?.description, where).toBeTruthy();
        expect(operation.responses.default?.content, where).toHaveProperty([
          'application/problem+json',
        ]);
        for (const scheme of operation.security.flatMap((one) => Object.keys(one)))
          expect(document.components.securitySchemes, where).toHaveProperty(scheme);
      }
    }
    const socketEvents = Object.values(document.paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap((operation) => operation['x-socket-event'] ?? []);
    expect(socketEvents.sort()).toEqual([...server.app.api.commands.keys()].sort());
  });

  it('has no reference that leads nowhere', async () => {
    const document: unknown = await read();
    const references: string[] = [];
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        if (key === '$ref' && typeof inner === 'string') references.push(inner);
        walk(inner);
      }
    };
    walk(document);
    expect(references.length).toBeGreaterThan(0);
    for (const reference of new Set(references)) {
      expect(reference).toMatch(/^#\//);
      const target = reference
        .slice(2)
        .split('/')
        .reduce<unknown>(
          (at, step) =>
            typeof at === 'object' && at !== null
              ? Object.entries(at).find(([key]) => key === step)?.[1]
              : undefined,
          document,
        );
      expect(target, reference).toBeDefined();
    }
  });

  it('can be read as a page, without a script', async () => {
    const answer = await fetch(`${server.url}/api/docs`);
    expect(answer.headers.get('content-type')).toContain('text/html');
    const page = await answer.text();
    expect(page).toContain('/api/appeals/{appealId}/entries');
    expect(page).not.toMatch(/<script|style=|\son\w+=/);
  });
});

describe('the client', () => {
  it('gets its page for every address that is not a file', async () => {
    for (const path of ['/', '/appeals/1234', '/login?next=%2Fboard', '/a.b/c']) {
      const answer = await fetch(`${server.url}${path}`);
      expect(answer.status, path).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      expect(await answer.text()).toContain('<base href="/"');
    }
  });

  it('gets hashed files for ever, others for a look, and missing ones never as a page', async () => {
    const hashed = await fetch(`${server.url}/assets/main-abc123.js`);
    expect(hashed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const plain = await fetch(`${server.url}/theme.js`);
    expect(plain.headers.get('cache-control')).toBe('no-cache');
    const missing = await fetch(`${server.url}/assets/main-gone.js`);
    expect(missing.status).toBe(404);
    expect((await problemOf(missing)).code).toBe('not_found');
    for (const path of ['/../package.json', '/%2e%2e%2fpackage.json', '/assets/..%2f..%2fapp.ts'])
      expect((await fetch(`${server.url}${path}`)).status, path).toBe(404);
  });
});

describe('below a base path', () => {
  const at = (path: string, init?: RequestInit) => fetch(`${below.url}${path}`, init);

  it('everything is served there and nothing beside it', async () => {
    expect((await at('/portal/healthz')).status).toBe(200);
    expect((await at('/portal/readyz')).status).toBe(200);
    expect((await at('/portal/api/me')).status).toBe(401);
    for (const path of ['/healthz', '/readyz', '/metrics', '/api/me', '/', '/portals'])
      expect((await at(path)).status, path).toBe(404);
    const document = (await (await at('/portal/api/openapi.json')).json()) as Document;
    expect(document.servers).toEqual([{ url: '/portal' }]);
  });

  it('the page knows where it lives', async () => {
    for (const path of ['/portal', '/portal/', '/portal/appeals/1234']) {
      const answer = await at(path);
      expect(answer.status, path).toBe(200);
      expect(await answer.text()).toContain('<base href="/portal/"');
    }
    expect((await at('/portal/assets/main-abc123.js')).status).toBe(200);
  });

  it('a person signs in and is known there', async () => {
    const { visitor } = await aCompany(below.database.db);
    const answer = await at('/portal/api/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login: visitor.login, password: PASSWORD }),
    });
    expect(answer.status).toBe(200);
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    expect((await at('/portal/api/me', { headers: { cookie } })).status).toBe(200);
  });
});

describe('the stop of a server', () => {
  async function aServer() {
    const stopping = await testApp();
    const people = await aCompany(stopping.database.db);
    const session = await stopping.signIn(people.visitor);
    const { appeal } = await anAppeal(session, people.topic);
    return { stopping, people, session, appeal };
  }

  /** Holds the appeal's lock, so that a send has to wait. Answers how to let it go. */
  async function hold(at: TestApp, appealId: string): Promise<() => Promise<void>> {
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let locked: (() => void) | undefined;
    const inside = new Promise<void>((resolve) => (locked = resolve));
    const done = at.database.db.transaction(async (tx) => {
      await tx.query(`SELECT 1 FROM appeal WHERE id = $1 FOR UPDATE`, [appealId]);
      locked?.();
      await held;
    });
    await inside;
    return async () => {
      release?.();
      await done;
    };
  }

  const aWhile = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  /** Until a send waits for the lock. */
  async function untilWaiting(at: TestApp): Promise<void> {
    for (;;) {
      const [row] = await at.database.db.query<{ waiting: number }>(
        `SELECT count(*) AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if ((row?.waiting ?? 0) > 0) return;
      await aWhile(10);
    }
  }

  it('answers what is under way over HTTP and over sockets, tells sockets to come back, and ends', async () => {
    const { stopping, session, appeal } = await aServer();
    const line = await session.socket();
    const letGo = await hold(stopping, appeal.id);
    const overHttp = aMessage(session, appeal.id, { body: 'по HTTP' });
    const overSocket = line.ask('entry:post', {
      appealId: appeal.id,
      clientId: randomUUID(),
      body: 'по сокету',
    });
    await untilWaiting(stopping);
    const closing = stopping.app.close();
    expect(await line.next('server:stopping')).toEqual({ retryAfterMs: 1_000 });
    // New work is refused while the old is still waiting.
    expect(
      await line.ask('entry:post', { appealId: appeal.id, clientId: randomUUID(), body: 'поздно' }),
    ).toMatchObject({ ok: false, problem: { code: 'stopping', status: 503 } });
    await expect(fetch(`${stopping.url}/healthz`)).rejects.toThrow();
    await aWhile(200);
    await letGo();
    expect((await overHttp).entry.body).toBe('по HTTP');
    expect(await overSocket).toMatchObject({ ok: true, value: { entry: { body: 'по сокету' } } });
    await closing;
    const stored = await stopping.database.db.query<{ body: string }>(
      `SELECT body FROM entry WHERE appeal_id = $1 AND body LIKE 'по %'`,
      [appeal.id],
    );
    expect(stored.map((row) => row.body).sort()).toEqual(['по HTTP', 'по сокету']);
    await stopping.close();
  });

  it('waits for a slow upload and stores it', async () => {
    const { stopping, session } = await aServer();
    const boundary = 'boundary';
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="clientId"\r\n\r\n${randomUUID()}\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n`;
    const answered = new Promise<{ status: number }>((resolve, reject) => {
      const upload = request(
        `${stopping.url}/api/attachments`,
        {
          method: 'POST',
          agent: new Agent({ keepAlive: true }),
          headers: {
            cookie: session.cookie,
            'content-type': `multipart/form-data; boundary=${boundary}`,
          },
        },
        (answer) => {
          answer.resume();
          answer.once('end', () => resolve({ status: answer.statusCode ?? 0 }));
        },
      );
      upload.once('error', reject);
      upload.write(`${head}первая половина `);
      setTimeout(() => upload.end(`и вторая\r\n--${boundary}--\r\n`), 500);
    });
    await aWhile(150);
    const closing = stopping.app.close();
    expect((await answered).status).toBe(200);
    const began = Date.now();
    await closing;
    expect(Date.now() - began).toBeLessThan(1_000);
    const files = await stopping.database.db.query(`SELECT 1 FROM attachment`);
    expect(files).toHaveLength(1);
    await stopping.close();
  });

  it('does not wait for connections that never became a session', async () => {
    const { stopping } = await aServer();
    // Speaks as far as the WebSocket handshake and then says nothing.
    const silent = createConnection(Number(new URL(stopping.url).port), '127.0.0.1');
    silent.on('error', () => undefined);
    silent.write(
      [
        'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
        'Host: portal',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        '\r\n',
      ].join('\r\n'),
    );
    await new Promise((resolve) => silent.once('data', resolve));
    const began = Date.now();
    await stopping.app.close();
    expect(Date.now() - began).toBeLessThan(2_000);
    silent.destroy();
    await stopping.close();
  });

  it('asked for twice is one stop, and both wait for its end', async () => {
    const { stopping, session, appeal } = await aServer();
    const letGo = await hold(stopping, appeal.id);
    const sent = aMessage(session, appeal.id);
    await untilWaiting(stopping);
    let ended = 0;
    const first = stopping.app.close().then(() => (ended += 1));
    const second = stopping.app.close().then(() => (ended += 1));
    await aWhile(150);
    expect(ended).toBe(0);
    await letGo();
    await Promise.all([first, second]);
    expect((await sent).entry.kind).toBe('message');
    await stopping.app.close();
    await stopping.close();
  });
});
