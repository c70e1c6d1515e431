import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { ChangeCalendar } from '@otklik/shared/calendars';
import type { ChangePolicy } from '@otklik/shared/sla';
import express from 'express';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { createApi, problems } from '../../platform/http';
import { testDb } from '../../test/test-db';
import type { Actor } from '../people';
import { aDealer, aManager, anActor, aVisitor } from '../people/people.factory';
import { slaRoutes } from './sla.routes';
import { createSlaService, type SlaService } from './sla.service';

const log = pino({ level: 'silent' });
const monday = new Date('2026-03-02T07:00:00Z');
const workday = [{ from: 540, to: 1080 }];
const standard = { firstResponseMinutes: 120, nextResponseMinutes: 240, resolutionMinutes: 1620 };

let db: Db;
let close: () => Promise<void>;
let server: Server;
let sla: SlaService;
let otherNode: SlaService;
let actors: Record<string, Actor>;
let calendarId: string;

const rowsOf = (sql: string) => db.query<Record<string, unknown>>(sql);

beforeAll(async () => {
  ({ db, close } = await testDb());
  const visitor = await aVisitor(db, await aDealer(db));
  actors = { dealer: await anActor(db, visitor) };
  for (const role of ['manager', 'supervisor', 'admin'] as const) {
    actors[role] = await anActor(db, await aManager(db, { role }));
  }
  sla = createSlaService({ db, log, now: () => monday });
  otherNode = createSlaService({ db, log, now: () => monday });
  await otherNode.start();

  const api = createApi<Actor>({
    log,
    authenticate: async (req) => {
      const actor = actors[req.get('x-test-role') ?? ''];
      if (actor === undefined) throw fail('not_signed_in', {});
      return actor;
    },
    authenticateIntegration: () => Promise.reject(fail('not_signed_in', {})),
  });
  slaRoutes(api, sla);
  server = createServer(express().use(express.json(), api.router, problems(log)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.close();
  await otherNode.stop();
  await close();
});

let before: { calendars: unknown; policies: unknown };
beforeEach(async () => {
  const [calendar] = await rowsOf(`SELECT id FROM calendar`);
  calendarId = String(calendar!.id);
  before = {
    calendars: await rowsOf(`SELECT * FROM calendar ORDER BY id`),
    policies: await rowsOf(`SELECT * FROM sla_policy ORDER BY id`),
  };
});
afterEach(async () => {
  // Through the service, so that both nodes hear of it.
  await changeCalendar();
  await sla.changePolicy(actors.admin!, await aPolicyChange());
  await db.query(`DELETE FROM audit_entry`);
  await db.query(`SELECT graphile_worker.complete_jobs(array_agg(id)) FROM graphile_worker.jobs`);
});

/** The company's calendar with other hours, over whatever is there now. */
async function changeCalendar(
  given: Partial<Pick<ChangeCalendar, 'zone'>> & { week?: { from: number; to: number }[][] } = {},
): Promise<void> {
  const [company] = (await sla.calendars.list(actors.admin!)).items;
  const { id, used: _used, today: _today, ...rest } = company!;
  const week = given.week ?? [workday, workday, workday, workday, workday, [], []];
  await sla.calendars.change(actors.admin!, {
    ...rest,
    calendarId: id,
    zone: given.zone ?? 'Europe/Moscow',
    versions: [{ validFrom: null, week, country: null }],
  });
}

async function aPolicyChange(given: Partial<ChangePolicy> = {}): Promise<ChangePolicy> {
  const [policy] = await rowsOf(
    `SELECT id FROM sla_policy WHERE type_code IS NULL AND priority IS NULL`,
  );
  return { policyId: String(policy!.id), name: 'Стандарт', warnPercent: 75, ...standard, ...given };
}

/** What the tests look at, of an answer or a problem. */
const Answer = z.looseObject({
  code: z.string().optional(),
  facts: z.looseObject({ fields: z.array(z.object({ path: z.string() })).optional() }).optional(),
  items: z.array(z.unknown()).optional(),
});

async function ask(method: 'GET' | 'PUT', path: string, role: string, body?: unknown) {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the server is not listening');
  const response = await fetch(`http://127.0.0.1:${address.port}${path}`, {
    method,
    headers: { 'x-test-role': role, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = Answer.parse(await response.json());
  return { status: response.status, answer };
}

type WrongPolicy = Record<string, unknown> & { policyId: string };

function putPolicy(role: string, change: ChangePolicy | WrongPolicy, id = change.policyId) {
  const { policyId: _fromPath, ...body } = change;
  return ask('PUT', `/sla/policies/${id}`, role, body);
}

const unchanged = async () => {
  expect(await rowsOf(`SELECT * FROM calendar ORDER BY id`)).toEqual(before.calendars);
  expect(await rowsOf(`SELECT * FROM sla_policy ORDER BY id`)).toEqual(before.policies);
  expect(await rowsOf(`SELECT * FROM audit_entry`)).toEqual([]);
  expect(await rowsOf(`SELECT * FROM graphile_worker.jobs`)).toEqual([]);
};

describe('who may', () => {
  const stranger = '5f0c1d53-4a88-4b0e-9d6a-0b4a6c3b3f10';

  it.each([
    ['policies', '', 401],
    ['policies', 'dealer', 404],
    ['policies', 'supervisor', 200],
  ])('read %s as "%s": %i', async (list, role, status) => {
    expect((await ask('GET', `/sla/${list}`, role)).status).toBe(status);
  });

  it.each([
    ['', 401, 'not_signed_in'],
    ['dealer', 404, 'not_found'],
    ['manager', 403, 'forbidden'],
    ['supervisor', 403, 'forbidden'],
  ])('change as "%s": %i', async (role, status, code) => {
    const asked = [await putPolicy(role, await aPolicyChange({ name: 'Mine' }))];
    for (const { status: got, answer } of asked) {
      expect([got, answer.code]).toEqual([status, code]);
      if (status === 403) expect(answer.facts).toEqual({ right: 'manageSla' });
    }
    await unchanged();
  });

  it('a dealer cannot tell what exists', async () => {
    const change = await aPolicyChange();
    const real = await putPolicy('dealer', change);
    const none = await putPolicy('dealer', change, stranger);
    expect({ ...none.answer, requestId: '' }).toEqual({ ...real.answer, requestId: '' });
  });

  it('nobody changes what is not there', async () => {
    expect((await putPolicy('admin', await aPolicyChange(), stranger)).status).toBe(404);
    await unchanged();
  });
});

describe('a change of a policy', () => {
  it('is answered, stored, listed and written to the log', async () => {
    const change = await aPolicyChange({ nextResponseMinutes: null, warnPercent: 50 });
    const { status, answer } = await putPolicy('admin', change);
    expect(status).toBe(200);
    expect(answer).toEqual({
      id: change.policyId,
      name: 'Стандарт',
      typeCode: null,
      priority: null,
      ...standard,
      nextResponseMinutes: null,
      warnPercent: 50,
    });
    expect((await ask('GET', '/sla/policies', 'manager')).answer.items).toContainEqual(answer);
    expect(await rowsOf(`SELECT action, before, after FROM audit_entry`)).toEqual([
      {
        action: 'policy.changed',
        before: { nextResponseMinutes: 240, warnPercent: 75 },
        after: { nextResponseMinutes: null, warnPercent: 50 },
      },
    ]);
    const context = await sla.context({ typeCode: 'error', priority: 'normal' }, monday);
    expect(context?.policy).toEqual({
      id: change.policyId,
      targets: { first_response: 120, resolution: 1620 },
      warnShare: 0.5,
    });
  });

  it.each([
    [{ warnPercent: 100 }, 'warnPercent'],
    [{ firstResponseMinutes: 0 }, 'firstResponseMinutes'],
    [{ resolutionMinutes: 1.5 }, 'resolutionMinutes'],
    [{ resolutionMinutes: '60' }, 'resolutionMinutes'],
    [{ typeCode: 'question' }, 'typeCode'],
  ])('is refused with the field named: %o', async (given, path) => {
    const { status, answer } = await putPolicy('admin', { ...(await aPolicyChange()), ...given });
    expect([status, answer.facts?.fields?.map((field) => field.path)]).toEqual([400, [path]]);
    await unchanged();
  });

  it('is refused when a calendar has less time than it promises', async () => {
    await changeCalendar({ week: [[{ from: 600, to: 660 }], [], [], [], [], [], []] });
    const { status, answer } = await putPolicy(
      'admin',
      await aPolicyChange({ resolutionMinutes: 100_000 }),
    );
    expect([status, answer.facts?.fields?.[0]?.path]).toEqual([400, 'resolutionMinutes']);
  });

  it('waits for a change of a calendar that is under way, and neither is lost', async () => {
    const change = await aPolicyChange({ warnPercent: 60 });
    const asked = await Promise.all([
      putPolicy('admin', change),
      changeCalendar({ zone: 'Asia/Omsk' }),
      putPolicy('admin', { ...change, warnPercent: 61 }),
    ]);
    expect([asked[0].status, asked[2].status]).toEqual([200, 200]);
    expect(await rowsOf(`SELECT id FROM audit_entry`)).toHaveLength(3);
  });
});

describe('the rules of an appeal', () => {
  it.each([
    ['question', 'normal', 'Вопрос'],
    ['question', 'urgent', 'Срочно'],
    ['complaint', 'high', 'Высокий приоритет'],
    ['complaint', 'low', 'Рекламация'],
    ['error', 'low', 'Стандарт'],
  ])('%s, %s: %s', async (typeCode, priority, name) => {
    const context = await sla.context({ typeCode, priority }, monday);
    expect(context?.at).toBe(monday);
    expect(context?.calendar.id).toBe(calendarId);
    const about = await sla.about(context!.policy.id, context!.calendar.id);
    expect(about).toEqual({
      policyName: name,
      warnPercent: 75,
      calendar: {
        name: 'Пн–Пт 9–18',
        zone: 'Europe/Moscow',
        hours: [{ days: [0, 1, 2, 3, 4], intervals: workday }],
      },
    });
  });

  it('hold one calendar object until it changes, also when a policy does', async () => {
    const calendar = await sla.calendarById(calendarId);
    const context = await sla.context({ typeCode: 'error', priority: 'low' }, monday);
    expect(context?.calendar).toBe(calendar);
    await sla.changePolicy(actors.admin!, await aPolicyChange({ warnPercent: 60 }));
    expect(await sla.calendarById(calendarId)).toBe(calendar);
    await changeCalendar({ zone: 'Asia/Omsk' });
    expect(await sla.calendarById(calendarId)).not.toBe(calendar);
    expect(await sla.calendarById(actors.admin!.personId)).toBeNull();
  });

  it('without a policy name the hours only', async () => {
    expect(await sla.about(null, null)).toMatchObject({
      policyName: null,
      warnPercent: null,
      calendar: { name: 'Пн–Пт 9–18' },
    });
  });
});
