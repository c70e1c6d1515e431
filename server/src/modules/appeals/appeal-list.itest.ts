import { randomUUID } from 'node:crypto';
import { AppealListView, PagedSort } from '@otklik/shared/appeal-lists';
import { ListAppeals, type Appeal } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../../platform/db';
import { writeCursor } from '../../platform/paging';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { anOrder } from '../orders/order.factory';
import type { Actor } from '../people';
import { anActor } from '../people/people.factory';
import { aCompany, aMessage, anAppeal } from './appeal.factory';
import { createAppealListService } from './appeal-list.service';
import { appealPolicy } from './appeal.policy';
import { appealRepository, subjectOf, type AppealFacts } from './appeal.repository';

let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let sessions: Map<string, TestSession>;
let facts: AppealFacts[];
/** `<person>:<appeal>` → how far he has read. */
let marks: Map<string, number>;
let orderNumber: string;

const people = () => [
  company.visitor,
  company.secondVisitor,
  company.ownOnly,
  company.outsider,
  company.manager,
  company.colleague,
  company.stranger,
  company.supervisor,
];

beforeAll(async () => {
  server = await testApp();
  const { db } = server.database;
  company = await aCompany(db);
  sessions = new Map();
  for (const person of people()) sessions.set(person.id, await server.signIn(person));
  const by = (person: { id: string }) => sessions.get(person.id)!;
  const manager = by(company.manager);
  orderNumber = (await anOrder(db, company.dealer)).number;
  const openers = [company.visitor, company.secondVisitor, company.ownOnly, company.outsider];
  for (let index = 0; index < 48; index += 1) {
    const opener = openers[index % openers.length]!;
    const { appeal } = await anAppeal(by(opener), company.topic, {
      subject: `Обращение ${index} 100%_\\`,
      ...(index % 12 === 0 ? { orderNumbers: [orderNumber] } : {}),
    });
    const appealId = appeal.id;
    // What happens to it goes by its number, so that every mixture occurs.
    if (index % 3 === 1) await aMessage(manager, appealId);
    if (index % 3 === 2)
      await manager.call(appealsApi.assign, { appealId, assigneeId: company.colleague.id });
    if (index % 4 === 1) await aMessage(by(opener), appealId, { body: 'ещё' });
    if (index % 5 === 0)
      await aMessage(manager, appealId, {
        kind: 'note',
        body: 'взгляни',
        mentions: [index % 2 ? company.stranger.id : company.colleague.id],
      });
    if (index % 10 === 0) {
      // Read up to the end: the mention is no longer open.
      const reader = index % 2 ? company.stranger : company.colleague;
      if (index % 20 === 0) await by(reader).call(appealsApi.markRead, { appealId, seq: 1_000 });
    }
    if (index % 7 === 3)
      await manager.call(appealsApi.changeStatus, { appealId, status: 'waiting' });
    if (index % 7 === 4)
      await manager.call(appealsApi.changeStatus, { appealId, status: 'closed', solved: true });
    if (index % 7 === 5)
      await manager.call(appealsApi.changeStatus, { appealId, status: 'resolved' });
    if (index % 11 === 0 && index % 5 === 0 && index > 0)
      await by(company.supervisor).call(appealsApi.leave, {
        appealId,
        personId: company.stranger.id,
      });
  }
  const ids = await db.query<{ id: string }>(`SELECT id FROM appeal`);
  facts = await appealRepository.facts(
    db,
    ids.map(({ id }) => id),
  );
  const read = await db.query<{ person_id: string; appeal_id: string; seq: number }>(
    `SELECT person_id, appeal_id, seq FROM read_mark`,
  );
  marks = new Map(read.map((mark) => [`${mark.person_id}:${mark.appeal_id}`, mark.seq]));
});
afterAll(() => server.close());

/** The views again, in plain words over all rows. */
function belongs(actor: Actor, view: AppealListView, one: AppealFacts): boolean {
  const { row, members, mentions } = one;
  const open = ['new', 'in_work', 'waiting'].includes(row.status);
  const me = actor.personId;
  const mentioned = mentions.some(
    (mention) => mention.personId === me && mention.seq > (marks.get(`${me}:${row.id}`) ?? 0),
  );
  switch (view) {
    case 'all':
      return true;
    case 'open':
      return open;
    case 'closed':
      return !open;
    case 'queue':
      return open && row.assignee_id === null;
    case 'mine':
      return open && (row.assignee_id === me || members.some((member) => member.id === me));
    case 'mentions':
      return mentioned;
    case 'owed':
      return actor.side === 'dealer'
        ? open && row.answer_owed_by === 'dealer'
        : open && ((row.answer_owed_by === 'staff' && row.assignee_id === me) || mentioned);
  }
}

function expectedIn(actor: Actor, view: AppealListView, sort: PagedSort = 'last'): string[] {
  const last = actor.side === 'staff' ? 'last_at' : 'public_last_at';
  const at = (one: AppealFacts) => one.row[sort === 'opened' ? 'created_at' : last];
  return facts
    .filter((one) => appealPolicy.read(actor, subjectOf(one)) && belongs(actor, view, one))
    .sort((a, b) => (at(a) === at(b) ? (a.row.id < b.row.id ? 1 : -1) : at(a) < at(b) ? 1 : -1))
    .map(({ row }) => row.id);
}

async function listed(
  session: TestSession,
  view: AppealListView,
  sort: PagedSort,
): Promise<Appeal[]> {
  const items: Appeal[] = [];
  let cursor: string | undefined;
  do {
    const page = await session.call(appealsApi.list, {
      view,
      sort,
      limit: 9,
      ...(cursor ? { cursor } : {}),
    });
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

describe('a view of appeals', () => {
  it.each(
    AppealListView.options.flatMap((view) =>
      PagedSort.options.map((sort) => [view, sort] as const),
    ),
  )('%s holds what it says, for everybody, by %s, page by page', async (view, sort) => {
    let rows = 0;
    for (const person of people()) {
      const actor = await anActor(server.database.db, person);
      const session = sessions.get(person.id)!;
      if (actor.side === 'dealer' && ['mine', 'queue', 'mentions'].includes(view)) {
        const no = await refusal(session.call(appealsApi.list, { view }));
        expect(no.problem.code).toBe('forbidden');
        continue;
      }
      const items = await listed(session, view, sort);
      expect(items.map(({ id }) => id)).toEqual(expectedIn(actor, view, sort));
      rows += items.length;
    }
    // A view that is empty for everybody would prove nothing.
    expect(rows).toBeGreaterThan(0);
  });

  it('a place in one order is no place in the other', async () => {
    const supervisor = sessions.get(company.supervisor.id)!;
    const { nextCursor } = await supervisor.call(appealsApi.list, { view: 'all', limit: 9 });
    const cursor = nextCursor!;
    const no = await refusal(
      supervisor.call(appealsApi.list, { view: 'all', sort: 'opened', cursor }),
    );
    expect(no.problem).toMatchObject({
      code: 'invalid_input',
      facts: { fields: [{ path: 'cursor' }] },
    });
  });

  it('has as many rows as the number beside it says', async () => {
    for (const person of people()) {
      const actor = await anActor(server.database.db, person);
      const counts = await sessions.get(person.id)!.call(appealsApi.counts, {});
      const expected = (view: AppealListView) =>
        actor.side === 'dealer' && ['mine', 'queue', 'mentions'].includes(view)
          ? 0
          : expectedIn(actor, view).length;
      expect(counts).toEqual({
        open: expected('open'),
        owed: expected('owed'),
        closed: actor.side === 'staff' ? null : expected('closed'),
        mine: expected('mine'),
        queue: expected('queue'),
        mentions: expected('mentions'),
      });
    }
  });

  it('can be narrowed by order, dealer and words, signs of patterns included', async () => {
    const supervisor = sessions.get(company.supervisor.id)!;
    const ask = async (filter: Parameters<typeof supervisor.call<ListAppeals, unknown>>[1]) => {
      const { items } = await supervisor.call(appealsApi.list, {
        view: 'all',
        limit: 100,
        ...filter,
      });
      return items;
    };
    expect(await ask({ orderNumber })).toHaveLength(4);
    expect(
      new Set((await ask({ dealerId: company.otherDealer.id })).map((one) => one.dealerId)),
    ).toEqual(new Set([company.otherDealer.id]));
    expect(await ask({ q: 'обращение 47' })).toHaveLength(1);
    expect(await ask({ q: '100%_\\' })).toHaveLength(48);
    expect(await ask({ q: '1%0' })).toHaveLength(0);
    const [first] = facts;
    expect((await ask({ q: `№${first?.row.no}` })).map(({ id }) => id)).toContain(first?.row.id);
  });
});

/** A database that tells which statements were asked of it. */
function watched(db: Db) {
  const asked: { sql: string; parameters: readonly unknown[] }[] = [];
  const spy: Db = {
    ...db,
    query(sql, parameters = []) {
      asked.push({ sql, parameters });
      return db.query(sql, parameters);
    },
  };
  return { asked, lists: createAppealListService({ db: spy }) };
}

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  Alias?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}
const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];

describe('with 100,000 appeals', () => {
  beforeAll(async () => {
    const { db } = server.database;
    // Most are done, as in life; 300 dealers, a few of the open ones are unassigned.
    await db.query(
      `INSERT INTO dealer (code, name, tax_id, zone) SELECT 'B-' || n, 'Дилер ' || n, '7700000000', 'Europe/Moscow' FROM generate_series(1, 300) n`,
    );
    // In portions: a busy machine would take longer for all at once than a statement may.
    for (let from = 1; from <= 100_000; from += 5_000) {
      await db.query(
        `WITH made AS (INSERT INTO appeal (client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, subject, status, assignee_id, team_id,
         answer_owed_by, last_at, public_last_at, changed_xid, public_changed_xid, created_at)
       SELECT gen_random_uuid(), '', dealers.ids[1 + n % 300], $1, 'x', 'question', $2, 'Много ' || n, status,
         CASE WHEN n % 100 = 0 THEN NULL ELSE staff.ids[1 + n % 3] END, CASE WHEN n % 2 = 0 THEN $3::uuid ELSE $4::uuid END,
         CASE WHEN status = 'in_work' THEN 'staff' END, now() - n * interval '1 minute', now() - n * interval '1 minute', pg_current_xact_id(), pg_current_xact_id(), now() - n * interval '2 minutes'
       FROM generate_series($7::int, $7::int + 4999) n
       CROSS JOIN LATERAL (SELECT CASE WHEN n % 25 = 0 THEN 'in_work' ELSE 'closed' END AS status) s
       CROSS JOIN (SELECT array_agg(id) AS ids FROM (SELECT id FROM dealer WHERE code LIKE 'B-%' UNION ALL SELECT $5::uuid) d) dealers
       CROSS JOIN (SELECT $6::uuid[] AS ids) staff
       RETURNING id, assignee_id, created_at)
       INSERT INTO participant (appeal_id, person_id, side, joined_at)
       SELECT id, assignee_id, 'staff', created_at FROM made WHERE assignee_id IS NOT NULL`,
        [
          company.visitor.id,
          company.topic.id,
          company.team.id,
          company.otherTeam.id,
          company.dealer.id,
          [company.manager.id, company.colleague.id, company.stranger.id],
          from,
        ],
      );
    }
    await db.query(`VACUUM ANALYZE appeal`);
    await db.query(`VACUUM ANALYZE participant`);
    await db.query(`ANALYZE`);
  }, 300_000);

  const cases: [string, AppealListView, () => { id: string }][] = [
    ['a manager', 'mine', () => company.manager],
    ['a manager', 'queue', () => company.manager],
    ['a manager', 'owed', () => company.manager],
    ['a manager', 'open', () => company.manager],
    ['a manager', 'mentions', () => company.manager],
    ['a supervisor', 'queue', () => company.supervisor],
    ['a supervisor', 'open', () => company.supervisor],
    ['a supervisor', 'all', () => company.supervisor],
    ['a supervisor', 'closed', () => company.supervisor],
    ['a manager', 'all', () => company.manager],
    ['a manager', 'closed', () => company.manager],
    ['a dealer', 'open', () => company.visitor],
    ['a dealer', 'owed', () => company.visitor],
    ['a dealer', 'all', () => company.visitor],
    ['a dealer', 'closed', () => company.visitor],
    ['a visitor with his own appeals', 'open', () => company.ownOnly],
  ];
  const inEveryOrder = cases.flatMap(([who, view, person]) =>
    PagedSort.options.map((sort) => [who, view, sort, person] as const),
  );
  it.each(inEveryOrder)('the list of %s in the view %s by %s goes by an index', async (...one) => {
    const [who, view, sort, person] = one;
    const actor = await anActor(server.database.db, person());
    const { asked, lists } = watched(server.database.db);
    await lists.list(actor, ListAppeals.parse({ view, sort, limit: 50 }));
    const [list] = asked;
    const [explained] = await server.database.db.query<{
      'QUERY PLAN': [{ Plan: Plan; 'Execution Time': number }];
    }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${list?.sql}`, list?.parameters);
    const [{ Plan: plan, 'Execution Time': ms }] = explained!['QUERY PLAN'];
    const nodes = flat(plan);
    const appealNodes = nodes.filter((node) => node['Relation Name'] === 'appeal');
    expect(appealNodes.length).toBeGreaterThan(0);
    expect(appealNodes.map((node) => node['Node Type'])).not.toContain('Seq Scan');
    const looked = appealNodes.reduce(
      (sum, node) =>
        sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
      0,
    );
    process.stdout.write(
      `  ${who}, ${view} by ${sort}: ${ms.toFixed(1)} ms, ${looked} rows of appeal looked at, ${appealNodes.map((node) => node['Index Name'] ?? node['Node Type']).join(' + ')}\n`,
    );
    expect(looked).toBeLessThan(10_000);
  });

  it.each([
    ['last', 'appeal_last', 90_000],
    ['opened', 'appeal_opened', 180_000],
  ] as const)('a page after many others costs no more: by %s', async (sort, index, minutes) => {
    const actor = await anActor(server.database.db, company.supervisor);
    const { asked, lists } = watched(server.database.db);
    const place = writeCursor({
      sort,
      at: new Date(Date.now() - minutes * 60_000).toISOString(),
      id: randomUUID(),
    });
    const page = await lists.list(actor, ListAppeals.parse({ view: 'all', sort, cursor: place }));
    expect(page.items).toHaveLength(50);
    const [explained] = await server.database.db.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${asked[0]?.sql}`,
      asked[0]?.parameters,
    );
    const nodes = flat(explained!['QUERY PLAN'][0].Plan);
    const scan = nodes.find((node) => node['Relation Name'] === 'appeal');
    expect(scan?.['Index Name']).toBe(index);
    expect(scan?.['Rows Removed by Filter'] ?? 0).toBe(0);
  });
});
