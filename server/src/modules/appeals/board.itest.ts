import { randomUUID } from 'node:crypto';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { Board, BoardQuery } from '@otklik/shared/appeals';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aTopic } from '../people/people.factory';
import { aCompany, aMessage, anAppeal } from './appeal.factory';

/** Monday, 11:00 in Moscow. */
const OPENED = new Date('2026-03-02T08:00:00Z');
const MINUTE = 60_000;
let now = OPENED;
let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let otherTopic: { id: string };
let supervisor: TestSession;
let manager: TestSession;

beforeAll(async () => {
  server = await testApp({ now: () => now });
  company = await aCompany(server.database.db);
  otherTopic = await aTopic(server.database.db);
  const dealer = await server.signIn(company.visitor);
  manager = await server.signIn(company.manager);
  supervisor = await server.signIn(company.supervisor);
  const types = ['complaint', 'error', 'question'];
  // Every five minutes an appeal: two hours for the first answer (four for a question), warned of after three quarters.
  for (let index = 0; index < 42; index += 1) {
    now = new Date(OPENED.getTime() + index * 5 * MINUTE);
    const topic = index % 4 === 0 ? otherTopic : company.topic;
    const { appeal } = await anAppeal(dealer, topic, { typeCode: types[index % 3]! });
    const appealId = appeal.id;
    if (index % 3 === 1) {
      const assigneeId = index % 2 ? company.manager.id : company.colleague.id;
      await manager.call(appealsApi.assign, { appealId, assigneeId });
    }
    if (index % 7 === 2) await aMessage(manager, appealId);
    if (index % 7 === 3)
      await manager.call(appealsApi.changeStatus, { appealId, status: 'waiting' });
    if (index % 7 === 4)
      await manager.call(appealsApi.changeStatus, { appealId, status: 'closed' });
  }
  // A dozen without any clock: nothing is measured.
  await server.database.db.query(
    `INSERT INTO appeal (client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, subject, last_at, public_last_at,
       changed_xid, public_changed_xid, created_at)
     SELECT gen_random_uuid(), '', $1, $2, 'x', 'question', $3, 'x', $4, $4, pg_current_xact_id(), pg_current_xact_id(), $4 FROM generate_series(1, 12)`,
    [company.dealer.id, company.visitor.id, company.topic.id, OPENED],
  );
});
afterAll(() => server.close());

interface Row {
  id: string;
  topic_id: string;
  type_code: string;
  assignee_id: string | null;
  team_id: string | null;
  dealer_id: string;
}
interface ClockLine {
  appeal_id: string;
  state: string;
  due_at: Date | null;
  warn_at: Date | null;
}
type Column = 'breached' | 'risk' | 'track' | 'paused' | 'none';

/** The board again, in plain words over all rows. */
async function expected(filter: BoardQuery) {
  const { db } = server.database;
  const appeals = await db.query<Row>(
    `SELECT id, topic_id, type_code, assignee_id, team_id, dealer_id FROM appeal WHERE status NOT IN ('resolved', 'closed')`,
  );
  const clocks = await db.query<ClockLine>(
    `SELECT appeal_id, state, due_at, warn_at FROM sla_clock WHERE ended_at IS NULL`,
  );
  const columnOf = (id: string): Column => {
    const own = clocks.filter((clock) => clock.appeal_id === id);
    const late = own.filter(
      (clock) => clock.state === 'breached' || (clock.due_at && clock.due_at < now),
    );
    if (late.length > 0) return 'breached';
    const [nearest] = own
      .filter((clock) => clock.state === 'running')
      .sort((a, b) => Number(a.due_at) - Number(b.due_at));
    if (nearest) return nearest.warn_at && nearest.warn_at <= now ? 'risk' : 'track';
    return own.length > 0 ? 'paused' : 'none';
  };
  const rows = appeals
    .filter(
      (row) =>
        (filter.topicId === undefined || row.topic_id === filter.topicId) &&
        (filter.teamId === undefined || row.team_id === filter.teamId) &&
        (filter.dealerId === undefined || row.dealer_id === filter.dealerId) &&
        (filter.typeCode === undefined || row.type_code === filter.typeCode) &&
        (filter.assigneeId === undefined || row.assignee_id === filter.assigneeId),
    )
    .map((row) => ({ ...row, column: columnOf(row.id) }));
  const inColumn = (column: Column) =>
    rows
      .filter((row) => row.column === column)
      .map(({ id }) => id)
      .sort();
  const LOADED = {
    manager: 'assignee_id',
    team: 'team_id',
    topic: 'topic_id',
    dealer: 'dealer_id',
  } as const;
  const key = LOADED[filter.by ?? 'manager'];
  const load = (id: string) => {
    const own = rows.filter((row) => row[key] === id);
    return {
      open: own.length,
      breached: own.filter((row) => row.column === 'breached').length,
      risk: own.filter((row) => row.column === 'risk').length,
    };
  };
  return {
    breached: inColumn('breached'),
    risk: inColumn('risk'),
    track: inColumn('track'),
    paused: inColumn('paused').length,
    unassigned: rows.filter((row) => row.assignee_id === null).length,
    workload: Object.fromEntries(
      [...new Set(rows.flatMap((row) => row[key] ?? []))].map((id) => [id, load(id)]),
    ),
  };
}

const shown = (board: Board) => ({
  breached: board.breached.items.map(({ id }) => id).sort(),
  risk: board.risk.items.map(({ id }) => id).sort(),
  track: board.track.items.map(({ id }) => id).sort(),
  paused: board.paused,
  unassigned: board.unassigned,
  workload: Object.fromEntries(
    board.workload.map(({ id, open, breached, risk }) => [id, { open, breached, risk }] as const),
  ),
});

describe('the board', () => {
  const moments: [string, number][] = [
    ['right after the last was opened', 42 * 5],
    ['at the very moment of a warning', 90],
    ['at the very moment of a deadline', 120],
    ['in the middle', 160],
    ['the next morning', 24 * 60],
  ];
  it.each(moments)('agrees with the rows %s, whole and filtered', async (_name, minutes) => {
    now = new Date(OPENED.getTime() + minutes * MINUTE);
    for (const filter of [
      {},
      { topicId: otherTopic.id },
      { typeCode: 'question' },
      { assigneeId: company.manager.id },
      { topicId: company.topic.id, typeCode: 'error', assigneeId: company.colleague.id },
      { by: 'team' as const, dealerId: company.dealer.id },
      { by: 'topic' as const },
      { by: 'dealer' as const, teamId: randomUUID() },
    ]) {
      const board = await supervisor.call(appealsApi.board, filter);
      expect(shown(board)).toEqual(await expected(filter));
      for (const column of [board.breached, board.risk, board.track]) {
        expect(column.count).toBe(column.items.length);
        // The nearest deadline first.
        const due = column.items.map((item) => item.clock?.dueAt ?? '');
        expect(due).toEqual([...due].sort());
      }
      expect(board.at).toBe(now.toISOString());
    }
  });

  it('shows the same before and after the poller has written down what was missed', async () => {
    now = new Date(OPENED.getTime() + 200 * MINUTE);
    const before = shown(await supervisor.call(appealsApi.board, {}));
    expect(before.breached.length).toBeGreaterThan(0);
    for (const id of before.breached) {
      for (const kind of ['first_response', 'next_response', 'resolution'] as const)
        await server.app.services.appeals.tick(id, [{ kind, cycle: 1, moment: 'due' }]);
    }
    expect(shown(await supervisor.call(appealsApi.board, {}))).toEqual(before);
  });

  it('counts of the last seven days what was kept and what was missed', async () => {
    now = new Date(OPENED.getTime() + 200 * MINUTE);
    const board = await supervisor.call(appealsApi.board, {});
    const ended = await server.database.db.query<{ state: string }>(
      `SELECT state FROM sla_clock WHERE ended_at IS NOT NULL AND state IN ('met', 'breached')`,
    );
    const kept = ended.filter(({ state }) => state === 'met').length;
    expect(ended.length).toBeGreaterThan(5);
    expect(board.withinSla).toHaveLength(7);
    expect(board.withinSla.at(-1)?.percent).toBe(Math.round((kept / ended.length) * 1000) / 10);
    expect(board.withinSla.slice(0, -1).every(({ percent }) => percent === null)).toBe(true);
    expect(board.withinSlaPercent).toBe(board.withinSla.at(-1)?.percent);
  });

  it('is for supervisors; a manager is told so, and for a dealer there is none', async () => {
    expect((await refusal(manager.call(appealsApi.board, {}))).problem.code).toBe('forbidden');
    const dealer = await server.signIn(company.visitor);
    expect((await refusal(dealer.call(appealsApi.board, {}))).problem.code).toBe('not_found');
  });

  it('shows fifty rows of a column and counts the rest', async () => {
    now = new Date(OPENED.getTime() + 42 * 5 * MINUTE);
    const dealer = await server.signIn(company.visitor);
    for (let index = 0; index < 52; index += 1) await anAppeal(dealer, company.topic);
    const { track } = await supervisor.call(appealsApi.board, {});
    expect(track.items).toHaveLength(50);
    expect(track.count).toBeGreaterThanOrEqual(52);
  });

  describe('reassigning many', () => {
    const item = (appealId: string, from: string | null, to: string | null) => ({
      ...{ clientId: randomUUID(), appealId, from, to },
    });
    const three = async () => {
      const dealer = await server.signIn(company.visitor);
      const opened = [];
      for (let index = 0; index < 3; index += 1)
        opened.push((await anAppeal(dealer, company.topic)).appeal.id);
      return opened as [string, string, string];
    };
    const assignedEvents = async (appealId: string) =>
      (
        await server.database.db.query(
          `SELECT 1 FROM entry WHERE appeal_id = $1 AND event_type = 'assigned'`,
          [appealId],
        )
      ).length;

    it('answers for each: done, changed by somebody else meanwhile, not there', async () => {
      const [first, second, third] = await three();
      await manager.call(appealsApi.assign, { appealId: second, assigneeId: company.manager.id });
      const { items } = await supervisor.call(appealsApi.reassign, {
        items: [first, second, randomUUID(), third].map((id) =>
          item(id, null, company.colleague.id),
        ),
      });
      expect(items.map(({ result }) => result)).toEqual(['done', 'changed', 'not_found', 'done']);
      expect(items.flatMap((one) => ('appeal' in one ? one.appeal.assignee?.id : []))).toEqual([
        company.colleague.id,
        company.manager.id,
        company.colleague.id,
      ]);
    });

    it('is done once, also when it arrives again after somebody has taken it back', async () => {
      const [appealId] = await three();
      const input = { items: [item(appealId, null, company.colleague.id)] };
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => supervisor.call(appealsApi.reassign, input)),
      );
      expect(answers.flatMap(({ items }) => items.map(({ result }) => result))).toEqual(
        Array.from({ length: 5 }, () => 'done'),
      );
      expect(await assignedEvents(appealId)).toBe(1);
      await manager.call(appealsApi.assign, { appealId, assigneeId: null });
      const [late] = (await supervisor.call(appealsApi.reassign, input)).items;
      expect(late && 'appeal' in late && late.appeal.assignee).toBeNull();
      expect(await assignedEvents(appealId)).toBe(2);
    });

    it('of two supervisors who reassign the same appeals at once, each appeal obeys exactly one', async () => {
      const ids = await three();
      const other = await server.signIn(company.supervisor);
      const both = await Promise.all([
        supervisor.call(appealsApi.reassign, {
          items: ids.map((id) => item(id, null, company.manager.id)),
        }),
        other.call(appealsApi.reassign, {
          items: ids.map((id) => item(id, null, company.colleague.id)),
        }),
      ]);
      for (const [index, appealId] of ids.entries()) {
        expect(both.map(({ items }) => items[index]?.result).sort()).toEqual(['changed', 'done']);
        expect(await assignedEvents(appealId)).toBe(1);
      }
    });

    it('to somebody without access does nothing at all', async () => {
      const [first, second] = await three();
      const { problem } = await refusal(
        supervisor.call(appealsApi.reassign, {
          items: [item(first, null, company.manager.id), item(second, null, company.visitor.id)],
        }),
      );
      expect(problem.code).toBe('not_found');
      expect(await assignedEvents(first)).toBe(0);
      const dealer = await server.signIn(company.visitor);
      const asked = { items: [item(first, null, null)] };
      expect((await refusal(dealer.call(appealsApi.reassign, asked))).problem.code).toBe(
        'not_found',
      );
    });
  });
});
