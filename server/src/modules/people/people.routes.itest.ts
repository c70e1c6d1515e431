import { ordersApi } from '@otklik/shared/orders.api';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import express from 'express';
import * as z from 'zod';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createApi, problems, requestIds } from '../../platform/http';
import { createSecrets } from '../../platform/secrets';
import { createLog } from '../../platform/log';
import { testDb, type TestDb } from '../../test/test-db';
import type { Actor } from './actor';
import { createIntegrationService } from './integration.service';
import { aDealer, anActor, aManager, aVisitor, PASSWORD } from './people.factory';
import { peopleRoutes } from './people.routes';
import { createSessionService } from './session.service';

let base: TestDb;
let server: Server;
let url: string;
const Body = z.looseObject({
  code: z.string().optional(),
  facts: z.looseObject({ fields: z.array(z.unknown()).optional() }).optional(),
  person: z.looseObject({ id: z.string() }).optional(),
  items: z.array(z.unknown()).optional(),
});
const config = {
  sessionMs: 12 * 3_600_000,
  sessionRememberMs: 30 * 86_400_000,
  sessionAbsoluteMs: 14 * 86_400_000,
  publicOrigins: ['https://portal.example', 'http://localhost:3000'],
};
/** A page over plain HTTP. */
const PLAIN = { origin: 'http://localhost:3000' };

beforeAll(async () => {
  base = await testDb();
  const log = createLog('silent', false);
  const sessions = createSessionService({
    ...{ db: base.db, config, log, now: () => new Date() },
    secrets: createSecrets({ given: 'k'.repeat(32), dataDir: '' }),
    company: async () => ({ zone: 'Europe/Moscow', hours: [] }),
    isOnline: () => false,
    limits: async () => ({
      filesPerMessage: 1,
      fileBytes: 1,
      fileExtensions: [],
      messageCharacters: 1,
      editMinutes: 15,
    }),
    tellSettings: () => undefined,
  });
  const integrations = createIntegrationService({ db: base.db, now: () => new Date() });
  const api = createApi<Actor>({
    log,
    authenticate: (req) => sessions.authenticate(req.headers.cookie),
    authenticateIntegration: (req, route) =>
      integrations.authenticateIntegration(req.headers.authorization, route),
    admit: () => undefined,
  });
  peopleRoutes(api, { sessions, config });
  const app = express();
  app.set('trust proxy', 1);
  app.use(requestIds, express.json(), api.router, problems(log));
  server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port }: Partial<AddressInfo> = Object(server.address());
  url = `http://127.0.0.1:${port}`;
});
beforeEach(() => base.db.query('TRUNCATE sign_in_failure'));
afterAll(async () => {
  server.close();
  await base.close();
});

async function call(
  method: string,
  path: string,
  {
    body,
    cookie,
    headers = {},
  }: { body?: unknown; cookie?: string | undefined; headers?: Record<string, string> } = {},
) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(cookie === undefined ? {} : { cookie }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    body: Body.parse(await response.json()),
    cookies: response.headers.getSetCookie(),
  };
}
async function signedIn() {
  const visitor = await aVisitor(base.db, await aDealer(base.db));
  const { cookies } = await call('POST', '/session', {
    body: { login: visitor.login, password: PASSWORD },
  });
  return { visitor, cookie: cookies[0]?.split(';')[0] };
}

it('signing in over HTTP gives a cookie that scripts cannot read, until the browser closes', async () => {
  const visitor = await aVisitor(base.db, await aDealer(base.db));
  const { status, body, cookies } = await call('POST', '/session', {
    body: { login: ` ${visitor.login} `, password: PASSWORD },
    headers: PLAIN,
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({ person: { id: visitor.id }, can: { writeNotes: false } });
  expect(cookies).toEqual([
    expect.stringMatching(/^otklik_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/),
    // By which the browser is known again.
    expect.stringMatching(
      /^otklik_device=[\w-]{43}; Max-Age=34560000; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    ),
  ]);
});

it.each<[string, Record<string, string>]>([
  ['a proxy that says https', { ...PLAIN, 'x-forwarded-proto': 'https' }],
  ['a page of the configured origin', { origin: 'https://portal.example' }],
  ['a program, while the portal is public over https', {}],
])('over HTTPS the cookie is bound to the host: %s', async (_name, headers) => {
  const visitor = await aVisitor(base.db, await aDealer(base.db));
  const { cookies } = await call('POST', '/session', {
    body: { login: visitor.login, password: PASSWORD, remember: true },
    headers,
  });
  expect(cookies).toEqual([
    expect.stringMatching(
      /^__Host-otklik=[\w-]{43}; Max-Age=2592000; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    ),
    expect.stringMatching(
      /^__Host-otklik_device=[\w-]{43}; Max-Age=34560000; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    ),
  ]);
});

it('wrong pair, closed access, reached limit and too many tries each have their status', async () => {
  const dealer = await aDealer(base.db, { severalSessions: false });
  const closed = await aVisitor(base.db, dealer, { accessAllowed: false });
  const visitor = await aVisitor(base.db, dealer);
  await anActor(base.db, visitor);
  const attempt = async (login: string, password: string) => {
    const { status, body, cookies } = await call('POST', '/session', { body: { login, password } });
    expect(cookies).toEqual([]);
    return [status, body.code];
  };
  expect(await attempt('nobody', 'x')).toEqual([401, 'wrong_credentials']);
  expect(await attempt(closed.login, PASSWORD)).toEqual([403, 'access_closed']);
  expect(await attempt(visitor.login, PASSWORD)).toEqual([409, 'session_limit']);
  for (let no = 0; no < 8; no += 1) await attempt(visitor.login, 'wrong');
  expect(await attempt(visitor.login, 'wrong')).toEqual([429, 'rate_limited']);
});

it.each([
  ['nothing', {}],
  ['a number for a login', { login: 1, password: 'x' }],
  ['NUL in a password', { login: 'a', password: 'x\0' }],
  ['an endless password', { login: 'a', password: 'x'.repeat(201) }],
  ['an unknown field', { login: 'a', password: 'x', role: 'admin' }],
])('signing in with %s is refused as input', async (_name, body) => {
  const answer = await call('POST', '/session', { body });
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid_input']);
  expect(answer.body.facts?.fields?.length).toBeGreaterThan(0);
});

it.each([
  ['GET', '/me'],
  ['DELETE', '/session'],
  ['PATCH', '/me/settings'],
  ['PUT', '/me/name'],
  ['PUT', '/me/password'],
  ['GET', '/me/sessions'],
  ['DELETE', '/me/sessions/0b2f3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d'],
  ['POST', '/me/sessions/end-others'],
  ['GET', '/colleagues'],
])('%s %s needs a session', async (method, path) => {
  const { status, body } = await call(method, path, { cookie: 'otklik_session=made-up' });
  expect([status, body.code]).toEqual([401, 'not_signed_in']);
});

it('signing out ends the session, clears the cookie, and later requests say why', async () => {
  const { cookie } = await signedIn();
  const { status, body, cookies } = await call('DELETE', '/session', { cookie });
  expect([status, body]).toEqual([200, { done: true }]);
  expect(cookies).toEqual([
    expect.stringMatching(/^__Host-otklik=; Path=\/; Expires=Thu, 01 Jan 1970/),
    expect.stringMatching(/^otklik_session=; Path=\/; Expires=Thu, 01 Jan 1970/),
  ]);
  const again = await call('GET', '/me', { cookie });
  expect([again.status, again.body.code, again.body.facts]).toEqual([
    401,
    'session_ended',
    { reason: 'signed_out' },
  ]);
});

it('the account: who, settings, sessions, password', async () => {
  const { cookie, visitor } = await signedIn();
  const other = await anActor(base.db, visitor);
  expect((await call('GET', '/me', { cookie })).body.person?.id).toBe(visitor.id);
  expect((await call('GET', '/me?x=1', { cookie })).status).toBe(400);
  expect((await call('PATCH', '/me/settings', { cookie, body: { theme: 'dark' } })).body).toEqual({
    theme: 'dark',
  });
  expect((await call('PATCH', '/me/settings', { cookie, body: { theme: 'pink' } })).status).toBe(
    400,
  );
  expect((await call('GET', '/me/sessions', { cookie })).body.items).toHaveLength(2);
  expect((await call('DELETE', `/me/sessions/${other.sessionId}`, { cookie })).body).toEqual({
    done: true,
  });
  expect((await call('DELETE', `/me/sessions/${other.sessionId}`, { cookie })).status).toBe(404);
  expect((await call('DELETE', '/me/sessions/1', { cookie })).status).toBe(400);
  expect((await call('POST', '/me/sessions/end-others', { cookie, body: {} })).body).toEqual({
    ended: 0,
  });
  expect((await call('PUT', '/me/name', { cookie, body: { name: 'Marina' } })).status).toBe(403);
  const change = { current: PASSWORD, next: 'short' };
  expect((await call('PUT', '/me/password', { cookie, body: change })).status).toBe(400);
  const better = { ...change, next: 'a longer one' };
  expect((await call('PUT', '/me/password', { cookie, body: better })).body).toEqual({
    done: true,
  });
  expect((await call('GET', '/colleagues', { cookie })).status).toBe(404);
});

it('staff see their colleagues', async () => {
  const manager = await aManager(base.db);
  const { cookies } = await call('POST', '/session', {
    body: { login: manager.login, password: PASSWORD },
  });
  const { body } = await call('GET', '/colleagues', { cookie: cookies[0]?.split(';')[0] });
  expect(body.items).toContainEqual(
    expect.objectContaining({ id: manager.id, openAppeals: 0, atRisk: 0 }),
  );
});

it('an integration’s token opens until it is revoked', async () => {
  const integrations = createIntegrationService({ db: base.db, now: () => new Date() });
  const token = await integrations.createIntegrationToken('1C');
  const opens = (header: string | undefined) =>
    integrations.authenticateIntegration(header, ordersApi.exchange).then(
      () => true,
      () => false,
    );
  expect(await opens(`Bearer ${token}`)).toBe(true);
  expect(await opens(`bearer ${token}`)).toBe(true);
  expect(await opens(token)).toBe(false);
  expect(await opens(`Bearer ${token}x`)).toBe(false);
  expect(await opens(undefined)).toBe(false);
  const [row] = await base.db.query<{ last_used_at: Date | null }>(
    'SELECT * FROM integration_token',
  );
  expect(JSON.stringify(row)).not.toContain(token);
  expect(row?.last_used_at).not.toBeNull();
  await base.db.query('UPDATE integration_token SET revoked_at = now()');
  expect(await opens(`Bearer ${token}`)).toBe(false);
});
