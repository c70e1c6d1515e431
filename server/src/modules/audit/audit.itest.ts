import { randomUUID } from 'node:crypto';
import { auditApi } from '@otklik/shared/audit.api';
import type { AuditEntry, AuditQuery } from '@otklik/shared/audit';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { AttachmentView } from '@otklik/shared/attachments';
import { companyApi } from '@otklik/shared/company.api';
import { dealersApi } from '@otklik/shared/dealers.api';
import { peopleApi } from '@otklik/shared/people.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aCompany, aMessage, anAppeal } from '../appeals/appeal.factory';
import { aDealer, aManager, aVisitor, PASSWORD } from '../people/people.factory';

let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let adminPerson: Awaited<ReturnType<typeof aManager>>;
let admin: TestSession;
let manager: TestSession;
let visitor: TestSession;

beforeAll(async () => {
  server = await testApp();
  const { db } = server.database;
  company = await aCompany(db);
  adminPerson = await aManager(db, { role: 'admin' });
  admin = await server.signIn(adminPerson);
  manager = await server.signIn(company.manager);
  visitor = await server.signIn(company.visitor);
});
afterAll(() => server.close());

const list = async (query: AuditQuery = {}) => (await admin.call(auditApi.list, query)).items;
const flush = () => server.app.services.refusals.flush(true);
const query = <Row extends object>(sql: string, values: unknown[] = []) =>
  server.database.db.query<Row>(sql, values);

function signIn(login: string, password: string): Promise<Response> {
  return fetch(`${server.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'Firefox on Linux' },
    body: JSON.stringify({ login, password }),
  });
}

describe('the audit log', () => {
  it('keeps a change with who, session, address, what, before and after', async () => {
    await admin.call(companyApi.changeSettings, { editMinutes: 20 });
    const [line] = await list({ kind: 'change' });
    expect(line).toMatchObject({
      ...{ kind: 'change', action: 'company.changed', sessionId: admin.sessionId },
      ...{ actor: { id: adminPerson.id, name: adminPerson.name }, address: '127.0.0.1' },
      ...{ before: { editMinutes: 15 }, after: { editMinutes: 20 } },
    });
    await admin.call(companyApi.changeSettings, { editMinutes: 15 });
  });

  it('keeps sign-ins, refused ones and ends of sessions, and no password', async () => {
    const { db } = server.database;
    const person = await aVisitor(db, company.dealer);
    expect((await signIn(person.login, 'a wrong Pa55word')).status).toBe(401);
    expect((await signIn('MyS3cretTypedIntoTheWrongField', 'x')).status).toBe(401);
    const answer = await signIn(person.login, PASSWORD);
    expect(answer.status).toBe(200);
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    const signOut = await fetch(`${server.url}/api/session`, {
      method: 'DELETE',
      headers: { cookie },
    });
    expect(signOut.status).toBe(200);
    await flush();
    const lines = (await list({ dealerId: company.dealer.id })).filter(
      ({ subjectId }) => subjectId === person.id,
    );
    expect(lines.map(({ action }) => action).sort()).toEqual([
      'session.begun',
      'session.ended',
      'sign_in.refused',
    ]);
    const of = (action: string) => lines.find((line) => line.action === action);
    expect(of('sign_in.refused')).toMatchObject({
      ...{ kind: 'sign_in', actor: null, subject: person.name, address: '127.0.0.1' },
      after: { code: 'wrong_credentials' },
    });
    const { sessionId } = of('session.begun') ?? {};
    expect(of('session.begun')?.actor?.id).toBe(person.id);
    expect(of('session.ended')).toMatchObject({
      ...{ kind: 'session', sessionId, actor: { id: person.id } },
      before: { reason: 'signed_out', session: sessionId },
    });
    const unknown = (await list({ kind: 'sign_in' })).find(({ subjectId }) => subjectId === null);
    expect(unknown?.subject).toBe('My…');
    const everything = JSON.stringify(await query(`SELECT * FROM audit_entry`));
    for (const secret of ['Pa55word', PASSWORD, 'S3cret', cookie.split('=')[1] ?? '-'])
      expect(everything).not.toContain(secret);
  });

  it('keeps what others end of one’s sessions once, whichever way', async () => {
    const { db } = server.database;
    const person = await aVisitor(db, company.dealer);
    const sessions = [await server.signIn(person), await server.signIn(person)];
    await admin.call(dealersApi.endSession, {
      ...{ dealerId: company.dealer.id, sessionId: sessions[0]!.sessionId },
    });
    await admin.call(dealersApi.changeVisitor, { visitorId: person.id, accessAllowed: false });
    const lines = (await list({ kind: 'session' })).filter((line) => line.subjectId === person.id);
    expect(lines.map(({ before }) => before)).toMatchObject([
      { session: sessions[1]!.sessionId, reason: 'access_closed' },
      { session: sessions[0]!.sessionId, reason: 'ended_by_staff' },
    ]);
    expect(lines.every(({ actor }) => actor?.id === adminPerson.id)).toBe(true);
    expect(lines.every(({ sessionId }) => sessionId === admin.sessionId)).toBe(true);
  });

  it('keeps refused access over HTTP and socket, by ids only, and a flood as a number', async () => {
    const { db } = server.database;
    const prober = await server.signIn(await aVisitor(db, await aDealer(db)));
    const { appeal } = await anAppeal(visitor, company.topic);
    await refusal(prober.call(appealsApi.card, { appealId: appeal.id }));
    const line = await prober.socket();
    const command = { appealId: appeal.id, clientId: randomUUID(), body: 'тайна' };
    expect(await line.ask(appealsApi.post.socket ?? '', command)).toMatchObject({ ok: false });
    await refusal(manager.call(companyApi.changeSettings, { editMinutes: 1 }));
    for (let no = 0; no < 60; no += 1)
      await refusal(prober.call(appealsApi.card, { appealId: randomUUID() }));
    expect((await prober.raw('GET', '/nowhere/at-all')).status).toBe(404);
    await flush();
    const refused = await list({ kind: 'refusal' });
    const his = refused.filter(({ sessionId }) => sessionId === prober.sessionId);
    const subjects = his.map(({ subject }) => subject);
    expect(subjects).toContain(`GET /appeals/${appeal.id}`);
    expect(subjects).toContain(appealsApi.post.socket);
    expect(subjects.join()).not.toContain('nowhere');
    // So many lines, and one with the number of the rest.
    expect(his).toHaveLength(21);
    expect(his.find(({ after }) => after && 'more' in after)?.after).toMatchObject({
      more: 62 - 20,
    });
    expect(refused.find(({ sessionId }) => sessionId === manager.sessionId)).toMatchObject({
      ...{ action: 'access.refused', subject: 'PATCH /company/settings' },
      after: { code: 'forbidden' },
    });
    expect(JSON.stringify(refused)).not.toContain('тайна');
  });

  it('keeps downloads before the bytes go, once a minute, and exports', async () => {
    const upload = new FormData();
    upload.set('clientId', randomUUID());
    upload.set('file', new Blob(['слова']), 'слова.txt');
    const uploaded = await fetch(`${server.url}/api/attachments`, {
      ...{ method: 'POST', headers: { cookie: visitor.cookie }, body: upload },
    });
    const { id } = (await uploaded.json()) as AttachmentView;
    const posted = await anAppeal(visitor, company.topic, { attachmentIds: [id] });
    for (let part = 0; part < 2; part += 1) {
      const answer = await manager.raw('GET', `/attachments/${id}/file`);
      expect([answer.status, await answer.text()]).toEqual([200, 'слова']);
    }
    const outsider = await server.signIn(company.outsider);
    expect((await outsider.raw('GET', `/attachments/${id}/file`)).status).toBe(404);
    const downloads = (await list({ kind: 'download' })).filter((line) => line.subjectId === id);
    expect(downloads).toMatchObject([
      {
        ...{ action: 'attachment.downloaded', subject: 'слова.txt', sessionId: manager.sessionId },
        after: { entry: posted.entry.id },
      },
    ]);
    const report = { what: 'report', format: 'xlsx', name: 'otklik-deadlines' } as const;
    await manager.call(auditApi.recordExport, report);
    expect((await list({ kind: 'export' }))[0]).toMatchObject({
      ...{ action: 'report.exported', subject: 'otklik-deadlines', after: { format: 'xlsx' } },
    });
    expect((await refusal(visitor.call(auditApi.recordExport, report))).status).toBe(404);
  });

  it('leaves alone what a thread keeps: a send writes no line', async () => {
    const { appeal } = await anAppeal(visitor, company.topic);
    const count = async () =>
      (await query<{ n: number }>(`SELECT count(*) AS n FROM audit_entry`))[0]?.n;
    await flush();
    const before = await count();
    await aMessage(manager, appeal.id);
    await aMessage(visitor, appeal.id);
    await flush();
    expect(await count()).toBe(before);
  });

  it('keeps a change of one’s own password, without it', async () => {
    const person = await aManager(server.database.db);
    const session = await server.signIn(person);
    const next = 'another long passphrase';
    await session.call(peopleApi.changePassword, { current: PASSWORD, next });
    const [line] = await list({ personId: person.id });
    expect(line).toMatchObject({ action: 'person.password_changed', before: null, after: null });
  });
});

describe('lines of the log', () => {
  const refused = (sql: string) => expect(query(sql)).rejects.toThrow(/audit log/);

  it('are never changed or wiped, and go only when their time is over', async () => {
    await refused(`UPDATE audit_entry SET subject = 'x'`);
    await refused(`UPDATE audit_entry SET subject = 'x' WHERE false`);
    await refused(`DELETE FROM audit_entry`);
    await refused(`TRUNCATE audit_entry`);
    await refused(`TRUNCATE person CASCADE`);
    await expect(query(`UPDATE company SET audit_days = 29`)).rejects.toThrow(/audit_days/);
    const age = (days: number, name: string) =>
      query(
        `INSERT INTO audit_entry (at, action, subject) VALUES (now() - make_interval(days => $1), 'x.done', $2)`,
        [days, name],
      );
    await age(41, 'old');
    await age(39, 'young');
    await admin.call(companyApi.changeSettings, { auditDays: 40 });
    await refused(`DELETE FROM audit_entry WHERE action = 'x.done'`);
    expect(await server.app.services.audit.sweep()).toBe(1);
    expect(await query(`SELECT subject FROM audit_entry WHERE action = 'x.done'`)).toEqual([
      { subject: 'young' },
    ]);
    expect((await list({ kind: 'change' }))[0]).toMatchObject({
      ...{ action: 'audit.swept', actor: null, after: { lines: 1 } },
    });
    expect(await server.app.services.audit.sweep()).toBe(0);
    await admin.call(companyApi.changeSettings, { auditDays: 1_095 });
  });
});

describe('reading the log', () => {
  it('is for admins; dealers find nothing there', async () => {
    for (const route of [auditApi.list, auditApi.csv]) {
      expect((await refusal(manager.call<object, unknown>(route, {}))).status).toBe(403);
      expect((await refusal(visitor.call<object, unknown>(route, {}))).status).toBe(404);
    }
  });

  it('pages newest first without gap or repeat, filtered by person, kind, dealer, period and text', async () => {
    const { db } = server.database;
    const dealer = await aDealer(db);
    const person = await aVisitor(db, dealer);
    const made = 7;
    for (let no = 0; no < made; no += 1) {
      await db.query(
        `INSERT INTO audit_entry (at, kind, action, actor_id, dealer_id, subject, after)
         VALUES ('2026-03-02T09:00:00.000001Z'::timestamptz + ($1 / 2) * interval '1 microsecond', 'export', 'y.done', $2, $3, 'line', $4)`,
        [no, person.id, dealer.id, JSON.stringify({ note: `Иголка ${no} %_` })],
      );
    }
    const one: AuditQuery = {
      ...{ personId: person.id, kind: 'export', dealerId: dealer.id, q: 'ИГОЛКА' },
      ...{ from: '2026-03-02', to: '2026-03-02' },
    };
    const paged: AuditEntry[] = [];
    let cursor: string | undefined;
    do {
      const page = await admin.call(auditApi.list, {
        ...one,
        limit: 2,
        ...(cursor ? { cursor } : {}),
      });
      paged.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    const whole = await list(one);
    expect(whole).toHaveLength(made);
    expect(paged).toEqual(whole);
    // Two of each microsecond, the newest pair first.
    const pairs = whole.map(({ after }) => Math.floor(Number(/\d/.exec(String(after?.note))) / 2));
    expect(pairs).toEqual([3, 2, 2, 1, 1, 0, 0]);
    const others: AuditQuery[] = [
      ...[{ personId: adminPerson.id }, { kind: 'change' } as const],
      ...[{ dealerId: company.dealer.id }, { from: '2026-03-03', to: '2026-03-04' }],
      ...[{ q: 'стог' }, { q: '0 _%' }, { to: '2026-03-01', from: '2026-03-01' }],
    ];
    for (const other of others) expect(await list({ ...one, ...other })).toEqual([]);
    expect(await list({ ...one, q: '3 %_' })).toHaveLength(1);
  });

  it('looks through so many lines a page for a text, says how far, and goes on', async () => {
    await query(
      `INSERT INTO audit_entry (at, action, subject)
       SELECT '2025-06-01T00:00:00Z'::timestamptz + n * interval '1 second', 'hay.done', CASE n WHEN 1 THEN 'needle-in-hay' ELSE 'hay' END
       FROM generate_series(1, 25000) n`,
    );
    const first = await admin.call(auditApi.list, { to: '2025-06-02', q: 'needle-in-hay' });
    expect(first.items).toEqual([]);
    expect(first.searchedTo).toBe('2025-06-01T01:23:21.000Z');
    const cursor = first.nextCursor ?? '';
    const second = await admin.call(auditApi.list, {
      to: '2025-06-02',
      q: 'needle-in-hay',
      cursor,
    });
    expect(second.items.map(({ subject }) => subject)).toEqual(['needle-in-hay']);
    expect([second.nextCursor, second.searchedTo]).toEqual([null, null]);
  });

  it('as CSV streams all that fits, lets no cell run, and is itself recorded', async () => {
    await query(
      `INSERT INTO audit_entry (at, action, subject) VALUES ('2024-01-01T09:00:00Z', '=cmd', '"a",b')`,
    );
    const answer = await admin.raw('GET', '/audit/csv?to=2025-06-02');
    expect(answer.headers.get('content-type')).toContain('text/csv');
    const rows = (await answer.text()).trimEnd().split('\r\n');
    expect(rows[0]).toMatch(/^\uFEFF?at,kind,action,actor,/);
    expect(rows).toHaveLength(1 + 25_000 + 1);
    expect(rows.at(-1)).toBe(`2024-01-01T09:00:00.000Z,change,'=cmd,,,,,,"""a"",b",,,`);
    expect((await list({ kind: 'export' }))[0]).toMatchObject({
      ...{ action: 'audit.exported', actor: { id: adminPerson.id }, after: { to: '2025-06-02' } },
    });
  });
});
