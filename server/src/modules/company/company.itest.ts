import { companyApi } from '@otklik/shared/company.api';
import { peopleApi } from '@otklik/shared/people.api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aDealer, aManager, aVisitor } from '../people/people.factory';
import { createCompanyService } from './company.service';

let server: TestApp;
let admin: TestSession;
let adminId: string;

beforeAll(async () => {
  server = await testApp();
  const person = await aManager(server.database.db, { role: 'admin' });
  adminId = person.id;
  admin = await server.signIn(person);
});
afterAll(() => server.close());

const OPEN = { auditDays: 1_095, closedToDealers: false, closedMessage: { ru: '', en: '' } };
const log = () =>
  server.database.db.query<{ before: unknown; after: unknown; actor_id: string }>(
    `SELECT before, after, actor_id FROM audit_entry WHERE action = 'company.changed' ORDER BY at`,
  );

describe('the rules of the company', () => {
  it('begin with a quarter of an hour and the guard on', async () => {
    expect(await admin.call(companyApi.settings, {})).toEqual({
      editMinutes: 15,
      guardStaff: true,
      guardDealer: true,
      remindDealerMinutes: null,
      closeSilentMinutes: null,
      ...OPEN,
      secondStepRoles: [],
    });
    const me = await admin.call(peopleApi.me, {});
    expect([me.limits.editMinutes, me.can.manageCompany]).toEqual([15, true]);
  });

  it('are changed by an admin, field by field, and written down once', async () => {
    expect(await admin.call(companyApi.changeSettings, { guardDealer: false })).toEqual({
      editMinutes: 15,
      guardStaff: true,
      guardDealer: false,
      remindDealerMinutes: null,
      closeSilentMinutes: null,
      ...OPEN,
      secondStepRoles: [],
    });
    await admin.call(companyApi.changeSettings, { guardDealer: false });
    await admin.call(companyApi.changeSettings, {});
    expect(await log()).toEqual([
      { before: { guardDealer: true }, after: { guardDealer: false }, actor_id: adminId },
    ]);
    await admin.call(companyApi.changeSettings, { guardDealer: true });
  });

  it('are read by the staff and by nobody else, and set by admins only', async () => {
    const { db } = server.database;
    for (const role of ['manager', 'supervisor'] as const) {
      const session = await server.signIn(await aManager(db, { role }));
      expect(await session.call(companyApi.settings, {})).toMatchObject({ editMinutes: 15 });
      const no = await refusal(session.call(companyApi.changeSettings, { editMinutes: 1 }));
      expect([no.status, no.problem.facts]).toEqual([403, { right: 'manageCompany' }]);
      expect((await session.call(peopleApi.me, {})).can.manageCompany).toBe(false);
    }
    const dealer = await server.signIn(await aVisitor(db, await aDealer(db)));
    expect((await refusal(dealer.call(companyApi.settings, {}))).status).toBe(404);
    expect((await refusal(dealer.call(companyApi.changeSettings, {}))).status).toBe(404);
  });

  it.each([-1, 1_441, 1.5])('refuse %s minutes', async (editMinutes) => {
    const no = await refusal(admin.call(companyApi.changeSettings, { editMinutes }));
    expect(no.problem).toMatchObject({
      code: 'invalid_input',
      facts: { fields: [{ path: 'editMinutes' }] },
    });
  });

  it('remind a dealer before they close on him, in whatever order they are set', async () => {
    await admin.call(companyApi.changeSettings, { closeSilentMinutes: 960 });
    const no = await refusal(admin.call(companyApi.changeSettings, { remindDealerMinutes: 960 }));
    expect(no.problem).toMatchObject({
      facts: { fields: [{ path: 'remindDealerMinutes', rule: 'order' }] },
    });
    await admin.call(companyApi.changeSettings, { remindDealerMinutes: 480 });
    const again = await refusal(admin.call(companyApi.changeSettings, { closeSilentMinutes: 60 }));
    expect(again.problem).toMatchObject({ facts: { fields: [{ path: 'closeSilentMinutes' }] } });
    const off = { remindDealerMinutes: null, closeSilentMinutes: null };
    expect(await admin.call(companyApi.changeSettings, off)).toMatchObject(off);
  });

  it('reach another node at once', async () => {
    const other = createCompanyService({ db: server.database.db, now: () => new Date() });
    await other.start();
    try {
      expect(await other.editMinutes()).toBe(15);
      await admin.call(companyApi.changeSettings, { editMinutes: 5 });
      await vi.waitFor(async () => expect(await other.editMinutes()).toBe(5), { timeout: 5_000 });
      expect((await admin.call(peopleApi.me, {})).limits.editMinutes).toBe(5);
    } finally {
      await other.stop();
      await admin.call(companyApi.changeSettings, { editMinutes: 15 });
    }
  });
});
