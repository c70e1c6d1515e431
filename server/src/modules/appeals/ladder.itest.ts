import { randomUUID } from 'node:crypto';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { LadderAction, LadderStepView } from '@otklik/shared/ladder';
import { ladderApi } from '@otklik/shared/ladder.api';
import { noticesApi } from '@otklik/shared/notices.api';
import type { StaffNotice } from '@otklik/shared/notices';
import { policiesApi } from '@otklik/shared/policies.api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aManager } from '../people/people.factory';
import { aCompany, aMessage, anAppeal } from './appeal.factory';
import { aimAllLadders } from './ladder.aim';

/** Monday, 11:00 in Moscow. The first answer is promised in two hours: by 13:00. */
const OPENED = new Date('2026-03-02T08:00:00Z');
const MINUTE = 60_000;
let now = OPENED;
const atMinute = (minute: number) => (now = new Date(OPENED.getTime() + minute * MINUTE));

let server: TestApp;
let other: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;
let colleague: TestSession;
let supervisor: TestSession;
let admin: TestSession;

beforeAll(async () => {
  server = await testApp({ now: () => now });
  other = await testApp({ now: () => now, database: server.database });
  const { db } = server.database;
  company = await aCompany(db);
  dealer = await server.signIn(company.visitor);
  manager = await server.signIn(company.manager);
  colleague = await server.signIn(company.colleague);
  supervisor = await server.signIn(company.supervisor);
  admin = await server.signIn(await aManager(db, { role: 'admin' }));
});
afterAll(async () => {
  await other.close();
  await server.close();
});
beforeEach(async () => {
  now = new Date(OPENED.getTime() - 60 * MINUTE);
  await setLadder([]);
  now = OPENED;
});

const step = (
  offsetMinutes: number,
  action: LadderAction,
  overrides: Partial<LadderStepView> = {},
): LadderStepView => ({
  ...{ id: randomUUID(), kinds: ['first_response', 'next_response'], offsetMinutes, percent: null },
  ...{ action, urgent: false, ...overrides },
});

async function setLadder(steps: LadderStepView[]): Promise<void> {
  const { rev } = await admin.call(ladderApi.ladder, {});
  await admin.call(ladderApi.saveLadder, { rev, steps });
  for (const { app } of [server, other])
    await aimAllLadders(
      app.db,
      app.services.sla,
      () => false,
      () => now,
    );
}

/** What two nodes do once a second, twice over: of all clocks that are past a moment by the tests' clock. */
async function poll(): Promise<void> {
  const due = await server.database.db.query<{
    id: string;
    kind: 'first_response';
    cycle: number;
    moment: 'due';
  }>(
    `SELECT appeal_id AS id, kind, cycle, CASE WHEN ladder_at <= $1 THEN 'ladder' ELSE 'due' END AS moment FROM sla_clock
     WHERE ladder_at <= $1 OR (state = 'running' AND due_at <= $1)`,
    [now],
  );
  await Promise.all(
    due.flatMap(({ id, ...moment }) =>
      [server, other, server].map(({ app }) => app.services.appeals.tick(id, [moment])),
    ),
  );
  await Promise.all([server, other].map(({ app }) => app.services.notices.deliver()));
}

async function opened(): Promise<string> {
  const { appeal } = await anAppeal(dealer, company.topic);
  await manager.call(appealsApi.assign, { appealId: appeal.id, assigneeId: company.manager.id });
  return appeal.id;
}
type OfLadder = Extract<StaffNotice, { action: unknown }>;
const noticesOf = async (session: TestSession, appealId: string): Promise<OfLadder[]> => {
  const { items } = await session.call(noticesApi.list, { limit: 100 });
  return items.filter(
    (one): one is OfLadder =>
      one.audience === 'staff' && 'action' in one && one.appeal.id === appealId,
  );
};
const toldTo = async (session: TestSession, appealId: string) =>
  (await noticesOf(session, appealId)).map(({ kind, action }) => `${kind} ${action}`).reverse();
const fired = async (appealId: string) =>
  (
    await server.database.db.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ladder_fired WHERE appeal_id = $1`,
      [appealId],
    )
  )[0]?.n;
const assigneeOf = async (appealId: string) =>
  (await supervisor.call(appealsApi.card, { appealId })).appeal.assignee?.id ?? null;

describe('the chain', () => {
  it('tells the owner, then his team, then the supervisor, and gives the appeal to the next: each once', async () => {
    await setLadder([
      step(-30, 'remind_owner'),
      step(10, 'remind_team'),
      step(30, 'remind_supervisor'),
      step(60, 'reassign_next'),
    ]);
    const id = await opened();
    for (let minute = 0; minute <= 300; minute += 5) {
      atMinute(minute);
      await poll();
      const expected = [90, 131, 151, 181].filter((moment) => moment <= minute).length;
      expect([minute, await fired(id)]).toEqual([minute, expected]);
    }
    expect(await toldTo(manager, id)).toEqual([
      'reminder remind_owner',
      'reminder remind_team',
      'taken reassign_next',
    ]);
    expect(await toldTo(colleague, id)).toEqual(['reminder remind_team', 'given reassign_next']);
    expect(await toldTo(supervisor, id)).toEqual(['reminder remind_supervisor']);
    expect(await assigneeOf(id)).toBe(company.colleague.id);
    const { entries } = await supervisor.call(appealsApi.entries, { appealId: id, limit: 100 });
    expect(entries.filter(({ event }) => event?.facts.by === 'ladder')).toMatchObject([
      {
        audience: 'staff',
        author: null,
        publicSeq: null,
        event: {
          type: 'assigned',
          facts: { from: { id: company.manager.id }, to: { id: company.colleague.id } },
        },
      },
    ]);
    // The dealer hears, reads and counts nothing of it.
    const theirs = await dealer.call(appealsApi.entries, { appealId: id, limit: 100 });
    expect(theirs.entries.map(({ event, kind }) => event?.type ?? kind)).toEqual([
      'message',
      'opened',
    ]);
    expect(await dealer.call(noticesApi.list, {})).toEqual({
      items: [],
      nextCursor: null,
      unread: 0,
    });
  });

  it('goes back to the team, and there is nobody to take it from twice', async () => {
    await setLadder([step(5, 'reassign_team'), step(10, 'reassign_team')]);
    const id = await opened();
    atMinute(126);
    await poll();
    expect(await assigneeOf(id)).toBeNull();
    atMinute(131);
    await poll();
    expect(await toldTo(manager, id)).toEqual(['taken reassign_team', 'reminder remind_team']);
    expect(await toldTo(colleague, id)).toEqual(['reminder reassign_team', 'reminder remind_team']);
  });

  it('asks the supervisor when the team has nobody else', async () => {
    await setLadder([step(5, 'reassign_next')]);
    const { db } = server.database;
    await db.query(`UPDATE person SET access_allowed = false WHERE id = $1`, [
      company.colleague.id,
    ]);
    const id = await opened();
    atMinute(126);
    await poll();
    await db.query(`UPDATE person SET access_allowed = true WHERE id = $1`, [company.colleague.id]);
    expect(await assigneeOf(id)).toBe(company.manager.id);
    expect(await toldTo(supervisor, id)).toEqual(['reminder remind_supervisor']);
  });

  it('ends with an answer, also one given between the moment and the poll', async () => {
    await setLadder([step(-30, 'remind_owner'), step(0, 'remind_supervisor')]);
    const id = await opened();
    atMinute(100);
    await aMessage(manager, id);
    await poll();
    atMinute(600);
    await poll();
    expect(await fired(id)).toBe(0);
  });

  it('does not tell that a deadline nears when it has passed', async () => {
    await setLadder([step(-30, 'remind_owner'), step(0, 'remind_supervisor')]);
    const id = await opened();
    atMinute(200);
    await poll();
    expect(await toldTo(manager, id)).toEqual([]);
    expect(await toldTo(supervisor, id)).toEqual(['reminder remind_supervisor']);
  });

  it('that breaks off in the middle leaves nothing half done, and is done once afterwards', async () => {
    await setLadder([step(5, 'reassign_next'), step(6, 'remind_supervisor')]);
    const id = await opened();
    atMinute(130);
    const { db } = server.database;
    await db.query(
      `CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken off'; END $$`,
    );
    await db.query(
      `CREATE TRIGGER breaks BEFORE INSERT ON notice FOR EACH ROW WHEN (NEW.action = 'remind_supervisor') EXECUTE FUNCTION break_off()`,
    );
    await expect(poll()).rejects.toThrow('broken off');
    expect([await fired(id), await assigneeOf(id), await toldTo(manager, id)]).toEqual([
      ...[0, company.manager.id, []],
    ]);
    await db.query(`DROP TRIGGER breaks ON notice`);
    await poll();
    expect([await fired(id), await assigneeOf(id)]).toEqual([2, company.colleague.id]);
    expect(await toldTo(manager, id)).toEqual(['taken reassign_next']);
    expect(await toldTo(supervisor, id)).toEqual(['reminder remind_supervisor']);
  });

  it('begins anew with the next cycle', async () => {
    await setLadder([step(-30, 'remind_owner')]);
    const id = await opened();
    atMinute(95);
    await poll();
    await aMessage(manager, id);
    await aMessage(dealer, id, { body: 'И ещё вопрос' });
    // The next answer is promised in four hours: by 16:35, so the reminder comes at 16:05.
    atMinute(304);
    await poll();
    expect(await fired(id)).toBe(1);
    atMinute(306);
    await poll();
    expect(await fired(id)).toBe(2);
  });

  it('of a share of the target stands where the target says', async () => {
    await setLadder([step(0, 'remind_owner', { offsetMinutes: null, percent: 50 })]);
    const id = await opened();
    atMinute(59);
    await poll();
    expect(await fired(id)).toBe(0);
    atMinute(60);
    await poll();
    expect(await fired(id)).toBe(1);
  });
});

describe('what moves the moment', () => {
  it('is a pause: nothing comes while it lasts, the rest is counted after it', async () => {
    await setLadder([step(-30, 'remind_owner'), step(30, 'remind_supervisor')]);
    const id = await opened();
    atMinute(60);
    await manager.call(appealsApi.changeStatus, { appealId: id, status: 'waiting' });
    atMinute(200);
    await poll();
    expect(await fired(id)).toBe(0);
    await manager.call(appealsApi.changeStatus, { appealId: id, status: 'in_work' });
    atMinute(229);
    await poll();
    expect(await fired(id)).toBe(0);
    atMinute(230);
    await poll();
    expect(await toldTo(manager, id)).toEqual(['reminder remind_owner']);
  });

  it('is waiting for the dealer after the deadline too: nobody is urged to answer then', async () => {
    await setLadder([step(30, 'remind_supervisor')]);
    const id = await opened();
    atMinute(130);
    await poll();
    await manager.call(appealsApi.changeStatus, { appealId: id, status: 'waiting' });
    atMinute(200);
    await poll();
    expect(await fired(id)).toBe(0);
    await manager.call(appealsApi.changeStatus, { appealId: id, status: 'in_work' });
    await poll();
    expect(await fired(id)).toBe(1);
  });

  it('is another policy: what has come stays, what has not moves', async () => {
    await setLadder([step(-30, 'remind_owner'), step(30, 'remind_supervisor')]);
    const id = await opened();
    atMinute(91);
    await poll();
    expect(await fired(id)).toBe(1);
    const policy = {
      ...{
        name: 'Долго',
        dealerId: company.dealer.id,
        groupId: null,
        priority: null,
        topicId: null,
        typeCode: null,
      },
      ...{
        firstResponseMinutes: 240,
        nextResponseMinutes: 240,
        resolutionMinutes: 2_400,
        questionMinutes: null,
        warnPercent: 75,
      },
    };
    const policyId = randomUUID();
    await admin.call(policiesApi.createPolicy, { policyId, ...policy });
    await server.app.services.retarget.all(() => false);
    for (const minute of [151, 211, 270]) {
      atMinute(minute);
      await poll();
      expect([minute, await fired(id)]).toEqual([minute, 1]);
    }
    atMinute(271);
    await poll();
    await admin.call(policiesApi.deletePolicy, { policyId, rev: 1 });
    await server.app.services.retarget.all(() => false);
    expect(await toldTo(manager, id)).toEqual(['reminder remind_owner']);
    expect(await toldTo(supervisor, id)).toEqual(['reminder remind_supervisor']);
  });

  it('is the ladder itself: a step taken away does not come, a new one concerns what is reached from then on', async () => {
    const early = step(-60, 'remind_owner');
    await setLadder([early]);
    const id = await opened();
    atMinute(50);
    await setLadder([]);
    atMinute(61);
    await poll();
    await setLadder([step(-60, 'remind_team'), step(-30, 'remind_supervisor')]);
    await poll();
    expect(await fired(id)).toBe(0);
    atMinute(90);
    await poll();
    expect(await toldTo(supervisor, id)).toEqual(['reminder remind_supervisor']);
    expect(await toldTo(colleague, id)).toEqual([]);
  });
});

describe('hours of who is told', () => {
  /** The clock runs around the clock, the company works 9–18 in Moscow. */
  async function nightly(run: () => Promise<void>): Promise<void> {
    const { db } = server.database;
    const [calendar] = await db.query<{ id: string }>(
      `INSERT INTO calendar (code, name, zone) VALUES (NULL, 'Круглые сутки', 'Europe/Moscow') RETURNING id`,
    );
    const day = [{ from: 0, to: 1_440 }];
    await db.query(
      `INSERT INTO calendar_version (calendar_id, valid_from, week) VALUES ($1, '-infinity', $2)`,
      [calendar?.id, JSON.stringify([day, day, day, day, day, day, day])],
    );
    await db.query(`UPDATE dealer SET calendar_id = $1 WHERE id = $2`, [
      calendar?.id,
      company.dealer.id,
    ]);
    for (const { app } of [server, other]) app.services.sla.forgetRules();
    try {
      await run();
    } finally {
      await db.query(`UPDATE dealer SET calendar_id = NULL WHERE id = $1`, [company.dealer.id]);
      for (const { app } of [server, other]) app.services.sla.forgetRules();
    }
  }

  it('are waited for, what happened at night comes as one list, and what has been settled meanwhile is left out', () =>
    nightly(async () => {
      now = new Date(OPENED.getTime() - 60 * MINUTE);
      await setLadder([step(-30, 'remind_owner'), step(30, 'remind_owner')]);
      // 19:00: by 21:00.
      atMinute(480);
      const first = await opened();
      const second = await opened();
      const settled = await opened();
      for (const minute of [570, 640, 900]) {
        atMinute(minute);
        await poll();
      }
      expect([await fired(first), await fired(settled)]).toEqual([2, 2]);
      const line = await manager.socket();
      expect(await noticesOf(manager, first)).toEqual([]);
      await aMessage(manager, settled);
      // 8:59, then 9:00 of the next day.
      atMinute(1_319);
      await poll();
      expect(await noticesOf(manager, first)).toEqual([]);
      atMinute(1_320);
      await poll();
      await poll();
      await line.next('notice:news');
      const morning = [...(await noticesOf(manager, first)), ...(await noticesOf(manager, second))];
      expect(morning).toHaveLength(4);
      expect(new Set(morning.map(({ at, deferred }) => `${at} ${deferred}`))).toEqual(
        new Set([`${now.toISOString()} true`]),
      );
      expect(await noticesOf(manager, settled)).toEqual([]);
      expect(line.heard.filter(({ event }) => event === 'notice:news')).toHaveLength(1);
    }));

  it('are not waited for when it is urgent', () =>
    nightly(async () => {
      now = new Date(OPENED.getTime() - 60 * MINUTE);
      await setLadder([step(-30, 'remind_owner', { urgent: true })]);
      atMinute(480);
      const id = await opened();
      atMinute(570);
      await poll();
      expect(await noticesOf(manager, id)).toMatchObject([
        { deferred: false, at: now.toISOString() },
      ]);
    }));
});

describe('notices', () => {
  it('are marked and unmarked by their person only, on all his sessions', async () => {
    await setLadder([step(-30, 'remind_owner')]);
    const id = await opened();
    atMinute(90);
    await poll();
    const [notice] = await noticesOf(manager, id);
    const before = (await manager.call(noticesApi.list, {})).unread;
    const line = await manager.socket();
    const noticeIds = [notice?.id ?? ''];
    await colleague.call(noticesApi.mark, { noticeIds, read: true });
    expect((await noticesOf(manager, id))[0]?.readAt).toBeNull();
    expect(await manager.call(noticesApi.mark, { noticeIds, read: true })).toEqual({
      unread: before - 1,
    });
    expect(await manager.call(noticesApi.mark, { noticeIds, read: true })).toEqual({
      unread: before - 1,
    });
    await line.next('notice:news');
    expect((await noticesOf(manager, id))[0]?.readAt).toBe(now.toISOString());
    expect(await manager.call(noticesApi.mark, { noticeIds, read: false })).toEqual({
      unread: before,
    });
  });

  it('of an appeal one may not see any more are gone', async () => {
    await setLadder([step(-30, 'remind_team')]);
    const id = await opened();
    atMinute(90);
    await poll();
    expect(await noticesOf(colleague, id)).toHaveLength(1);
    await manager.call(appealsApi.changeFields, { appealId: id, teamId: company.otherTeam.id });
    expect(await noticesOf(colleague, id)).toEqual([]);
  });

  it('come page by page', async () => {
    const all = await manager.call(noticesApi.list, { limit: 100 });
    const seen: string[] = [];
    for (let cursor: string | undefined, more = true; more;) {
      const page = await manager.call(noticesApi.list, { limit: 2, ...(cursor ? { cursor } : {}) });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
      more = page.nextCursor !== null;
    }
    expect(seen).toEqual(all.items.map(({ id }) => id));
  });
});

describe('the ladder', () => {
  it('is read by staff, set by admins, and nobody overwrites what he has not seen', async () => {
    const steps = [step(-30, 'remind_owner')];
    expect((await refusal(dealer.call(ladderApi.ladder, {}))).status).toBe(404);
    expect((await refusal(dealer.call(ladderApi.saveLadder, { rev: 1, steps }))).status).toBe(404);
    expect((await refusal(manager.call(ladderApi.saveLadder, { rev: 1, steps }))).status).toBe(403);
    const { rev } = await manager.call(ladderApi.ladder, {});
    const saved = await admin.call(ladderApi.saveLadder, { rev, steps });
    expect(saved.rev).toBe(rev + 1);
    // Sent twice it is one change; a different one of the same time is refused.
    expect(await admin.call(ladderApi.saveLadder, { rev, steps })).toEqual(saved);
    const late = await refusal(admin.call(ladderApi.saveLadder, { rev, steps: [] }));
    expect(late.problem).toMatchObject({ code: 'conflict' });
  });

  it.each([
    ['no place', { offsetMinutes: null, percent: null }, 'steps.0.offsetMinutes'],
    ['two places', { offsetMinutes: 1, percent: 5 }, 'steps.0.offsetMinutes'],
    ['a share of nothing', { offsetMinutes: null, percent: 0 }, 'steps.0.percent'],
    ['no clock', { kinds: [] }, 'steps.0.kinds'],
  ])('refuses a step with %s', async (_what, wrong, path) => {
    const { rev } = await admin.call(ladderApi.ladder, {});
    const no = await refusal(
      admin.call(ladderApi.saveLadder, { rev, steps: [step(0, 'remind_owner', wrong)] }),
    );
    expect(no.problem).toMatchObject({ code: 'invalid_input', facts: { fields: [{ path }] } });
  });

  it('refuses the same twice', async () => {
    const { rev } = await admin.call(ladderApi.ladder, {});
    const steps = [step(0, 'remind_owner'), step(0, 'remind_owner', { kinds: ['first_response'] })];
    const no = await refusal(admin.call(ladderApi.saveLadder, { rev, steps }));
    expect(no.problem).toMatchObject({
      facts: { fields: [{ path: 'steps.1.action', rule: 'taken' }] },
    });
  });
});
