import { randomUUID } from 'node:crypto';
import { calendarsApi } from '@otklik/shared/calendars.api';
import { policiesApi } from '@otklik/shared/policies.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../platform/log';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import type { Actor } from '../people';
import { aManager, anActor } from '../people/people.factory';
import { slaRepository } from './sla.repository';
import { createSlaService } from './sla.service';

const OFFICE = [{ from: 540, to: 1080 }];
const WEEK = [OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, [], []];
/** Three times as many as the pool has connections. */
const CROWD = 40;

let server: TestApp;
let admin: TestSession;
let actor: Actor;

beforeAll(async () => {
  server = await testApp();
  const person = await aManager(server.database.db, { role: 'admin' });
  actor = await anActor(server.database.db, person);
  admin = await server.signIn(person);
});
afterAll(() => server.close());

const create = (calendarId = randomUUID()) =>
  admin.call(calendarsApi.create, {
    calendarId,
    name: `Смена ${calendarId}`,
    zone: 'Europe/Moscow',
    versions: [{ validFrom: null, week: WEEK, country: null }],
    days: [],
    ...{ isCompany: false, teamIds: [], dealerIds: [] },
  });
const ids = async () => {
  const rows = await server.database.db.query<{ id: string }>(`SELECT id FROM calendar`);
  return rows.map(({ id }) => id);
};
const waiting = async () => {
  const rows = await server.database.db.query(
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows.length;
};
/** As another node that is changing the rules. */
async function elsewhere(meanwhile: () => Promise<void>): Promise<void> {
  await server.database.db.transaction(async (tx) => {
    await slaRepository.lockRules(tx);
    await meanwhile();
  });
}

it('a change of a policy waits for one of a calendar that another node is making, and neither is lost', async () => {
  const otherNode = createSlaService({
    db: server.database.db,
    log: createLog('silent', false),
  });
  const calendar = await create();
  const { id: calendarId, used: _used, today: _today, ...content } = calendar;
  const policyNow = async () => (await admin.call(policiesApi.policies, {})).items[0]!;
  const {
    id: policyId,
    dealerName: _d,
    groupName: _g,
    topicName: _t,
    ...draft
  } = await policyNow();
  const change = (warnPercent: number) =>
    admin.call(policiesApi.changePolicy, { ...draft, policyId, warnPercent });
  let asked: Promise<unknown>[] = [];
  await elsewhere(async () => {
    asked = [
      change(61),
      otherNode.calendars.change(actor, { ...content, calendarId, zone: 'Asia/Omsk' }),
    ];
    await expect.poll(waiting).toBe(2);
    expect((await policyNow()).warnPercent).toBe(draft.warnPercent);
  });
  await Promise.all(asked);
  expect((await policyNow()).warnPercent).toBe(61);
  const { items } = await admin.call(calendarsApi.list, {});
  expect(items.find(({ id }) => id === calendarId)?.zone).toBe('Asia/Omsk');
  const told = await server.database.db.query<{ action: string }>(
    `SELECT action FROM audit_entry WHERE action LIKE '%.changed' ORDER BY action`,
  );
  expect(told.map(({ action }) => action)).toEqual(['calendar.changed', 'policy.changed']);
});

describe('a crowd of changes of the rules', () => {
  it('waits with one connection, so that others are answered, and then all are done', async () => {
    const calendars = Array.from({ length: CROWD }, () => randomUUID());
    let answers: Promise<unknown>[] = [];
    await elsewhere(async () => {
      answers = calendars.map((id) => create(id));
      await expect.poll(waiting).toBe(1);
      const groups = await Promise.all(
        Array.from({ length: 8 }, () => admin.call(policiesApi.groups, {})),
      );
      expect(groups).toHaveLength(8);
      expect(await waiting()).toBe(1);
      expect(await ids()).not.toContain(calendars[0]);
    });
    await Promise.all(answers);
    expect(await ids()).toEqual(expect.arrayContaining(calendars));
  });

  it('that waits too long is told so, and is not done afterwards', async () => {
    const calendars = Array.from({ length: 5 }, () => randomUUID());
    await elsewhere(async () => {
      const refused = await Promise.all(calendars.map((id) => refusal(create(id))));
      expect(refused.map(({ problem }) => problem.code)).toEqual(
        calendars.map(() => 'database_away'),
      );
    });
    const next = randomUUID();
    await create(next);
    const known = await ids();
    expect(calendars.filter((id) => known.includes(id))).toEqual([]);
    expect(known).toContain(next);
  });
});
