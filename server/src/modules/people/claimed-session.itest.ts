import { peopleApi } from '@otklik/shared/people.api';
import { io as connect } from 'socket.io-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aDealer, aVisitor } from './people.factory';

/** Tabs of one browser share its cookie: what a tab still sends for the person before must not be done as the next one. */
let app: TestApp;
let before: TestSession;
let now: TestSession;

beforeAll(async () => {
  app = await testApp();
  const dealer = await aDealer(app.database.db);
  before = await app.signIn(await aVisitor(app.database.db, dealer));
  now = await app.signIn(await aVisitor(app.database.db, dealer));
});
afterAll(() => app.close());

const claiming = (sessionId: string) =>
  now.raw('GET', peopleApi.mySessions.path, { headers: { 'x-session': sessionId } });

it('a call for another session than the cookie is refused, and says nothing of either', async () => {
  expect((await claiming(now.sessionId)).status).toBe(200);
  const refused = await claiming(before.sessionId);
  expect(refused.status).toBe(401);
  expect(await refused.json()).toMatchObject({ code: 'not_signed_in', facts: {} });
});

it('so is a socket', async () => {
  const open = (session: unknown) =>
    new Promise<string>((resolve) => {
      const socket = connect(app.url, {
        transports: ['websocket'],
        auth: { session },
        extraHeaders: { cookie: now.cookie, origin: app.url },
        reconnection: false,
        forceNew: true,
      });
      const end = (how: string) => {
        socket.disconnect();
        resolve(how);
      };
      socket.on('connect', () => end('open'));
      socket.on('connect_error', ({ message }) => end(message));
    });
  expect(await open(now.sessionId)).toBe('open');
  expect(await open(before.sessionId)).toBe('not_signed_in');
});
