import { randomUUID } from 'node:crypto';
import { accountsApi } from '@otklik/shared/accounts.api';
import { dealersApi } from '@otklik/shared/dealers.api';
import { draftsApi } from '@otklik/shared/drafts.api';
import { noticesApi } from '@otklik/shared/notices.api';
import { ordersApi } from '@otklik/shared/orders.api';
import { peopleApi } from '@otklik/shared/people.api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aCompany, aMessage, anAppeal } from '../appeals/appeal.factory';
import { aManager, type TestPerson } from './people.factory';
import { sessionRepository } from './session.repository';

let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let at: Date;
let adminPerson: TestPerson;
/** A session of its own for every test: begun a moment ago, so that its password counts as just typed. */
let admin: TestSession;
let visitor: TestSession;
let appealId: string;
let fileId: string;

beforeAll(async () => {
  at = new Date();
  server = await testApp({ now: () => at });
  const { db } = server.database;
  company = await aCompany(db);
  adminPerson = await aManager(db, { role: 'admin', name: 'Анна Админ' });
  visitor = await server.signIn(company.visitor);
  const form = new FormData();
  form.set('clientId', randomUUID());
  form.set('file', new Blob(['акт']), 'акт.txt');
  const sent = await fetch(`${server.url}/api/attachments`, {
    method: 'POST',
    headers: { cookie: visitor.cookie },
    body: form,
  });
  fileId = ((await sent.json()) as { id: string }).id;
  const { appeal } = await anAppeal(visitor, company.topic, { attachmentIds: [fileId] });
  appealId = appeal.id;
  const manager = await server.signIn(company.manager);
  await aMessage(manager, appealId);
  await aMessage(manager, appealId, { kind: 'note', body: 'Между нами' });
  await anAppeal(await server.signIn(company.outsider), company.topic);
  await visitor.call(draftsApi.save, {
    ...{ appealId, mode: 'reply', content: { body: 'Только моё' } },
  });
});
afterAll(() => server.close());
beforeEach(async () => {
  at = new Date();
  admin = await server.signIn(adminPerson);
});

const view = (person: { id: string } = company.visitor, by = admin) =>
  by.call(accountsApi.viewAs, { personId: person.id });
const stop = () => admin.call(accountsApi.endViewAs, {});
const whoIs = async (session = admin) => (await session.call(peopleApi.me, {})).person.id;
const statusAs = async (claimed: string) =>
  (await admin.raw('GET', '/me', { headers: { 'x-session': claimed } })).status;
const linesOf = (sessionId: string) =>
  server.database.db.query<{
    action: string;
    actor: string;
    subject: string | null;
    before: { reason?: string } | null;
    after: { viewedAs?: string } | null;
  }>(
    `SELECT action, actor_id AS actor, subject_id AS subject, before, after FROM audit_entry
     WHERE session_id = $1 ORDER BY at, action`,
    [sessionId],
  );
/** How views in this session ended, by the log. */
const endings = async () =>
  (await linesOf(admin.sessionId))
    .filter(({ action }) => action === 'view_as.ended')
    .map(({ before }) => before?.reason);

describe('who sees as whom', () => {
  it('only admins begin, never as another admin, as somebody without access, as nobody, or long after typing the password', async () => {
    for (const person of [company.manager, company.supervisor])
      expect((await refusal(view(company.visitor, await server.signIn(person)))).problem.code).toBe(
        'forbidden',
      );
    expect((await refusal(view(company.secondVisitor, visitor))).status).toBe(404);
    const other = await aManager(server.database.db, { role: 'admin' });
    for (const person of [other, adminPerson])
      expect((await refusal(view(person))).problem.code).toBe('forbidden');
    expect((await refusal(view({ id: randomUUID() }))).status).toBe(404);
    const closed = await aManager(server.database.db);
    await server.database.db.query(`UPDATE person SET access_allowed = false WHERE id = $1`, [
      closed.id,
    ]);
    expect((await refusal(view(closed))).problem.code).toBe('conflict');
    at = new Date(at.getTime() + 11 * 60_000);
    expect((await refusal(view())).problem.code).toBe('reauthentication_needed');
    expect(await whoIs()).toBe(adminPerson.id);
  });

  it('of two begun at once in a session one is', async () => {
    const tries = await Promise.allSettled([view(), view(company.manager)]);
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const begun = (await linesOf(admin.sessionId)).filter((one) => one.action === 'view_as.begun');
    expect(begun).toHaveLength(1);
  });
});

describe('while an admin sees as a visitor', () => {
  it('everything that changes something is refused, and so is what is the person’s alone', async () => {
    await view();
    const wrong: string[] = [];
    let tried = 0;
    for (const { route, access } of server.app.api.operations) {
      const key = `${route.method} ${route.path}`;
      if (access !== 'signed_in' || route.method === 'GET') continue;
      if (key === 'DELETE /view-as' || key === 'DELETE /session') continue;
      tried += 1;
      const path = route.path.replace(/:\w+/g, () => randomUUID());
      const answer = await admin.raw(route.method, path, { body: '{}' });
      const { code } = (await answer.json()) as { code?: string };
      if (answer.status !== 403 || code !== 'viewing_only')
        wrong.push(`${key}: ${answer.status} ${code}`);
    }
    for (const path of ['/me/sessions', '/me/second-step', '/drafts', '/macros']) {
      const answer = await admin.raw('GET', path);
      if (answer.status !== 403) wrong.push(`GET ${path}: ${answer.status}`);
    }
    expect(wrong).toEqual([]);
    expect(tried).toBeGreaterThan(50);
  });

  it('he reads byte for byte what the person reads, and nothing of the person changes by it', async () => {
    const { db } = server.database;
    const tables = [
      ...['session', 'read_mark', 'receipt', 'draft', 'notice', 'known_device', 'participant'],
      ...['upload_hour', 'idle_command', 'person', 'entry', 'appeal', 'second_step', 'mention'],
    ];
    /** Every row of what could be the person's, with the transaction that wrote it; the admin's own session is his. */
    const rows = async () =>
      Object.fromEntries(
        await Promise.all(
          tables.map(async (table) => {
            const own = table === 'session' ? `WHERE t.id <> '${admin.sessionId}'` : '';
            return [
              table,
              await db.query(`SELECT t.xmin::text, t.* FROM ${table} t ${own} ORDER BY t::text`),
            ];
          }),
        ),
      );
    const paths = [
      ...['/appeals?view=all&limit=50', '/appeals?view=owed&limit=50', '/appeals/counts'],
      ...[`/appeals/${appealId}`, `/appeals/${appealId}/entries?limit=50`, '/notices?limit=50'],
      ...[`/appeals/${appealId}/ledger`, '/orders?limit=20', '/directories', '/dealer/colleagues'],
    ];
    /** Moments of now differ between any two answers. */
    const read = async (session: TestSession, path: string) =>
      (await (await session.raw('GET', path)).text())
        .replace(/"(serverTime|now|at)":"[^"]*"/g, '"$1":""')
        .replace(/"requestId":"[^"]*"/g, '');
    const his = await Promise.all(paths.map((path) => read(visitor, path)));
    const before = await rows();
    await view();
    const seen = await Promise.all(paths.map((path) => read(admin, path)));
    expect(seen).toEqual(his);
    expect(his.join()).toContain('Сверяем отгрузку');
    expect(his.join()).not.toContain('Между нами');
    // And what else is asked of a page, whoever's it is.
    await admin.call(peopleApi.me, {});
    await admin.raw('GET', '/sync');
    await admin.call(noticesApi.list, { limit: 50 });
    await admin.call(ordersApi.counts, {});
    expect(await rows()).toEqual(before);
    expect((await refusal(admin.call(dealersApi.list, {}))).status).toBe(404);
  });

  it('his files come as the person’s, and the log names the admin and as whom', async () => {
    await view();
    const answer = await admin.raw('GET', `/attachments/${fileId}/file`);
    expect(await answer.text()).toBe('акт');
    const [line] = (await linesOf(admin.sessionId)).filter(
      ({ action }) => action === 'attachment.downloaded',
    );
    expect(line).toMatchObject({
      ...{ actor: adminPerson.id, subject: fileId },
      after: { viewedAs: company.visitor.name },
    });
    await stop();
    await view(company.outsider);
    expect((await admin.raw('GET', `/attachments/${fileId}/file`)).status).toBe(404);
  });

  it('he has no line, and the one he had is cut', async () => {
    const line = await admin.socket();
    const gone = new Promise((resolve) => line.socket.once('disconnect', resolve));
    await view(company.colleague);
    await gone;
    await expect(admin.socket()).rejects.toMatchObject({ data: { code: 'viewing_only' } });
    const supervisor = await server.signIn(company.supervisor);
    const { items } = await supervisor.call(peopleApi.colleagues, {});
    expect(items.find(({ id }) => id === company.colleague.id)?.online).toBe(false);
  });

  it('says who looks and until when, and tabs that have not heard of it are told apart', async () => {
    const me = await view();
    expect(me.person.id).toBe(company.visitor.id);
    expect(me.viewing).toEqual({
      by: 'Анна Админ',
      endsAt: new Date(at.getTime() + 3_600_000).toISOString(),
    });
    expect(me.session).toMatchObject({ nameNeeded: false, enrolmentNeeded: false });
    expect(me.session.id).not.toBe(admin.sessionId);
    expect(await statusAs(admin.sessionId)).toBe(401);
    expect(await statusAs(me.session.id)).toBe(200);
    const own = await stop();
    expect(own.person.id).toBe(adminPerson.id);
    expect(own.viewing).toBeNull();
    expect(await statusAs(me.session.id)).toBe(401);
    expect(await statusAs(admin.sessionId)).toBe(200);
  });
});

describe('a view ends', () => {
  it('by the admin, once, with both lines in the log', async () => {
    await view();
    await stop();
    await stop();
    expect(await whoIs()).toBe(adminPerson.id);
    expect(await linesOf(admin.sessionId)).toMatchObject([
      { action: 'view_as.begun', actor: adminPerson.id, subject: company.visitor.id },
      { action: 'view_as.ended', actor: adminPerson.id, subject: company.visitor.id },
    ]);
    expect(await endings()).toEqual(['ended_by_self']);
  });

  it('by itself after an hour, whoever looks at it first', async () => {
    await view();
    at = new Date(at.getTime() + 59 * 60_000);
    expect(await whoIs()).toBe(company.visitor.id);
    at = new Date(at.getTime() + 61_000);
    expect(await whoIs()).toBe(adminPerson.id);
    expect(await endings()).toEqual(['expired']);
    admin = await server.signIn(adminPerson);
    at = new Date();
    await view();
    at = new Date(at.getTime() + 3_600_001);
    await server.app.services.sessions.sweep();
    expect(await endings()).toEqual(['expired']);
  });

  it('by signing out, which ends the admin’s session and none of the person’s', async () => {
    await view();
    await admin.call(peopleApi.signOut, {});
    expect((await admin.raw('GET', '/me')).status).toBe(401);
    expect(await whoIs(visitor)).toBe(company.visitor.id);
    expect(await endings()).toEqual(['signed_out']);
  });

  it('when the person’s access is closed, and does not come back with it', async () => {
    await view(company.secondVisitor);
    const chief = await server.signIn(await aManager(server.database.db, { role: 'admin' }));
    const visitorId = company.secondVisitor.id;
    await chief.call(dealersApi.changeVisitor, { visitorId, accessAllowed: false });
    expect(await endings()).toEqual(['access_closed']);
    await chief.call(dealersApi.changeVisitor, { visitorId, accessAllowed: true });
    expect(await whoIs()).toBe(adminPerson.id);
  });

  it('when the admin is one no more, and when the person becomes one', async () => {
    const chief = await server.signIn(await aManager(server.database.db, { role: 'admin' }));
    await view(company.colleague);
    expect(await whoIs()).toBe(company.colleague.id);
    const personId = company.colleague.id;
    await chief.call(accountsApi.changeStaff, { personId, role: 'admin' });
    expect(await endings()).toEqual(['rights_changed']);
    expect(await whoIs()).toBe(adminPerson.id);

    const second = await aManager(server.database.db, { role: 'admin' });
    admin = await server.signIn(second);
    await view();
    await chief.call(accountsApi.changeStaff, { personId: second.id, role: 'supervisor' });
    expect(await endings()).toEqual(['rights_changed']);
    await chief.call(accountsApi.changeStaff, { personId: second.id, role: 'admin' });
    expect(await whoIs()).toBe(second.id);
  });

  it('at the next request even when nobody has ended it', async () => {
    await view(company.secondVisitor);
    // Past every service.
    const set = (allowed: boolean) =>
      server.database.db.query(`UPDATE person SET access_allowed = $2 WHERE id = $1`, [
        company.secondVisitor.id,
        allowed,
      ]);
    await set(false);
    expect(await whoIs()).toBe(adminPerson.id);
    await set(true);
    expect(await endings()).toEqual(['access_closed']);
    expect(await sessionRepository.findViewed(server.database.db, admin.sessionId)).toBeNull();
  });
});

it('the table allows no view longer than an hour', async () => {
  const insert = server.database.db.query(
    `INSERT INTO viewing (session_id, person_id, begun_at, ends_at) VALUES ($1, $2, now(), now() + interval '61 minutes')`,
    [admin.sessionId, company.visitor.id],
  );
  await expect(insert).rejects.toThrow('viewing_at_most_an_hour');
});
