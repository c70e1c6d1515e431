import { randomUUID } from 'node:crypto';
import { appealsApi } from '@otklik/shared/appeals.api';
import { companyApi } from '@otklik/shared/company.api';
import { peopleApi } from '@otklik/shared/people.api';
import { seatsApi } from '@otklik/shared/seats.api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  refusal,
  type Refused,
  testApp,
  type TestApp,
  type TestSession,
} from '../../test/test-app';
import { aCompany, aMessage, anAppeal } from '../appeals/appeal.factory';
import { aManager, PASSWORD } from '../people/people.factory';

let server: TestApp;
/** Another node on the same database. */
let other: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let admin: TestSession;
let visitor: TestSession;
let there: TestSession;

const MESSAGE = { ru: 'Переезжаем до понедельника', en: 'Moving until Monday' };
const close = () =>
  admin.call(companyApi.changeSettings, { closedToDealers: true, closedMessage: MESSAGE });
const open = () => admin.call(companyApi.changeSettings, { closedToDealers: false });

beforeAll(async () => {
  server = await testApp();
  other = await testApp({ database: server.database });
  company = await aCompany(server.database.db);
  admin = await server.signIn(await aManager(server.database.db, { role: 'admin' }));
  visitor = await server.signIn(company.visitor);
  there = await other.signIn(company.secondVisitor);
});
afterAll(async () => {
  await other.close();
  await server.close();
});

it('counts accounts, sessions and open sockets by role and dealer', async () => {
  const numbers = async () => {
    const { roles, dealers } = await admin.call(seatsApi.seats, {});
    const dealer = dealers.find(({ id }) => id === company.dealer.id);
    return { visitors: roles.find(({ role }) => role === 'dealer'), dealer };
  };
  const before = await numbers();
  expect(before.dealer).toMatchObject({ accounts: 3, allowed: 3, sessions: 2, sockets: 0 });
  expect(before.visitors).toMatchObject({ accounts: 4, sessions: 2, sockets: 0 });
  const line = await visitor.socket();
  expect((await numbers()).dealer).toMatchObject({ sessions: 2, sockets: 1 });
  line.socket.disconnect();
  await expect.poll(async () => (await numbers()).dealer?.sockets).toBe(0);
  expect((await refusal(visitor.call(seatsApi.seats, {}))).status).toBe(404);
  const manager = await server.signIn(company.manager);
  expect((await refusal(manager.call(seatsApi.seats, {}))).status).toBe(403);
});

it('closes to dealers on all nodes within a second, by HTTP, socket and sign-in, and staff work on', async () => {
  const { appeal } = await anAppeal(visitor, company.topic);
  const manager = await server.signIn(company.manager);
  const lines = [await visitor.socket(), await there.socket()];
  const staffLine = await manager.socket();
  const cut = lines.map(
    ({ socket }) =>
      new Promise<number>((resolve) => {
        socket.once('disconnect', () => resolve(performance.now()));
      }),
  );
  await close();
  const closedAt = performance.now();
  const cutAt = await Promise.all(cut);
  expect(Math.max(...cutAt) - closedAt).toBeLessThan(1_000);
  for (const line of lines) {
    expect(line.heard).toContainEqual({ event: 'portal:closed', news: { message: MESSAGE } });
  }

  const clientId = randomUUID();
  const say = () => aMessage(visitor, appeal.id, { clientId });
  const refusals = [
    () => visitor.call(peopleApi.me, {}),
    say,
    () => visitor.call(appealsApi.card, { appealId: appeal.id }),
    () => there.call(peopleApi.me, {}),
  ];
  for (const call of refusals) {
    const no = await refusal(call());
    expect([no.status, no.problem.code, no.problem.facts]).toEqual([
      ...[503, 'portal_closed', { message: MESSAGE }],
    ]);
  }
  expect((await visitor.raw('GET', `/attachments/${randomUUID()}/file`)).status).toBe(503);
  await expect(visitor.socket()).rejects.toMatchObject({ data: { code: 'portal_closed' } });
  const signIn = (password: string) =>
    fetch(`${server.url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login: company.visitor.login, password }),
    });
  const right = await signIn(PASSWORD);
  expect([right.status, right.headers.get('set-cookie')]).toEqual([503, null]);
  expect((await signIn('wrong')).status).toBe(401);

  expect((await aMessage(manager, appeal.id)).entry.kind).toBe('message');
  expect(staffLine.socket.connected).toBe(true);

  await open();
  // What waited in the browser is sent once more under its id, and is there once.
  await expect
    .poll(() =>
      say().then(
        ({ entry }) => entry.clientId,
        (no: Refused) => no.status,
      ),
    )
    .toBe(clientId);
  const again = await say();
  expect(again.entry.clientId).toBe(clientId);
  await expect
    .poll(() =>
      there.call(peopleApi.me, {}).then(
        () => 'in',
        () => 'out',
      ),
    )
    .toBe('in');
  expect((await visitor.socket()).socket.connected).toBe(true);
});

it('is set by admins only, with a message that fits', async () => {
  const manager = await server.signIn(company.manager);
  const no = await refusal(manager.call(companyApi.changeSettings, { closedToDealers: true }));
  expect(no.status).toBe(403);
  const long = await refusal(
    admin.call(companyApi.changeSettings, { closedMessage: { ru: 'x'.repeat(501), en: '' } }),
  );
  expect(long.problem).toMatchObject({ facts: { fields: [{ path: 'closedMessage.ru' }] } });
});
