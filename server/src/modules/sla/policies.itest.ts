import { randomUUID } from 'node:crypto';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { CreatePolicy, PolicyPreview, PreviewedAppeal } from '@otklik/shared/policies';
import { policiesApi } from '@otklik/shared/policies.api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aCompany, anAppeal } from '../appeals/appeal.factory';
import { aDealer, aManager, aTopic, aVisitor } from '../people/people.factory';

const monday = new Date('2026-03-02T08:00:00Z');
let now = monday;
let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let admin: TestSession;
let manager: TestSession;
let dealer: TestSession;

beforeAll(async () => {
  server = await testApp({ now: () => now });
  company = await aCompany(server.database.db);
  admin = await server.signIn(await aManager(server.database.db, { role: 'admin' }));
  manager = await server.signIn(company.supervisor);
  dealer = await server.signIn(company.visitor);
});
afterAll(() => server.close());
beforeEach(() => {
  now = monday;
});

const query = <Row extends object>(sql: string, parameters: unknown[] = []) =>
  server.database.db.query<Row>(sql, parameters);
const follow = () => server.app.services.retarget.all(() => false);

function aPolicy(given: Partial<CreatePolicy> = {}): CreatePolicy {
  return {
    ...{ policyId: randomUUID(), name: 'Новая', dealerId: null, groupId: null, priority: null },
    ...{ topicId: null, typeCode: null, firstResponseMinutes: 90, nextResponseMinutes: 180 },
    ...{ resolutionMinutes: 900, questionMinutes: 30, warnPercent: 70 },
    ...given,
  };
}
const create = (given: Partial<CreatePolicy> = {}) =>
  admin.call(policiesApi.createPolicy, aPolicy(given));
const list = async () => (await admin.call(policiesApi.policies, {})).items;
const remove = async (policyId: string) => {
  const rev = (await list()).find(({ id }) => id === policyId)?.rev ?? 1;
  await admin.call(policiesApi.deletePolicy, { policyId, rev });
};
const aGroup = (name = `Группа ${randomUUID()}`) =>
  admin.call(policiesApi.saveGroup, { groupId: randomUUID(), name });
const fieldsOf = async (call: Promise<unknown>) => {
  const { status, problem } = await refusal(call);
  const facts = problem.facts;
  return [
    status,
    'fields' in facts ? facts.fields.map(({ path, rule }) => `${path} ${rule}`) : problem.code,
  ];
};

describe('who may', () => {
  it('staff read, admins manage, a dealer finds nothing', async () => {
    const calls = (session: TestSession) => [
      () => session.call(policiesApi.createPolicy, aPolicy()),
      () => session.call(policiesApi.changePolicy, { ...aPolicy(), rev: 1 }),
      () => session.call(policiesApi.deletePolicy, { policyId: randomUUID(), rev: 1 }),
      () => session.call(policiesApi.restorePolicy, { policyId: randomUUID() }),
      () => session.call(policiesApi.preview, { policyId: randomUUID(), draft: null }),
      () => session.call(policiesApi.unmatched, {}),
      () => session.call(policiesApi.saveGroup, { groupId: randomUUID(), name: 'x' }),
      () => session.call(policiesApi.deleteGroup, { groupId: randomUUID() }),
      () => session.call(policiesApi.restoreGroup, { groupId: randomUUID() }),
      () =>
        session.call(policiesApi.setDealerGroup, { dealerId: company.dealer.id, groupId: null }),
    ];
    const reads = (session: TestSession) => [
      () => session.call(policiesApi.policies, {}),
      () => session.call(policiesApi.coverage, {}),
      () => session.call(policiesApi.recompute, {}),
      () => session.call(policiesApi.groups, {}),
    ];
    for (const call of [...calls(dealer), ...reads(dealer)])
      expect((await refusal(call())).status).toBe(404);
    for (const call of calls(manager)) {
      const { status, problem } = await refusal(call());
      expect([status, problem.facts]).toEqual([403, { right: 'manageSla' }]);
    }
    await Promise.all(reads(manager).map((read) => read()));
  });
});

describe('a policy', () => {
  it('is made, listed before what is less specific, changed, deleted and brought back', async () => {
    const group = await aGroup();
    const made = await create({ name: 'Ключевые, срочно', groupId: group.id, priority: 'urgent' });
    expect(made).toMatchObject({ rev: 1, groupName: group.name, questionMinutes: 30 });
    const forDealer = await create({ name: 'Дилеру', dealerId: company.dealer.id });
    expect(forDealer.dealerName).toMatch(/^Dealer/);
    const names = (await list()).map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(['Дилеру', 'Ключевые, срочно']);
    expect(names.at(-1)).toBe('Стандарт');

    const { dealerName: _d, groupName: _g, topicName: _t, id: policyId, ...rest } = made;
    const changed = await admin.call(policiesApi.changePolicy, {
      ...rest,
      ...{ policyId, questionMinutes: null, topicId: company.topic.id },
    });
    expect(changed).toMatchObject({ rev: 2, questionMinutes: null, topicId: company.topic.id });
    expect(changed.topicName?.ru).toMatch(/^Topic/);

    await admin.call(policiesApi.deletePolicy, { policyId, rev: 2 });
    await admin.call(policiesApi.deletePolicy, { policyId, rev: 2 });
    expect((await list()).some(({ id }) => id === policyId)).toBe(false);
    const back = await admin.call(policiesApi.restorePolicy, { policyId });
    expect(back).toEqual({ ...changed, rev: 4 });
    expect(await admin.call(policiesApi.restorePolicy, { policyId })).toEqual(back);

    const log = await query<{ action: string; after: unknown }>(
      `SELECT action, after FROM audit_entry WHERE subject_id = $1 ORDER BY at, id`,
      [policyId],
    );
    expect(log.map(({ action }) => action).sort()).toEqual(
      ['policy.created', 'policy.changed', 'policy.deleted', 'policy.restored'].sort(),
    );
    await remove(policyId);
    await remove(forDealer.id);
  });

  it('is for appeals that no other one is for, also when two are made at once', async () => {
    const match = { typeCode: 'error', topicId: company.topic.id };
    const asked = await Promise.allSettled([
      create({ name: 'Первая', ...match }),
      create({ name: 'Вторая', ...match }),
    ]);
    expect(asked.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [made] = (await list()).filter(({ topicId }) => topicId !== null);
    expect(await fieldsOf(create(match))).toEqual([400, ['match taken']]);
    // A deleted one makes room, and cannot come back while that room is taken.
    await remove(made!.id);
    const next = await create({ name: 'Третья', ...match });
    expect(await fieldsOf(admin.call(policiesApi.restorePolicy, { policyId: made!.id }))).toEqual([
      400,
      ['match taken'],
    ]);
    await remove(next.id);
    // The database keeps it too.
    await expect(
      query(`INSERT INTO sla_policy (name, type_code) VALUES ('a', 'error'), ('b', 'error')`),
    ).rejects.toThrow(/sla_policy_match/);
    await expect(query(`UPDATE sla_policy SET question_minutes = 0`)).rejects.toThrow(
      /question_minutes/,
    );
  });

  it('sent twice is one, and its id is not for another', async () => {
    const input = aPolicy({ typeCode: 'error', priority: 'low' });
    const [one, two] = await Promise.all([
      admin.call(policiesApi.createPolicy, input),
      admin.call(policiesApi.createPolicy, input),
    ]);
    expect(two).toEqual(one);
    const other = await refusal(admin.call(policiesApi.createPolicy, { ...input, name: 'x' }));
    expect([other.status, other.problem.code]).toEqual([409, 'same_id_other_content']);
    await remove(one.id);
  });

  it('that somebody else has changed meanwhile is not overwritten', async () => {
    const input = aPolicy({ typeCode: 'error', priority: 'high' });
    await admin.call(policiesApi.createPolicy, input);
    const changes = await Promise.allSettled(
      ['A', 'B', 'C'].map((name) =>
        admin.call(policiesApi.changePolicy, { ...input, name, rev: 1 }),
      ),
    );
    expect(changes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const late = await refusal(
      admin.call(policiesApi.changePolicy, { ...input, name: 'D', rev: 1 }),
    );
    expect([late.status, late.problem.code]).toEqual([409, 'conflict']);
    const gone = await refusal(
      admin.call(policiesApi.deletePolicy, { policyId: input.policyId, rev: 1 }),
    );
    expect(gone.status).toBe(409);
    expect((await list()).find(({ id }) => id === input.policyId)?.rev).toBe(2);
    await remove(input.policyId);
  });

  it.each([
    [{ firstResponseMinutes: 0 }, 'firstResponseMinutes'],
    [{ questionMinutes: -5 }, 'questionMinutes'],
    [{ resolutionMinutes: 1.5 }, 'resolutionMinutes'],
    [{ resolutionMinutes: 525_601 }, 'resolutionMinutes'],
    [{ warnPercent: 100 }, 'warnPercent'],
    [{ name: '  ' }, 'name'],
    [{ dealerId: randomUUID() }, 'dealerId'],
    [{ groupId: randomUUID() }, 'groupId'],
    [{ topicId: randomUUID() }, 'topicId'],
    [{ typeCode: 'nothing' }, 'typeCode'],
    [{ dealerId: randomUUID(), groupId: randomUUID() }, 'groupId'],
  ])('is refused with the field named: %o', async (given, path) => {
    const before = await list();
    const [status, fields] = await fieldsOf(create({ priority: 'low', ...given }));
    expect(status).toBe(400);
    expect(String(fields)).toContain(path);
    expect(await list()).toEqual(before);
  });

  it('needs no more working time than a calendar has', async () => {
    const [version] = await query<{ week: unknown }>(`SELECT week FROM calendar_version`);
    await query(
      `UPDATE calendar_version SET week = '[[{"from": 600, "to": 660}], [], [], [], [], [], []]'`,
    );
    expect(await fieldsOf(create({ priority: 'low', resolutionMinutes: 100_000 }))).toEqual([
      400,
      ['resolutionMinutes too_little_time'],
    ]);
    await query(`UPDATE calendar_version SET week = $1::jsonb`, [JSON.stringify(version?.week)]);
  });
});

describe('a dealer group', () => {
  it('takes a dealer from another one, and decides the policy of his appeals', async () => {
    const { db } = server.database;
    const [first, second] = [await aGroup(), await aGroup()];
    const dealerId = company.otherDealer.id;
    await admin.call(policiesApi.setDealerGroup, { dealerId, groupId: first.id });
    await admin.call(policiesApi.setDealerGroup, { dealerId, groupId: second.id });
    const { items } = await manager.call(policiesApi.groups, {});
    expect(items.find(({ id }) => id === first.id)?.dealers).toEqual([]);
    expect(items.find(({ id }) => id === second.id)?.dealers).toMatchObject([{ id: dealerId }]);

    const policy = await create({ name: 'Группе', groupId: second.id, firstResponseMinutes: 15 });
    const outsider = await server.signIn(company.outsider);
    const { appeal } = await anAppeal(outsider, company.topic);
    const clocks = await manager.call(appealsApi.clocks, { appealId: appeal.id });
    expect(clocks.policyName).toBe('Группе');
    expect(clocks.clocks[0]?.targetMs).toBe(15 * 60_000);

    // In use it stays; afterwards it goes, with undo.
    const used = await refusal(admin.call(policiesApi.deleteGroup, { groupId: second.id }));
    expect([used.status, used.problem.facts]).toEqual([409, { what: 'group_in_use' }]);
    await remove(policy.id);
    await admin.call(policiesApi.deleteGroup, { groupId: second.id });
    expect((await manager.call(policiesApi.groups, {})).items.map(({ id }) => id)).not.toContain(
      second.id,
    );
    const back = await admin.call(policiesApi.restoreGroup, { groupId: second.id });
    expect(back.dealers).toMatchObject([{ id: dealerId }]);
    const log = await db.query<{ after: unknown }>(
      `SELECT after FROM audit_entry WHERE dealer_id = $1 AND action = 'dealer.changed' ORDER BY at, id`,
      [dealerId],
    );
    expect(log.map(({ after }) => after)).toContainEqual({ group: second.name });
    // Clocks keep the name of the policy they were promised by, deleted or not, until another takes them.
    expect((await manager.call(appealsApi.clocks, { appealId: appeal.id })).policyName).toBe(
      'Группе',
    );
    await follow();
    expect((await manager.call(appealsApi.clocks, { appealId: appeal.id })).policyName).toBe(
      'Рекламация',
    );
  });

  it('has a name of its own, and only dealers that are there', async () => {
    const group = await aGroup();
    expect(await fieldsOf(aGroup(group.name.toUpperCase()))).toEqual([400, ['name taken']]);
    const nowhere = { dealerId: randomUUID(), groupId: group.id };
    expect((await refusal(admin.call(policiesApi.setDealerGroup, nowhere))).status).toBe(404);
    const nothing = { dealerId: company.dealer.id, groupId: randomUUID() };
    expect(await fieldsOf(admin.call(policiesApi.setDealerGroup, nothing))).toEqual([
      400,
      ['groupId unknown'],
    ]);
  });
});

interface LiveClock {
  appealId: string;
  clock: string;
  policyId: string;
}
const liveClocks = () =>
  query<LiveClock>(
    `SELECT appeal_id AS "appealId", kind || cycle AS clock, policy_id AS "policyId" FROM sla_clock
     WHERE ended_at IS NULL AND state <> 'breached' ORDER BY appeal_id, kind`,
  );

describe('the open clocks after a change', () => {
  it('begin where nobody measured an answer that is owed', async () => {
    const standard = await query<{ id: string }>(
      `UPDATE sla_policy SET deleted_at = now() WHERE deleted_at IS NULL RETURNING id`,
    );
    server.app.services.sla.forgetRules();
    const { appeal } = await anAppeal(dealer, company.topic);
    expect((await admin.call(policiesApi.coverage, {})).without).toBeGreaterThan(0);
    const bare = await admin.call(policiesApi.unmatched, { limit: 100 });
    expect(bare.items).toContainEqual(expect.objectContaining({ no: appeal.no }));
    const of = () => manager.call(appealsApi.clocks, { appealId: appeal.id });
    // Without a policy the company's hours only.
    expect(await of()).toMatchObject({
      ...{ policyName: null, warnPercent: null, clocks: [] },
      calendar: { name: 'Пн–Пт 9–18', zone: 'Europe/Moscow', hours: [{ days: [0, 1, 2, 3, 4] }] },
    });

    now = new Date(monday.getTime() + 60 * 60_000);
    const policy = await create({ name: 'Появилась', typeCode: 'complaint' });
    await follow();
    const { clocks, policyName } = await of();
    expect([policyName, clocks.map(({ kind }) => kind)]).toEqual([
      'Появилась',
      ['first_response', 'resolution'],
    ]);
    expect(clocks[0]?.startedAt).toBe(now.toISOString());

    // Nobody takes them over: what was promised stays, and is measured to the end.
    await remove(policy.id);
    await follow();
    expect((await of()).clocks).toEqual(clocks);
    await manager.call(appealsApi.post, {
      appealId: appeal.id,
      clientId: randomUUID(),
      body: 'Ответ',
    });
    expect((await of()).clocks[0]?.state).toBe('met');
    await query(`UPDATE sla_policy SET deleted_at = NULL WHERE id = ANY($1::uuid[])`, [
      standard.map(({ id }) => id),
    ]);
    server.app.services.sla.forgetRules();
  });

  it('follow in chunks that go on where the job was cut off, and say how far they are', async () => {
    for (let i = 0; i < 60; i += 1) await anAppeal(dealer, company.topic);
    await follow();
    const policy = await create({ name: 'Всем рекламациям', dealerId: company.dealer.id });
    expect(await manager.call(policiesApi.recompute, {})).toMatchObject({
      running: true,
      done: 0,
      total: null,
    });
    let looks = 0;
    await expect(
      server.app.services.retarget.all(() => ++looks > 1, { atOnce: 50 }),
    ).rejects.toThrow('stops');
    const half = await manager.call(policiesApi.recompute, {});
    expect(half).toMatchObject({ running: true, done: 50 });
    expect(half.total).toBeGreaterThan(60);
    await Promise.all([follow(), follow()]);
    expect(await manager.call(policiesApi.recompute, {})).toMatchObject({
      running: false,
      done: half.total,
      finishedAt: expect.any(String),
    });
    // Once each, with the ledger telling of it.
    const steps = await query<{ steps: number; clocks: number }>(
      `SELECT count(*) AS steps, count(DISTINCT (s.appeal_id, s.kind)) AS clocks FROM sla_clock_step s JOIN sla_clock c USING (appeal_id, kind, cycle)
       WHERE c.policy_id = $1 AND s.action = 'retargeted'`,
      [policy.id],
    );
    expect(steps[0]?.clocks).toBeGreaterThan(100);
    expect(steps[0]?.steps).toBe(steps[0]?.clocks);
    const [left] = await query<{ count: number }>(
      `SELECT count(*) FROM sla_clock c JOIN appeal a ON a.id = c.appeal_id WHERE a.dealer_id = $1 AND c.ended_at IS NULL AND c.policy_id <> $2`,
      [company.dealer.id, policy.id],
    );
    expect(left).toEqual({ count: 0 });
    await remove(policy.id);
    await follow();
  });

  it('that are too many to be told one by one come with the next sync, for both sides', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    await follow();
    const sides = await Promise.all(
      [manager, dealer].map(async (session) => {
        const { cursor, more } = await session.call(appealsApi.sync, {});
        expect(more).toBe(false);
        return { session, cursor, socket: await session.socket(), before: await ofSide(session) };
      }),
    );
    async function ofSide(session: TestSession) {
      return (await session.call(appealsApi.card, { appealId: appeal.id })).appeal;
    }
    const policy = await create({ name: 'Быстро', dealerId: company.dealer.id });
    await server.app.services.retarget.all(() => false, { toldAtMost: 0 });
    // What they do hear marks the end of the wait.
    const mark = (await anAppeal(dealer, company.topic)).appeal.id;
    for (const { session, cursor, socket, before } of sides) {
      await socket.next('appeal:news', (news) => news.appeal.id === mark);
      expect(JSON.stringify(socket.heard)).not.toContain(appeal.id);
      const now = await ofSide(session);
      expect(now).not.toEqual(before);
      const { items, reset } = await session.call(appealsApi.sync, { cursor });
      expect(reset).toBe(false);
      expect(items.find(({ id }) => id === appeal.id)).toEqual(now);
    }
    await remove(policy.id);
    await follow();
  });

  it('change as the preview said, for whatever rules and appeals', async () => {
    const { db } = server.database;
    let seed = 20260302;
    const random = (count: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * count);
    };
    const pick = <Item>(items: readonly Item[]) => items[random(items.length)]!;
    const people = [company.visitor, company.outsider];
    const third = await aDealer(db);
    people.push(await aVisitor(db, third));
    const dealers = [company.dealer.id, company.otherDealer.id, third.id];
    const topics = [company.topic, await aTopic(db)];
    const types = ['complaint', 'error', 'question'];
    const priorities = ['low', 'normal', 'high', 'urgent'] as const;
    const groups = [await aGroup(), await aGroup()];
    for (const [i, dealerId] of dealers.entries())
      await admin.call(policiesApi.setDealerGroup, { dealerId, groupId: groups[i]?.id ?? null });
    for (let i = 0; i < 40; i += 1) {
      const session = await server.signIn(pick(people));
      const { appeal } = await anAppeal(session, pick(topics), { typeCode: pick(types) });
      await admin.call(appealsApi.changeFields, {
        appealId: appeal.id,
        priority: pick(priorities),
      });
      const status = pick(['new', 'waiting', 'closed'] as const);
      if (status !== 'new')
        await admin.call(appealsApi.changeStatus, {
          appealId: appeal.id,
          clientId: randomUUID(),
          status,
        });
    }
    await follow();

    const someone = (): Partial<CreatePolicy> =>
      pick([{}, {}, { dealerId: pick(dealers) }, { groupId: pick(groups).id }]);
    const aDraft = () => {
      const { policyId: _id, ...draft } = aPolicy({
        ...someone(),
        name: `Правило ${random(1000)}`,
        priority: pick([null, null, ...priorities]),
        topicId: pick([null, ...topics.map(({ id }) => id)]),
        typeCode: pick([null, ...types]),
        firstResponseMinutes: 30 + random(500),
      });
      return draft;
    };
    const previewed = async (policyId: string | null, draft: ReturnType<typeof aDraft> | null) => {
      const items: PreviewedAppeal[] = [];
      let cursor: string | null = null;
      let total: number;
      do {
        const page: PolicyPreview = await admin.call(policiesApi.preview, {
          policyId,
          draft,
          limit: 9,
          ...(cursor === null ? {} : { cursor }),
        });
        items.push(...page.items);
        total = page.takes + page.keeps + page.leaves + page.bare;
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(new Set(items.map(({ id }) => id)).size).toBe(total);
      return items;
    };

    let moves = 0;
    for (let round = 0; round < 40; round += 1) {
      const rules = await list();
      const deed = rules.length < 4 ? 'create' : pick(['create', 'change', 'delete']);
      const subject = pick(rules);
      const policyId = deed === 'create' ? null : subject.id;
      const draft = deed === 'delete' ? null : aDraft();
      const before = await liveClocks();
      const outcome = await previewed(policyId, draft).catch((error: unknown) => error);
      // Looking writes nothing.
      expect(await liveClocks()).toEqual(before);
      const newId = randomUUID();
      const save = async () => {
        if (draft === null)
          await admin.call(policiesApi.deletePolicy, { policyId: subject.id, rev: subject.rev });
        else if (policyId === null)
          await admin.call(policiesApi.createPolicy, { policyId: newId, ...draft });
        else await admin.call(policiesApi.changePolicy, { policyId, rev: subject.rev, ...draft });
      };
      if (!Array.isArray(outcome)) {
        // A preview refuses what saving would refuse.
        expect((await refusal(save())).status).toBe(400);
        continue;
      }
      await save();
      // Saving moves nothing before the job.
      expect(await liveClocks()).toEqual(before);
      await follow();
      const after = new Map(
        (await liveClocks()).map((one) => [one.appealId + one.clock, one.policyId]),
      );
      const happened = new Map(
        before.flatMap(({ appealId, clock, policyId: was }) => {
          const is = after.get(appealId + clock);
          return is === was ? [] : [[appealId, is] as const];
        }),
      );
      const foretold = new Map(
        (outcome as PreviewedAppeal[])
          .filter(({ from, to, running }) => running && to !== null && to.id !== from?.id)
          .map(({ id, to }) => [id, to?.id ?? newId]),
      );
      expect(foretold).toEqual(happened);
      moves += happened.size;
    }
    expect(moves).toBeGreaterThan(40);
  }, 180_000);
});
