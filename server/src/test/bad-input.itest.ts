import { randomUUID } from 'node:crypto';
import type { Ack, Problem } from '@otklik/shared/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { aCompany, aMessage, anAppeal } from '../modules/appeals/appeal.factory';
import { anExchangeOrder, anOrder } from '../modules/orders/order.factory';
import { createIntegrationService } from '../modules/people';
import { aManager } from '../modules/people/people.factory';
import type { Operation } from '../platform/http';
import { testApp, type TestApp, type TestSocket } from './test-app';

type Input = Record<string, unknown>;

let server: TestApp;
/** Header lines by who sends; one of them is nobody. */
const callers = new Map<string, Record<string, string>>();
const lines = new Map<string, TestSocket>();
/** A whole, legal input for every operation, so that one wrong field is the only wrong thing. */
let legal: Record<string, Input>;
/** Ids that exist, and that a dealer may not see. */
let foreign: string[];

beforeAll(async () => {
  server = await testApp();
  const { db } = server.database;
  const company = await aCompany(db);
  const admin = await aManager(db, { role: 'admin' });
  const people = {
    dealer: company.visitor,
    manager: company.manager,
    supervisor: company.supervisor,
    admin,
  };
  for (const [name, person] of Object.entries(people)) {
    const session = await server.signIn(person);
    callers.set(name, { cookie: session.cookie });
    lines.set(name, await session.socket());
  }
  callers.set('nobody', {});
  const token = await createIntegrationService({
    db,
    now: () => new Date(),
  }).createIntegrationToken('1C');
  callers.set('integration', { authorization: `Bearer ${token}` });

  const visitor = await server.signIn(company.visitor);
  const outsider = await server.signIn(company.outsider);
  const { appeal } = await anAppeal(visitor, company.topic);
  const theirs = await anAppeal(outsider, company.topic);
  const { entry } = await aMessage(visitor, appeal.id);
  const order = await anOrder(db, company.dealer);
  const upload = new FormData();
  upload.set('clientId', randomUUID());
  upload.set('file', new Blob(['слова']), 'слова.txt');
  const uploaded = await fetch(`${server.url}/api/attachments`, {
    method: 'POST',
    headers: { cookie: visitor.cookie },
    body: upload,
  });
  const attachment = (await uploaded.json()) as { id: string };
  const [calendar] = await db.query<{ id: string }>(`SELECT id FROM calendar`);
  const [policy] = await db.query<{ id: string }>(`SELECT id FROM sla_policy`);
  foreign = [theirs.appeal.id, company.otherDealer.id, company.outsider.id, outsider.sessionId];

  const appealId = appeal.id;
  const dealerId = company.dealer.id;
  const visitorId = company.secondVisitor.id;
  const aCalendar = {
    name: 'x',
    zone: 'Europe/Moscow',
    versions: [
      {
        validFrom: null,
        week: [[{ from: 540, to: 1080 }], [], [], [], [], [], []],
        country: 'RU',
      },
    ],
    days: [{ date: '2026-05-04', kind: 'own', intervals: [{ from: 540, to: 600 }], note: 'x' }],
    isCompany: false,
    teamIds: [],
    dealerIds: [dealerId],
  };
  const aDraft = {
    name: 'x',
    dealerId: null,
    groupId: null,
    priority: 'low',
    topicId: company.topic.id,
    typeCode: 'error',
    firstResponseMinutes: 60,
    nextResponseMinutes: 60,
    resolutionMinutes: 600,
    questionMinutes: 60,
    warnPercent: 75,
  };
  const exchangeOrder = anExchangeOrder({ code: 'nobody knows it' });
  legal = {
    'POST /session': {
      ...{ login: 'x@example.test', password: 'x', code: '123456' },
      ...{ endOthers: false, remember: false },
    },
    'DELETE /session': {},
    'GET /me': {},
    'PATCH /me/settings': {
      language: 'ru',
      theme: 'dark',
      density: 'compact',
      enterSends: true,
      enterOpens: false,
      grouping: 'topic',
      folded: ['open:1'],
      panelClosed: false,
      boardViews: { x: { by: 'team', typeCode: 'error' } },
    },
    'GET /directories/lists': {},
    'PUT /topics/:topicId': {
      ...{ topicId: randomUUID(), rev: 0, nameRu: 'Тема', nameEn: 'Topic' },
      ...{ active: true, teamId: company.team.id },
    },
    'POST /topics/:topicId/move': { topicId: company.topic.id, afterId: null },
    'PUT /teams/:teamId': {
      ...{ teamId: randomUUID(), rev: 0, nameRu: 'Отдел', nameEn: 'Team', active: true },
    },
    'GET /sla/ladder': {},
    'PUT /sla/ladder': {
      rev: 1,
      steps: [
        {
          id: randomUUID(),
          kinds: ['resolution'],
          offsetMinutes: -30,
          percent: null,
          action: 'remind_owner',
          urgent: false,
        },
      ],
    },
    'GET /notices': { limit: 10, cursor: randomUUID() },
    'PUT /notices/read': { noticeIds: [randomUUID()], read: true },
    'PUT /me/name': { name: 'Мария' },
    'PUT /me/password': { current: 'wrong wrong wrong', next: 'another good one' },
    'GET /me/sessions': {},
    'DELETE /me/sessions/:sessionId': { sessionId: randomUUID() },
    'POST /me/sessions/end-others': {},
    'GET /colleagues': {},
    'GET /dealer/colleagues': {},
    'GET /appeals/:appealId/digest': { appealId, fromSeq: 1, toSeq: 2 },
    'POST /receipts': { items: [{ appealId, from: 1, got: 2, shown: 1 }] },
    'GET /appeals/:appealId/entries/:entryId/receipts': { appealId, entryId: entry.id },
    'GET /dealers': { q: 'x', limit: 10, cursor: 'x' },
    'POST /dealers': {
      code: 'D-999999',
      name: 'Новый',
      taxId: '7700000000',
      zone: 'Europe/Moscow',
      contract: '',
      phone: '',
      email: '',
      address: '',
      managerId: null,
    },
    'GET /dealers/:dealerId': { dealerId },
    'PATCH /dealers/:dealerId': {
      dealerId,
      name: 'x',
      taxId: '1',
      zone: 'Europe/Moscow',
      contract: '',
      phone: '',
      email: '',
      address: '',
      debtLimitKopecks: null,
      managerId: null,
      severalSessions: true,
      maxSessions: 5,
      newVisitorAccess: true,
      expected: {
        ...{ name: 'x', taxId: '1', zone: 'x', contract: '', phone: '', email: '', address: '' },
        ...{ debtLimitKopecks: null, managerId: null },
      },
    },
    'GET /dealers/:dealerId/visitors': { dealerId },
    'POST /dealers/:dealerId/visitors': {
      dealerId,
      name: 'Новый',
      jobTitle: '',
      login: 'new@example.test',
      email: '',
      phone: '',
      scope: 'all',
      shared: false,
      chief: false,
    },
    'PATCH /visitors/:visitorId': {
      visitorId,
      name: 'x',
      jobTitle: '',
      email: '',
      phone: '',
      accessAllowed: true,
      sessionRule: 'dealer',
      maxSessions: null,
      shared: false,
      scope: 'all',
      chief: false,
      expected: { name: 'x', jobTitle: '', email: '', phone: '' },
    },
    'POST /visitors/:visitorId/password-link': { visitorId },
    'POST /password-links/look': { token: 'nobody made it' },
    'POST /password-links/use': { token: 'nobody made it', password: 'a good new password' },
    'GET /roles': {},
    'PUT /roles/:roleId': {
      ...{ roleId: randomUUID(), rev: 1, name: 'x', base: 'manager', rights: ['note.write'] },
    },
    'DELETE /roles/:roleId': { roleId: randomUUID(), rev: 1 },
    'GET /staff': {},
    'POST /staff': {
      ...{
        login: 'new@example.test',
        name: 'x',
        jobTitle: 'x',
        role: 'manager',
        teamIds: [],
        customRoleId: null,
      },
    },
    'PATCH /staff/:personId': {
      ...{ personId: company.stranger.id, name: 'x', jobTitle: 'x', role: 'manager' },
      ...{ teamIds: [company.team.id], accessAllowed: true, customRoleId: null },
    },
    'POST /staff/:personId/password-link': { personId: company.stranger.id },
    'DELETE /people/:personId/second-step': { personId: company.stranger.id },
    'POST /view-as': { personId: randomUUID() },
    'DELETE /view-as': {},
    'PUT /me/devices/:deviceId': { deviceId: randomUUID(), isMine: true },
    'GET /sign-on': {},
    'POST /sign-on': {},
    'POST /sign-on/finish': { answer: '?code=x&state=x', remember: false },
    'GET /integration-tokens': {},
    'POST /integration-tokens': { name: '1C', scopes: ['orders.write'], days: 90 },
    'DELETE /integration-tokens/:tokenId': { tokenId: randomUUID() },
    'POST /me/proof': { password: 'wrong wrong wrong' },
    'GET /me/second-step': {},
    'POST /me/second-step': {},
    'PUT /me/second-step': { code: '123456' },
    'POST /me/second-step/recovery-codes': {},
    'DELETE /me/second-step': {},
    'POST /staff/:personId/end-sessions': { personId: randomUUID() },
    'GET /dealers/:dealerId/sessions': { dealerId },
    'DELETE /dealers/:dealerId/sessions/:sessionId': { dealerId, sessionId: randomUUID() },
    'GET /dealer/contacts': {},
    'PUT /dealer/contacts': {
      ...{ phone: '1', email: 'a@example.test', address: 'x', ownPhone: '', ownEmail: '' },
      expected: { phone: '', email: '', address: '', ownPhone: '', ownEmail: '' },
    },
    'GET /dealers/:dealerId/log': { dealerId, limit: 10, cursor: 'x' },
    'GET /sla/calendars': {},
    'PUT /sla/calendars/:calendarId': {
      calendarId: calendar?.id,
      rev: 1,
      ...aCalendar,
    },
    'POST /sla/calendars': { calendarId: randomUUID(), ...aCalendar },
    'DELETE /sla/calendars/:calendarId': { calendarId: calendar?.id },
    'GET /sla/policies': {},
    'POST /sla/policies': { policyId: randomUUID(), ...aDraft },
    'PUT /sla/policies/:policyId': { policyId: policy?.id, rev: 1, ...aDraft },
    'DELETE /sla/policies/:policyId': { policyId: policy?.id, rev: 1 },
    'POST /sla/policies/:policyId/restore': { policyId: policy?.id },
    'POST /sla/preview': { policyId: policy?.id, draft: aDraft, limit: 10, cursor: 'x' },
    'POST /sla/dry-run': {
      ...{ weeks: 1, policy: { policyId: policy?.id, draft: aDraft }, calendar: null, cursor: 'x' },
    },
    'GET /sla/coverage': {},
    'GET /sla/unmatched': { limit: 10, cursor: 'x' },
    'GET /sla/recompute': {},
    'GET /sla/groups': {},
    'PUT /sla/groups/:groupId': { groupId: randomUUID(), name: 'x' },
    'DELETE /sla/groups/:groupId': { groupId: randomUUID() },
    'POST /sla/groups/:groupId/restore': { groupId: randomUUID() },
    'PUT /sla/dealers/:dealerId/group': { dealerId, groupId: null },
    'GET /audit': {
      ...{ personId: randomUUID(), kind: 'change', dealerId, from: '2026-01-01', to: '2026-01-31' },
      ...{ q: 'x', limit: 10 },
    },
    'GET /audit/csv': { personId: randomUUID(), kind: 'change', dealerId, from: '2026-01-01' },
    'POST /audit/exports': { what: 'report', format: 'csv', name: 'x' },
    'GET /admin/seats': {},
    'GET /reports': {
      ...{ from: '2026-01-01', to: '2026-01-31', by: 'manager', topicId: company.topic.id },
      ...{ typeCode: 'question', managerId: randomUUID(), teamId: 'none', dealerId },
    },
    'GET /reports/appeals': {
      ...{ from: '2026-01-01', to: '2026-01-31', measure: 'opened', topicId: company.topic.id },
      ...{ typeCode: 'question', managerId: randomUUID(), teamId: 'none', dealerId, slot: 3 },
      ...{ openOn: '2026-01-10', cause: 'colleague', colleagueId: randomUUID(), limit: 10 },
      ...{ cursor: 'x' },
    },
    'GET /directories': {},
    'GET /sync': { cursor: 'x' },
    'GET /appeals': {
      view: 'open',
      topicId: company.topic.id,
      dealerId,
      orderNumber: order.number,
      q: 'x',
      limit: 10,
      cursor: 'x',
    },
    'GET /appeals/counts': {},
    'POST /appeals': {
      clientId: randomUUID(),
      typeCode: 'complaint',
      topicId: company.topic.id,
      subject: 'x',
      body: 'x',
      attachmentIds: [],
      orderNumbers: [],
      dealerId,
      source: 'phone',
      priority: 'high',
      contactName: 'x',
    },
    'GET /appeals/by-number/:no': { no: appeal.no },
    'GET /appeals/:appealId': { appealId },
    'GET /appeals/:appealId/entries': { appealId, afterSeq: 0, beforeSeq: 5, limit: 10 },
    'POST /appeals/:appealId/entries': {
      appealId,
      clientId: randomUUID(),
      kind: 'message',
      body: 'x',
      attachmentIds: [],
      orderNumbers: [],
      mentions: [],
      thenStatus: 'waiting',
      replyTo: entry.id,
      seenSeq: 1,
      sendAnyway: true,
    },
    'GET /appeals/:appealId/entries/:entryId': { appealId, entryId: entry.id },
    'PUT /appeals/:appealId/entries/:entryId/body': {
      appealId,
      entryId: entry.id,
      clientId: randomUUID(),
      body: 'x',
    },
    'DELETE /appeals/:appealId/entries/:entryId': {
      appealId,
      entryId: entry.id,
      clientId: randomUUID(),
    },
    'GET /appeals/:appealId/entries/:entryId/versions': { appealId, entryId: entry.id },
    'GET /company/settings': {},
    'PATCH /company/settings': {
      editMinutes: 15,
      guardStaff: true,
      guardDealer: true,
      remindDealerMinutes: 480,
      closeSilentMinutes: 960,
      auditDays: 400,
      closedToDealers: false,
      closedMessage: { ru: 'x', en: 'x' },
      secondStepRoles: [],
    },
    'POST /appeals/:appealId/read': { appealId, seq: 1, rev: 1 },
    'POST /appeals/:appealId/unread': { appealId, seq: 1 },
    'GET /macros': {},
    'POST /macros': {
      clientId: randomUUID(),
      name: 'x',
      body: 'x {{dealer}}',
      thenStatus: 'waiting',
      scope: 'own',
      teamId: null,
    },
    'PUT /macros/:macroId': {
      macroId: randomUUID(),
      rev: 1,
      name: 'x',
      body: 'x',
      thenStatus: null,
      scope: 'own',
      teamId: null,
    },
    'DELETE /macros/:macroId': { macroId: randomUUID(), rev: 1 },
    'POST /macros/:macroId/restore': { macroId: randomUUID(), rev: 1 },
    'GET /drafts': {},
    'PUT /drafts': {
      appealId,
      mode: 'reply',
      pendingId: null,
      content: { body: 'x', orderNumbers: ['1'], replyTo: randomUUID() },
    },
    'PUT /appeals/:appealId/assignee': { appealId, assigneeId: null },
    'PUT /appeals/:appealId/status': {
      appealId,
      status: 'in_work',
      solved: true,
      clientId: randomUUID(),
    },
    'PATCH /appeals/:appealId': {
      appealId,
      topicId: company.topic.id,
      typeCode: 'error',
      priority: 'low',
      subject: 'x',
      teamId: null,
    },
    'POST /appeals/:appealId/participants': {
      appealId,
      clientId: randomUUID(),
      personIds: [company.colleague.id],
      question: 'x',
    },
    'DELETE /appeals/:appealId/participants/:personId': { appealId, personId: randomUUID() },
    'DELETE /appeals/:appealId/questions/:questionId': { appealId, questionId: randomUUID() },
    'POST /appeals/:appealId/orders': { appealId, number: order.number },
    'DELETE /appeals/:appealId/orders/:number': { appealId, number: 'none' },
    'POST /appeals/:appealId/no-answer-needed': { appealId },
    'GET /appeals/:appealId/ledger': { appealId },
    'POST /appeals/:appealId/disputes': {
      appealId,
      clientId: randomUUID(),
      kind: 'first_response',
      cycle: 1,
      claim: 'had_answered',
      comment: 'x',
    },
    'POST /appeals/:appealId/disputes/:disputeId/outcome': {
      appealId,
      disputeId: randomUUID(),
      clientId: randomUUID(),
      outcome: 'rejected',
      reason: 'x',
    },
    'GET /appeals/:appealId/merge': { appealId, intoId: randomUUID() },
    'POST /appeals/:appealId/merge': { appealId, intoId: randomUUID(), clientId: randomUUID() },
    'POST /appeals/:appealId/merge/undo': { appealId, clientId: randomUUID() },
    'POST /appeals/:appealId/split': {
      appealId,
      clientId: randomUUID(),
      entryIds: [randomUUID()],
      typeCode: 'error',
      topicId: company.topic.id,
      subject: 'x',
    },
    'GET /disputes': {},
    'GET /rights': {},
    'GET /appeals/:appealId/clocks': { appealId },
    'POST /presence': { appealId, writes: 'reply', windowId: randomUUID() },
    'POST /board/reassign': {
      items: [{ clientId: randomUUID(), appealId, from: randomUUID(), to: null }],
    },
    'GET /board': {
      by: 'team',
      teamId: randomUUID(),
      dealerId: company.dealer.id,
      topicId: company.topic.id,
      assigneeId: company.manager.id,
      typeCode: 'complaint',
    },
    'POST /attachments': { clientId: randomUUID() },
    'POST /uploads': { clientId: randomUUID(), name: 'слова.txt', sizeBytes: 3 },
    'GET /uploads/:clientId': { clientId: randomUUID() },
    'PATCH /uploads/:clientId': { clientId: randomUUID(), offset: 0 },
    'DELETE /uploads/:clientId': { clientId: randomUUID() },
    'DELETE /attachments/:attachmentId': { attachmentId: randomUUID() },
    'GET /attachments/:attachmentId/file': { attachmentId: attachment.id },
    'GET /attachments/:attachmentId/preview': { attachmentId: attachment.id },
    'GET /orders': { filter: 'all', q: 'x', dealerId, limit: 10, cursor: 'x' },
    'GET /orders/counts': {},
    'GET /orders/find': { prefix: '5', dealerId },
    'GET /orders/:number': { number: order.number },
    'POST /exchange/orders': { orders: [exchangeOrder] },
  };
});
afterAll(() => server.close());

/** One wrong input. */
interface Cell {
  name: string;
  /** The whole body, when it is not an object of fields. */
  body?: string;
  input?: Input;
  /** What the refusal must name; undefined: the input may also be legal. */
  field?: string;
}

const keyOf = ({ route }: Operation) => `${route.method} ${route.path}`;
const bodyLess = ({ route }: Operation) => route.method === 'GET' || route.method === 'DELETE';
const nested = (levels: number) =>
  JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`) as unknown;

interface JsonSchema {
  type?: string | string[];
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  maxLength?: number;
  format?: string;
  enum?: unknown[];
}

/** Types a field takes, in the words of JSON Schema. */
function typesOf(schema: JsonSchema): Set<string> {
  const own = Array.isArray(schema.type) ? schema.type : schema.type ? [schema.type] : [];
  return new Set([...own, ...(schema.anyOf ?? []).flatMap((one) => [...typesOf(one)])]);
}

const isId = (schema: JsonSchema): boolean =>
  schema.format === 'uuid' || (schema.anyOf ?? []).some(isId);

const WRONG: [string, unknown, string[]][] = [
  ['a number', 7, ['number', 'integer']],
  ['true', true, ['boolean']],
  ['a text', 'x y z', ['string']],
  ['a list', [1], ['array']],
  ['an object', { a: 1 }, ['object']],
  ['null', null, ['null']],
];

/** Every way this operation's input can be wrong. */
function cellsOf(operation: Operation, base: Input): Cell[] {
  const schema = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' });
  const { properties = {}, required = [] } = schema as JsonSchema;
  const inPath = new Set([...operation.route.path.matchAll(/:(\w+)/g)].map((match) => match[1]));
  const cells: Cell[] = [];
  const add = (field: string | undefined, name: string, input: Input) =>
    cells.push({ name: `${field ?? ''} ${name}`, input, ...(field ? { field } : {}) });

  for (const [field, facts] of Object.entries(properties)) {
    const types = typesOf(facts);
    const asText = bodyLess(operation) || operation.bytes || inPath.has(field);
    const isText = types.has('string');
    if (required.includes(field) && !inPath.has(field)) {
      const { [field]: _left, ...rest } = base;
      add(field, 'is missing', rest);
    }
    const put = (name: string, value: unknown, mustBeRefused = true) => {
      const input = { ...base, [field]: value };
      if (mustBeRefused) add(field, name, input);
      else cells.push({ name: `${field} ${name}`, input });
    };
    if (!asText) {
      for (const [name, value, fits] of WRONG)
        if (!fits.some((type) => types.has(type)) && types.size > 0) put(`is ${name}`, value);
      put('is nested without end', nested(200));
      if (isText && facts.enum === undefined && facts.format === undefined)
        put('is an empty text', '', false);
    }
    put('holds NUL', isText ? 'a\0b' : ['a\0b']);
    if (!asText) put('holds half a surrogate pair', isText ? 'a\ud800b' : ['a\udfffb']);
    if (isText || asText) {
      // In an address it still fits into what the server reads of one.
      put('is endless', 'я'.repeat(asText ? 1_200 : 20_000));
      put('is a quote', `'; DROP TABLE appeal; --`, false);
      put('is a pattern', '%_\\', false);
      put('is a path', '../../etc/passwd', false);
    }
    if (isId(facts)) {
      put('is an id that is none', 'not-an-id');
      put('is a random id', randomUUID(), false);
      for (const id of foreign) put('is an id of somebody else', id, false);
    }
    if (types.has('integer') || types.has('number')) {
      for (const value of [-1, 0, 1.5, 2 ** 31, 2 ** 53, 1e308, -1e308])
        put(`is ${value}`, value, false);
    }
    if (types.has('array')) {
      put('is a list of the wrong', [null, 7, {}]);
      put(
        'is a list too long',
        Array.from({ length: 2_000 }, () => randomUUID()),
      );
      put('is a list of strangers', [randomUUID(), foreign[0]], false);
    }
    if (field === 'cursor') {
      // Every list must survive a cursor that somebody wrote by hand.
      for (const place of [
        ...['0000-01-01T00:00:00Z', '9999-12-31T23:59:59.99999999999Z', '2026-01-01T00:00:00+23:59']
          .map((at) => [
            { at, id: randomUUID() },
            { createdAt: at, id: randomUUID() },
          ])
          .flat(),
        { name: 'x', id: randomUUID() },
        { name: '\ud800', id: randomUUID() },
        { name: 'a\0b', id: randomUUID() },
        [{}, []],
        null,
        7,
      ])
        put(
          `is made by hand: ${JSON.stringify(place)}`,
          Buffer.from(JSON.stringify(place)).toString('base64url'),
          false,
        );
    }
  }
  add('surprise', 'is an unknown field', { ...base, surprise: 'x' });
  if (!bodyLess(operation)) {
    add('__proto__', 'is an unknown field', JSON.parse(`{"__proto__":{"role":"admin"}}`) as Input);
    cells.push({ name: 'a list as the body', body: '[]' });
    cells.push({ name: 'null as the body', body: 'null' });
    cells.push({ name: 'a text as the body', body: '"x"' });
    cells.push({ name: 'broken JSON', body: '{"a":' });
  }
  return cells;
}

/** The request of one cell: fields in path, query and body as the contract has them. */
async function requestOf(operation: Operation, { input = {}, body }: Cell, caller: string) {
  const rest = { ...input };
  let path = operation.route.path.replace(/:(\w+)/g, (_all, name: string) => {
    const value = rest[name];
    delete rest[name];
    return encodeURIComponent(value === undefined ? 'x' : String(value));
  });
  const headers = { ...callers.get(caller) };
  if (bodyLess(operation) || (operation.bytes && body === undefined)) {
    const query = new URLSearchParams(
      Object.entries(rest).map(([name, value]): [string, string] => [name, String(value)]),
    );
    if (query.size > 0) path += `?${query}`;
    return fetch(`${server.url}/api${path}`, {
      method: operation.route.method,
      headers: {
        ...headers,
        ...(operation.bytes && { 'content-type': 'application/octet-stream' }),
      },
      ...(operation.bytes && { body: 'x' }),
    });
  }
  if (operation.multipart && body === undefined) {
    const form = new FormData();
    for (const [name, value] of Object.entries(rest))
      form.append(name, typeof value === 'string' ? value : JSON.stringify(value));
    form.append('file', new Blob(['x']), 'x.txt');
    return fetch(`${server.url}/api${path}`, { method: 'POST', headers, body: form });
  }
  return fetch(`${server.url}/api${path}`, {
    method: operation.route.method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: body ?? JSON.stringify(rest),
  });
}

const TABLES = [
  'appeal',
  'entry',
  'attachment',
  'unfinished_upload',
  'person',
  'dealer',
  'notice',
  'session',
  'participant',
  'appeal_order',
  'dealer_order',
  'order_line',
  'mention',
  'sla_clock',
  'sla_clock_step',
  'entry_version',
  'idle_command',
  'receipt',
];
/** How many rows there are, and how often appeals have changed. */
async function rows(): Promise<unknown> {
  const { db } = server.database;
  const [counted] = await db.query(
    `SELECT ${TABLES.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`).join(', ')},
       (SELECT coalesce(sum(rev), 0) FROM appeal) AS revisions,
       (SELECT count(*) FROM audit_entry WHERE kind NOT IN ('refusal', 'sign_in')) AS written`,
  );
  return counted;
}

type Sent = NonNullable<RequestInit['body']>;

/** Runs at most a few at once. */
async function all<Item>(items: readonly Item[], run: (item: Item) => Promise<void>) {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item);
    }),
  );
}

/** The faults of one answer, in words; the tests want none. */
function faults(cell: Cell, problem: Problem, caller: string, operation: Operation): string[] {
  const found: string[] = [];
  if (problem.status >= 500) found.push(`answers ${problem.status}`);
  if (!problem.code || !problem.requestId || !problem.type?.startsWith('urn:otklik:problem:'))
    found.push(`no problem body: ${JSON.stringify(problem).slice(0, 200)}`);
  const admitted =
    operation.access === 'public' ||
    (operation.access === 'integration'
      ? caller === 'integration'
      : caller !== 'nobody' && caller !== 'integration');
  if (!admitted) {
    // What cannot be read as JSON is refused before anybody asks who sent it.
    if (problem.code !== 'not_signed_in' && cell.body === undefined)
      found.push(`${problem.code} for a stranger`);
    return found;
  }
  if (cell.field === undefined && cell.body === undefined) return found;
  if (problem.code !== 'invalid_input') {
    // A part of the path that is too long or odd may also just not be there.
    found.push(`${problem.code} instead of invalid_input`);
    return found;
  }
  const facts = problem.facts;
  const paths = 'fields' in facts ? facts.fields.map(({ path }) => path) : [];
  if (
    cell.field !== undefined &&
    !paths.some((path) => path === cell.field || path.startsWith(`${cell.field}.`))
  )
    found.push(`names ${JSON.stringify(paths)}`);
  return found;
}

describe('bad input', () => {
  it('is tried at every operation that is mounted', () => {
    const mounted = server.app.api.operations.map(keyOf);
    expect(Object.keys(legal).sort()).toEqual(mounted.sort());
  });

  it('over HTTP is refused by field, never breaks the server and never writes', async () => {
    let tried = 0;
    let accepted = 0;
    const wrong: string[] = [];
    for (const operation of server.app.api.operations) {
      const key = keyOf(operation);
      // With somebody's real id the admin would look as him from then on, and be refused everything else.
      const cells = cellsOf(operation, legal[key] ?? {}).filter(
        ({ field, body }) => key !== 'POST /view-as' || field !== undefined || body !== undefined,
      );
      const must = cells.filter((cell) => cell.field !== undefined || cell.body !== undefined);
      const may = cells.filter((cell) => !must.includes(cell));
      // The schema does not know who asks: beside an admin, a part of the cells will do.
      const full = operation.access === 'integration' ? 'integration' : 'admin';
      const withCallers = (some: Cell[], part: number) =>
        [...callers.keys()].flatMap((caller, shift) =>
          some
            .filter((_, index) => {
              const each = caller === full ? 1 : caller === 'dealer' ? 2 : part;
              return (index + shift) % each === 0;
            })
            .map((cell) => ({ cell, caller })),
        );
      const before = await rows();
      for (const group of [withCallers(must, 5), withCallers(may, 2)]) {
        await all(group, async ({ cell, caller }) => {
          const answer = await requestOf(operation, cell, caller);
          tried += 1;
          const say = (fault: string) => wrong.push(`${key} as ${caller}: ${cell.name}: ${fault}`);
          if (answer.ok) {
            accepted += 1;
            await answer.arrayBuffer();
            if (cell.field !== undefined || cell.body !== undefined) say('accepted');
            return;
          }
          if (!answer.headers.get('content-type')?.startsWith('application/problem+json'))
            say(`is ${answer.headers.get('content-type')}`);
          const problem = (await answer.json()) as Problem;
          if (problem.status !== answer.status) say('tells another status');
          faults(cell, problem, caller, operation).forEach(say);
        });
        if (group.some(({ cell }) => must.includes(cell))) {
          const after = await rows();
          if (JSON.stringify(after) !== JSON.stringify(before))
            wrong.push(`${key} wrote: ${JSON.stringify(before)} → ${JSON.stringify(after)}`);
        }
      }
    }
    process.stdout.write(
      `bad input over HTTP: ${tried} cells at ${server.app.api.operations.length} operations as ${callers.size} callers, ${accepted} of them legal\n`,
    );
    expect(wrong.slice(0, 40)).toEqual([]);
    expect(tried).toBeGreaterThan(4_000);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  }, 600_000);

  it('over the socket is refused just so', async () => {
    let tried = 0;
    const wrong: string[] = [];
    for (const operation of server.app.api.operations) {
      const event = operation.route.socket;
      if (event === undefined) continue;
      const key = keyOf(operation);
      const base = legal[key] ?? {};
      // Without a URL every field is one of the payload, and can be anything.
      const cells = cellsOf(
        { ...operation, route: { ...operation.route, method: 'POST', path: '/' } },
        base,
      );
      const payloads: { cell: Cell; payload: unknown }[] = [
        ...cells.flatMap((cell) => (cell.input ? [{ cell, payload: cell.input }] : [])),
        ...[
          null,
          undefined,
          7,
          'x',
          [],
          [base],
          Buffer.from('x'),
          { ...base, body: Buffer.from('x') },
        ].map((payload) => ({ cell: { name: `payload ${String(payload)}`, body: '' }, payload })),
      ];
      const before = await rows();
      let legalOnes = 0;
      for (const [caller, line] of lines) {
        await all(payloads, async ({ cell, payload }) => {
          const ack: Ack<unknown> = await line.ask(event, payload);
          tried += 1;
          const say = (fault: string) =>
            wrong.push(`${event} as ${caller}: ${cell.name}: ${fault}`);
          if (ack.ok) {
            legalOnes += 1;
            if (cell.field !== undefined || cell.body !== undefined) say('accepted');
            return;
          }
          faults(cell, ack.problem, caller, operation).forEach(say);
        });
        expect(line.socket.connected).toBe(true);
      }
      if (legalOnes === 0) expect(await rows()).toEqual(before);
    }
    process.stdout.write(`bad input over sockets: ${tried} cells\n`);
    expect(wrong.slice(0, 40)).toEqual([]);
    expect(tried).toBeGreaterThan(300);
  }, 180_000);

  it('of a file is refused and leaves no row', async () => {
    const operation = server.app.api.operations.find((one) => keyOf(one) === 'POST /attachments');
    const before = await rows();
    const send = (body: Sent, headers: Record<string, string> = {}) =>
      fetch(`${server.url}/api${operation?.route.path}`, {
        method: 'POST',
        headers: { ...callers.get('dealer'), ...headers },
        body,
      });
    const form = (fill: (form: FormData) => void) => {
      const made = new FormData();
      fill(made);
      return made;
    };
    const bodies: [string, Sent, Record<string, string>?][] = [
      ['no file', form((made) => made.set('clientId', randomUUID()))],
      [
        'two files',
        form((made) =>
          ['a', 'b'].forEach((name) => made.append('file', new Blob([name]), `${name}.txt`)),
        ),
      ],
      ['a file under another name', form((made) => made.set('photo', new Blob(['x']), 'x.txt'))],
      [
        'a program',
        form((made) => {
          made.set('clientId', randomUUID());
          made.set('file', new Blob(['MZ']), 'x.exe');
        }),
      ],
      ['JSON', '{}', { 'content-type': 'application/json' }],
      ['no boundary', 'x', { 'content-type': 'multipart/form-data' }],
      [
        'half a body',
        '--b\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n\r\nx',
        { 'content-type': 'multipart/form-data; boundary=b' },
      ],
    ];
    for (const [name, body, headers] of bodies) {
      const answer = await send(body, headers);
      expect(answer.status, name).toBeGreaterThanOrEqual(400);
      expect(answer.status, name).toBeLessThan(500);
      expect(answer.headers.get('content-type'), name).toMatch(/^application\/problem\+json/);
    }
    expect(await rows()).toEqual(before);
  });

  it('of an id that was used for something else is refused, whatever it was used for', async () => {
    const send = async (key: string, input: Input) => {
      const operation = server.app.api.operations.find((one) => keyOf(one) === key);
      if (!operation) throw new Error(key);
      const answer = await requestOf(operation, { name: '', input }, 'manager');
      return { status: answer.status, body: (await answer.json()) as Problem };
    };
    const commands: [string, Input][] = [
      'POST /appeals',
      'POST /appeals/:appealId/entries',
      'POST /appeals/:appealId/participants',
    ].map((key) => [key, legal[key] ?? {}]);
    for (const [first, firstInput] of commands) {
      for (const [second, secondInput] of commands) {
        if (first === second) continue;
        const clientId = randomUUID();
        expect((await send(first, { ...firstInput, clientId })).status, first).toBe(200);
        const before = await rows();
        const again = await send(second, { ...secondInput, clientId });
        expect([first, second, again.status, again.body.code]).toEqual([
          first,
          second,
          409,
          'same_id_other_content',
        ]);
        expect(await rows()).toEqual(before);
      }
    }
  });
});
