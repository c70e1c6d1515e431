import { peopleApi } from '@otklik/shared/people.api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testApp, type TestApp } from '../../test/test-app';
import { aDealer, aVisitor } from './people.factory';

let server: TestApp;
beforeAll(async () => {
  server = await testApp();
});
afterAll(() => server.close());

it('a changed setting reaches the person’s other sessions whole, and nobody else', async () => {
  const dealer = await aDealer(server.database.db);
  const [anna, boris] = [
    await aVisitor(server.database.db, dealer),
    await aVisitor(server.database.db, dealer),
  ];
  const [desk, phone, other] = [
    await server.signIn(anna),
    await server.signIn(anna),
    await server.signIn(boris),
  ];
  const [phoneLine, otherLine] = [await phone.socket(), await other.socket()];
  await desk.call(peopleApi.changeSettings, { theme: 'dark' });
  const told = await desk.call(peopleApi.changeSettings, { folded: ['open:1'] });
  expect(told).toEqual({ theme: 'dark', folded: ['open:1'] });
  expect(await phoneLine.next('settings:news', ({ folded }) => folded !== undefined)).toEqual(told);
  expect((await phone.call(peopleApi.me, {})).settings).toEqual(told);
  // Something of his own comes after it on the same line.
  await other.call(peopleApi.changeSettings, { theme: 'light' });
  await otherLine.next('settings:news');
  expect(otherLine.heard).toEqual([{ event: 'settings:news', news: { theme: 'light' } }]);
});

it('the order of a list is kept beside those of the others, whoever changes it when', async () => {
  const anna = await aVisitor(server.database.db, await aDealer(server.database.db));
  const [desk, phone] = [await server.signIn(anna), await server.signIn(anna)];
  await Promise.all([
    desk.call(peopleApi.changeSettings, { sort: { all: 'opened' } }),
    phone.call(peopleApi.changeSettings, { sort: { closed: 'last' }, theme: 'dark' }),
  ]);
  await desk.call(peopleApi.changeSettings, { density: 'compact' });
  const told = await desk.call(peopleApi.changeSettings, { sort: { closed: 'opened' } });
  expect(told).toEqual({
    sort: { all: 'opened', closed: 'opened' },
    theme: 'dark',
    density: 'compact',
  });
  for (const sort of [{ all: 'subject' }, { everything: 'last' }, ['last'], 'last']) {
    const body = JSON.stringify({ sort });
    expect((await desk.raw('PATCH', '/me/settings', { body })).status).toBe(400);
  }
  expect((await phone.call(peopleApi.me, {})).settings).toEqual(told);
});

it('saved views of the board are kept by name, whoever saves which when, and not without end', async () => {
  const anna = await aVisitor(server.database.db, await aDealer(server.database.db));
  const [desk, phone] = [await server.signIn(anna), await server.signIn(anna)];
  await Promise.all([
    desk.call(peopleApi.changeSettings, { boardViews: { Утро: { typeCode: 'error' } } }),
    phone.call(peopleApi.changeSettings, { boardViews: { Вечер: { by: 'team' } } }),
  ]);
  const told = await desk.call(peopleApi.changeSettings, {
    boardViews: { Утро: null, День: {} },
  });
  expect(told.boardViews).toEqual({ Вечер: { by: 'team' }, День: {} });
  const many = Object.fromEntries(Array.from({ length: 19 }, (_, index) => [`${index}`, {}]));
  const body = JSON.stringify({ boardViews: many });
  expect((await desk.raw('PATCH', '/me/settings', { body })).status).toBe(400);
  expect((await phone.call(peopleApi.me, {})).settings).toEqual(told);
});
