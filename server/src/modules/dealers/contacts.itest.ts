import { accountsApi } from '@otklik/shared/accounts.api';
import type { ChangeContacts, DealerContacts } from '@otklik/shared/dealers';
import { dealersApi } from '@otklik/shared/dealers.api';
import { noticesApi } from '@otklik/shared/notices.api';
import { peopleApi } from '@otklik/shared/people.api';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aDealer, aManager, aVisitor, type TestPerson } from '../people/people.factory';

/** Monday, 10:00 in Moscow: the company works. */
const MORNING = new Date('2026-03-02T07:00:00Z');
const SEEN = { phone: '+7 1', email: 'old@example.test', address: '', ownPhone: '', ownEmail: '' };
let now = MORNING;
let server: TestApp;
let other: TestApp;
let manager: TestPerson;
let inCharge: TestSession;
let adminPerson: TestPerson;
let admin: TestSession;
let supervisor: TestSession;
let dealerId: string;
let people: TestPerson[];
let one: TestSession;
let two: TestSession;

beforeAll(async () => {
  server = await testApp({ now: () => now });
  other = await testApp({ now: () => now, database: server.database });
  const { db } = server.database;
  manager = await aManager(db, { name: 'Ирина' });
  inCharge = await server.signIn(manager);
  adminPerson = await aManager(db, { role: 'admin' });
  admin = await server.signIn(adminPerson);
  supervisor = await server.signIn(await aManager(db, { role: 'supervisor' }));
});
afterAll(async () => {
  await other.close();
  await server.close();
});
beforeEach(async () => {
  now = MORNING;
  const { db } = server.database;
  const dealer = await aDealer(db, {
    ...{ name: 'Кедр', phone: SEEN.phone, email: SEEN.email, managerId: manager.id },
  });
  dealerId = dealer.id;
  people = [
    await aVisitor(db, dealer, { name: 'Марина' }),
    await aVisitor(db, dealer, { name: 'Олег', scope: 'own' }),
  ];
  [one, two] = await Promise.all([server.signIn(people[0]!), other.signIn(people[1]!)]);
});

const read = (session: TestSession) => session.call(dealersApi.contacts, {});
const change = (
  session: TestSession,
  fields: Partial<typeof SEEN>,
  seen: Partial<typeof SEEN> = {},
): Promise<DealerContacts> => {
  const expected = { ...SEEN, ...seen };
  const input: ChangeContacts = { ...expected, ...fields, expected };
  return session.call(dealersApi.changeContacts, input);
};
const log = async () =>
  (await inCharge.call(dealersApi.log, { dealerId, limit: 100 })).items.map(
    ({ actor, action, before, after }) => ({ actor, action, before, after }),
  );
async function notices(session: TestSession) {
  await server.app.services.notices.deliver();
  const { items } = await session.call(noticesApi.list, { limit: 100 });
  return items.filter((notice) => 'dealerId' in notice && notice.dealerId === dealerId);
}
const answers = async (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    ({ problem }: { problem: { code: string } }) => problem.code,
  );

it('a dealer changes his contacts: everybody who has them open follows, the manager is told who changed what', async () => {
  const { db } = server.database;
  const outsider = await server.signIn(await aVisitor(db, await aDealer(db)));
  const [theirs, ours, staff] = [
    await outsider.socket(),
    await two.socket(),
    await inCharge.socket(),
  ];
  expect(await read(one)).toEqual({ name: 'Кедр', ...SEEN, can: { edit: true } });
  const wanted = { phone: '+7 2', address: 'Омск, Мира, 1' };
  const saved = await change(one, { phone: ' +7 2 ', address: wanted.address });
  expect(saved).toEqual({ name: 'Кедр', ...SEEN, ...wanted, can: { edit: true } });
  await ours.next('contacts:news');
  await staff.next('dealer:news', (news) => news.dealerId === dealerId);
  expect(await read(two)).toEqual(saved);
  expect(await inCharge.call(dealersApi.card, { dealerId })).toMatchObject(wanted);

  expect(await log()).toEqual([
    {
      ...{ actor: 'Марина', action: 'dealer.contacts_changed' },
      ...{ before: { phone: '+7 1', address: '' }, after: wanted },
    },
  ]);
  const [notice] = await notices(inCharge);
  expect(notice).toEqual({
    ...{ audience: 'staff', kind: 'contacts_changed', id: expect.any(String), dealerId },
    ...{ at: MORNING.toISOString(), firedAt: MORNING.toISOString(), readAt: null, deferred: false },
    dealerName: 'Кедр',
    change: {
      by: 'Марина',
      fields: [
        { field: 'phone', before: '+7 1', after: '+7 2' },
        { field: 'address', before: '', after: 'Омск, Мира, 1' },
      ],
    },
  });
  for (const nobody of [supervisor, admin, one]) expect(await notices(nobody)).toEqual([]);
  await inCharge.call(noticesApi.mark, { noticeIds: [notice!.id], read: true });
  expect(await notices(inCharge)).toMatchObject([{ readAt: MORNING.toISOString() }]);

  // Nothing of it reaches another dealer's people: what they hear of their own comes after it.
  await outsider.call(dealersApi.changeContacts, {
    ...{ ...SEEN, phone: '9', email: '' },
    expected: { ...SEEN, phone: '', email: '' },
  });
  await theirs.next('contacts:news');
  expect(theirs.heard.map(({ event }) => event)).toEqual(['contacts:news']);
  expect(await read(one)).toEqual(saved);
});

it('what is changed at night is told when the manager works; where nobody is in charge, to the supervisors', async () => {
  now = new Date('2026-03-02T20:00:00Z');
  await change(one, { phone: '+7 3' });
  expect(await notices(inCharge)).toEqual([]);
  now = new Date('2026-03-03T06:00:00Z');
  expect(await notices(inCharge)).toMatchObject([{ deferred: true, change: { by: 'Марина' } }]);
  await admin.call(dealersApi.change, { dealerId, managerId: null });
  await change(one, { phone: '+7 4' }, { phone: '+7 3' });
  expect(await notices(supervisor)).toMatchObject([{ change: { fields: [{ after: '+7 4' }] } }]);
  expect(await notices(inCharge)).toHaveLength(1);
});

it('sent twice is changed, told and written down once', async () => {
  await Promise.all([change(one, { phone: '+7 5' }), change(two, { phone: '+7 5' })]);
  await change(one, { phone: '+7 5' });
  expect(await log()).toHaveLength(1);
  expect(await notices(inCharge)).toHaveLength(1);
});

it('two at once: different fields both stay, of the same one the later is refused whole', async () => {
  await Promise.all([change(one, { phone: '+7 6' }), change(two, { email: 'new@example.test' })]);
  const both = await read(one);
  expect(both).toMatchObject({ phone: '+7 6', email: 'new@example.test' });

  const seen = { phone: both.phone, email: both.email };
  const tries = await Promise.all([
    answers(change(one, { phone: '+7 7', address: 'Омск' }, seen)),
    answers(change(two, { phone: '+7 8', address: 'Тула' }, seen)),
  ]);
  expect([...tries].sort()).toEqual(['conflict', 'done']);
  expect(await read(one)).toMatchObject(
    tries[0] === 'done' ? { phone: '+7 7', address: 'Омск' } : { phone: '+7 8', address: 'Тула' },
  );
});

it('each person keeps his own phone and address; colleagues do not see them, and staff overwrite nothing of his', async () => {
  const own = { ownPhone: '+7 900', ownEmail: 'marina@example.test' };
  expect(await change(one, own)).toMatchObject({ ...SEEN, ...own });
  expect(await read(two)).toMatchObject(SEEN);
  const visitorId = people[0]!.id;
  const named = {
    before: { phone: '', email: '' },
    after: { phone: '+7 900', email: own.ownEmail },
  };
  expect(await log()).toEqual([{ actor: 'Марина', action: 'visitor.contacts_changed', ...named }]);
  expect(await notices(inCharge)).toMatchObject([
    { change: { fields: [{ field: 'ownPhone' }, { field: 'ownEmail' }] } },
  ]);
  const stale = inCharge.call(dealersApi.changeVisitor, {
    ...{ visitorId, phone: '+7 901', jobTitle: 'Закупки', expected: { phone: '' } },
  });
  expect((await refusal(stale)).problem).toMatchObject({
    ...{ code: 'conflict', facts: { what: 'visitor' } },
  });
  await inCharge.call(dealersApi.changeVisitor, { visitorId, jobTitle: 'Закупки', expected: {} });
  const { items } = await inCharge.call(dealersApi.visitors, { dealerId });
  expect(items.find(({ id }) => id === visitorId)).toMatchObject({
    ...{ phone: '+7 900', email: own.ownEmail, jobTitle: 'Закупки' },
  });
});

it('the card of staff and the dealer do not overwrite each other', async () => {
  await change(one, { phone: '+7 9' });
  const card = { dealerId, phone: '+7 0', contract: '7', expected: { phone: SEEN.phone } };
  const stale = await refusal(inCharge.call(dealersApi.change, card));
  expect([stale.status, stale.problem.code, stale.problem.facts]).toEqual([
    ...[409, 'conflict', { what: 'dealer' }],
  ]);
  const gone = await refusal(
    admin.call(dealersApi.change, { dealerId, managerId: null, expected: { managerId: null } }),
  );
  expect(gone.problem.code).toBe('conflict');
  expect(await inCharge.call(dealersApi.card, { dealerId })).toMatchObject({
    ...{ phone: '+7 9', contract: '', manager: { id: manager.id } },
  });
  const line = await one.socket();
  await inCharge.call(dealersApi.change, { ...card, expected: { phone: '+7 9' } });
  await line.next('contacts:news');
  expect(await answers(change(one, { phone: '+7 1' }, { phone: '+7 9' }))).toBe('conflict');
  expect(await read(one)).toMatchObject({ phone: '+7 0' });
});

it('it is his own company’s alone; staff have the card; who only looks, or has not said his name, changes nothing', async () => {
  for (const staff of [inCharge, supervisor, admin]) {
    expect((await refusal(read(staff))).status).toBe(404);
    expect(await answers(change(staff, { phone: 'x' }))).toBe('not_found');
  }
  const outsider = await server.signIn(
    await aVisitor(server.database.db, await aDealer(server.database.db)),
  );
  expect(await answers(change(outsider, { phone: 'x' }))).toBe('conflict');

  const viewer = await server.signIn(adminPerson);
  await viewer.call(accountsApi.viewAs, { personId: people[0]!.id });
  expect(await read(viewer)).toMatchObject({ ...SEEN, can: { edit: false } });
  expect(await answers(change(viewer, { phone: 'x' }))).toBe('viewing_only');

  const login = await aVisitor(server.database.db, { id: dealerId }, { shared: true });
  const nameless = await server.signIn(login);
  expect(await answers(change(nameless, { phone: 'x' }))).toBe('name_needed');

  for (const [field, value] of [
    ...[['email', 'no address'] as const, ['phone', '1'.repeat(41)] as const],
    ...[['address', 'x'.repeat(401)] as const, ['ownEmail', 'none'] as const],
  ]) {
    const { status, problem } = await refusal(change(one, { phone: '+7 11', [field]: value }));
    expect([status, problem.facts]).toEqual([
      400,
      { fields: [expect.objectContaining({ path: field })] },
    ]);
  }
  expect(await read(one)).toMatchObject(SEEN);
  expect([await log(), await notices(inCharge)]).toEqual([[], []]);
});

it('of a shared login the card’s log names the person who used it', async () => {
  const login = await aVisitor(
    server.database.db,
    { id: dealerId },
    { shared: true, name: 'Склад' },
  );
  const session = await server.signIn(login);
  await session.call(peopleApi.nameSession, { name: 'Пётр' });
  await change(session, { phone: '+7 2' });
  expect((await log()).map(({ actor }) => actor)).toContain('Склад · Пётр');
});
