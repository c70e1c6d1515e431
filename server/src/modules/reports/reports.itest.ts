import { randomUUID } from 'node:crypto';
import { appealsApi } from '@otklik/shared/appeals.api';
import { REPORT_GROUPS, REPORT_MEASURES, REPORT_NOBODY } from '@otklik/shared/report-words';
import type { ReportAppealsQuery, ReportGroup, ReportQuery } from '@otklik/shared/reports';
import { reportsApi } from '@otklik/shared/reports.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aCompany, aMessage, anAppeal } from '../appeals/appeal.factory';
import { aTopic } from '../people/people.factory';
import { addDays, daysBetween } from './report.days';
import { bucketSql, minutesOf } from './report.durations';

/** Friday, 27 February 2026, 23:30 in Moscow: the first day is over half an hour later. */
const BEGIN = Date.parse('2026-02-27T20:30:00Z');
const HOUR = 3_600_000;
const PERIOD = { from: '2026-02-27', to: '2026-04-05' };
let now = new Date(BEGIN);
let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let supervisor: TestSession;
let manager: TestSession;
let colleague: TestSession;
let dealers: TestSession[];
let topics: { id: string }[];
const ids: string[] = [];

/** The same sequence in every run. */
let seed = 20260227;
function random(below: number): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((seed / 2_147_483_648) * below);
}

async function happen(): Promise<void> {
  now = new Date(now.getTime() + random(9) * HOUR);
  const appealId = ids[random(ids.length)];
  const what = random(12);
  if (appealId === undefined || what < 3) {
    const opened = await anAppeal(dealers[random(2)]!, topics[random(2)]!, {
      typeCode: ['complaint', 'error', 'question'][random(3)]!,
    });
    ids.push(opened.appeal.id);
  } else if (what < 6) await aMessage(manager, appealId);
  else if (what === 6)
    await manager.call(appealsApi.assign, {
      appealId,
      assigneeId: [company.manager.id, company.colleague.id, null][random(3)]!,
    });
  else if (what === 7)
    await manager.call(appealsApi.pullIn, {
      ...{ appealId, clientId: randomUUID(), question: 'Что на складе?' },
      personIds: [[company.colleague.id, company.stranger.id][random(2)]!],
    });
  else if (what === 8) await aMessage(colleague, appealId, { kind: 'note' });
  else
    await manager.call(appealsApi.changeStatus, {
      appealId,
      status: (['waiting', 'resolved', 'closed', 'in_work', 'approval'] as const)[random(5)]!,
    });
}

beforeAll(async () => {
  server = await testApp({ now: () => now, background: false });
  company = await aCompany(server.database.db);
  topics = [company.topic, await aTopic(server.database.db)];
  supervisor = await server.signIn(company.supervisor);
  manager = await server.signIn(company.manager);
  colleague = await server.signIn(company.colleague);
  dealers = [await server.signIn(company.visitor), await server.signIn(company.outsider)];
  ids.push((await anAppeal(dealers[0]!, company.topic)).appeal.id);
  for (let turn = 0; turn < 120; turn += 1) {
    await happen();
    // Facts follow in the middle of histories too, so that later changes move what is counted already.
    if (turn % 25 === 10) await server.app.services.facts.follow();
  }
}, 300_000);
afterAll(() => server.close());

const report = (query: Partial<ReportQuery> = {}) =>
  supervisor.call(reportsApi.report, { ...PERIOD, by: 'topic', ...query });
async function listed(query: Omit<ReportAppealsQuery, 'from' | 'to'> & Partial<ReportQuery>) {
  const { by: _by, ...rest } = query;
  const found: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await supervisor.call(reportsApi.appeals, {
      ...PERIOD,
      ...rest,
      limit: 7,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.items.map(({ no }) => no));
    cursor = page.nextCursor ?? undefined;
    if (cursor === undefined) expect(page.total).toBe(found.length);
  } while (cursor !== undefined);
  expect(new Set(found).size).toBe(found.length);
  return found.length;
}
const FILTER = {
  manager: 'managerId',
  team: 'teamId',
  topic: 'topicId',
  type: 'typeCode',
  dealer: 'dealerId',
} as const;

describe('a report', () => {
  it('says what the clocks say, in plain words', async () => {
    const [plain] = await server.database.db.query<Record<string, number>>(
      `SELECT count(*)::int AS opened, count(*) FILTER (WHERE a.status IN ('resolved', 'closed'))::int AS resolved,
         count(*) FILTER (WHERE EXISTS (SELECT FROM sla_clock_step s WHERE s.appeal_id = a.id AND s.kind <> 'resolution'
           AND s.action IN ('met', 'ended') AND s.reason = 'staff_message'))::int AS answered,
         count(*) FILTER (WHERE EXISTS (SELECT FROM sla_clock c WHERE c.appeal_id = a.id AND c.kind <> 'resolution' AND c.state = 'breached'))::int AS late,
         count(*) FILTER (WHERE EXISTS (SELECT FROM sla_clock c WHERE c.appeal_id = a.id AND c.kind <> 'resolution' AND c.state IN ('met', 'breached')))::int AS judged
       FROM appeal a`,
    );
    const { totals, behind } = await report();
    expect(totals).toMatchObject(plain!);
    expect(totals.answered).toBeLessThan(totals.opened);
    // Histories here last some months; nothing took longer.
    expect(totals.firstP90).toBeLessThan(365 * 24 * 60);
    expect(totals.late).toBeGreaterThan(0);
    expect(totals.in_time).toBeGreaterThan(0);
    expect(totals.in_time + totals.late).toBe(totals.judged);
    expect(totals.open + totals.resolved).toBe(totals.opened);
    // What nobody has answered yet has no time of an answer: it is not the longest.
    expect(totals.firstP90).toBeLessThan((now.getTime() - BEGIN) / 60_000);
    expect(behind).toBe(false);
  });

  it.each(REPORT_GROUPS)('opens the list of exactly each number, by %s', async (by) => {
    const { groups, totals } = await report({ by });
    expect(groups.reduce((sum, { numbers }) => sum + numbers.opened, 0)).toBe(totals.opened);
    for (const { key, numbers } of groups)
      for (const measure of REPORT_MEASURES)
        expect([key, measure, await listed({ measure, [FILTER[by]]: key })]).toEqual([
          key,
          measure,
          numbers[measure],
        ]);
  });

  it('opens the list behind hours, steps, topics and the backlog', async () => {
    const { slots, steps, topics: bars, backlog } = await report();
    for (const [slot, n] of slots.entries())
      if (n > 0) expect(await listed({ measure: 'opened', slot })).toBe(n);
    expect(slots.reduce((sum, n) => sum + n, 0)).toBe(ids.length);
    // Opened before midnight in Moscow: a Friday evening, not a Saturday.
    expect(slots[4 * 24 + 23]).toBeGreaterThan(0);
    for (const { from, to, judged, in_time } of steps) {
      expect(await listed({ measure: 'judged', ...{ from, to } })).toBe(judged);
      expect(await listed({ measure: 'in_time', ...{ from, to } })).toBe(in_time);
    }
    for (const { topicId, typeCode, opened } of bars)
      expect(await listed({ measure: 'opened', topicId, typeCode })).toBe(opened);
    for (const { day, open } of backlog)
      expect([day, await listed({ measure: 'opened', openOn: day })]).toEqual([day, open]);
  });

  it('gives the same numbers from sums and from counting under filters', async () => {
    const whole = await report({ by: 'dealer' });
    const parts = await Promise.all(topics.map(({ id }) => report({ by: 'dealer', topicId: id })));
    const counted = await Promise.all(
      topics.map(({ id }) => report({ by: 'dealer', topicId: id, teamId: company.team.id })),
    );
    for (const measure of REPORT_MEASURES) {
      const sum = (reports: typeof parts) =>
        reports.reduce((total, { totals }) => total + totals[measure], 0);
      expect([measure, sum(parts)]).toEqual([measure, whole.totals[measure]]);
    }
    const byTeam = await report({ by: 'dealer', teamId: company.team.id });
    expect(counted.map(({ totals }) => totals.opened).reduce((a, b) => a + b)).toBe(
      byTeam.totals.opened,
    );
    expect(byTeam.totals).toEqual(
      (await report({ by: 'team' })).groups.find(({ key }) => key === company.team.id)?.numbers,
    );
    for (const [index, { backlog, steps }] of counted.entries()) {
      const filters = { topicId: topics[index]!.id, teamId: company.team.id };
      const { day, open } = backlog.at(-1)!;
      expect(await listed({ measure: 'opened', openOn: day, ...filters })).toBe(open);
      const { from, to, judged } = steps[1]!;
      expect(await listed({ measure: 'judged', ...{ from, to }, ...filters })).toBe(judged);
    }
  });

  it('accounts for the whole of every ended breach, and opens the appeals of each cause', async () => {
    const { causes } = await report();
    expect(causes.map(({ cause }) => cause).sort()).toEqual(
      expect.arrayContaining(['approval', 'colleague', 'out_of_hours', 'owner', 'unassigned']),
    );
    for (const { cause, colleague: who, appeals } of causes) {
      const bar = { measure: 'opened' as const, cause, ...(who && { colleagueId: who.id }) };
      expect([cause, who?.name, await listed(bar)]).toEqual([cause, who?.name, appeals]);
      if (who) expect([company.colleague.name, company.stranger.name]).toContain(who.name);
    }
    const wrong = await server.database.db.query(
      `SELECT c.appeal_id FROM sla_clock c
       LEFT JOIN breach_part p ON p.appeal_id = c.appeal_id AND p.kind = c.kind AND p.cycle = c.cycle
       WHERE c.state = 'breached' AND c.ended_at IS NOT NULL GROUP BY c.appeal_id, c.kind, c.cycle
       HAVING coalesce(sum(p.ms), 0) <> round(extract(epoch FROM c.ended_at - c.started_at) * 1000)`,
    );
    expect(wrong).toEqual([]);
  });

  it('adds whole months and days around them to the same as days alone', async () => {
    const halves = await Promise.all([
      report({ from: '2026-02-27', to: '2026-03-09' }),
      report({ from: '2026-03-10', to: '2026-04-05' }),
    ]);
    const { totals } = await report();
    expect(halves[0].totals.opened + halves[1].totals.opened).toBe(totals.opened);
    expect(halves[0].totals.answered + halves[1].totals.answered).toBe(totals.answered);
  });

  it('adds whole years, months and days to the same as shorter periods', async () => {
    const [long, short] = [
      await report({ from: '2024-11-20', to: '2027-02-10' }),
      await report({ from: '2026-02-01', to: '2026-06-30' }),
    ];
    expect(short.totals.opened).toBe(ids.length);
    expect(short.totals.firstMedian).not.toBeNull();
    expect(long.totals).toEqual(short.totals);
    expect(long.groups).toEqual(short.groups);
    expect(long.causes).toEqual(short.causes);
    expect(long.slots).toEqual(short.slots);
    for (const { id } of topics) {
      const topic = { by: 'topic', topicId: id } as const;
      const narrowed = await report({ from: '2025-12-31', to: '2027-01-01', ...topic });
      const same = await report({ from: '2026-02-27', to: '2026-06-29', ...topic });
      expect([narrowed.totals, narrowed.causes]).toEqual([same.totals, same.causes]);
    }
  });

  it('says that it is behind rather than wait while somebody else makes facts', async () => {
    await server.database.db.transaction(async (tx) => {
      await tx.query(`SELECT 1 FROM report_place FOR UPDATE`);
      expect((await report()).behind).toBe(true);
    });
    expect((await report()).behind).toBe(false);
  });
});

describe('the facts', () => {
  const stored = async () => {
    const { db } = server.database;
    return {
      facts: await db.query(`SELECT * FROM appeal_fact ORDER BY appeal_id`),
      parts: await db.query(
        `SELECT * FROM breach_part ORDER BY appeal_id, kind, cycle, cause, colleague_id`,
      ),
      causes: await db.query(
        `SELECT * FROM breach_tally ORDER BY dim, key, start, cause, colleague`,
      ),
      tally: await db.query(
        `SELECT * FROM report_tally ORDER BY dim, grain, measure, start, key, bucket`,
      ),
    };
  };
  it('made anew are what following made of them', async () => {
    await server.app.services.facts.follow();
    const followed = await stored();
    expect(followed.facts).toHaveLength(ids.length);
    await server.app.services.facts.rebuild();
    expect(await stored()).toEqual(followed);
  });

  it('stay the same when several follow at once, and again', async () => {
    for (let turn = 0; turn < 20; turn += 1) {
      await happen();
      if (turn % 4 === 0)
        await Promise.all([1, 2, 3].map(() => server.app.services.facts.follow()));
    }
    await server.app.services.facts.follow();
    const followed = await stored();
    await server.app.services.facts.follow();
    expect(await stored()).toEqual(followed);
    await server.app.services.facts.rebuild();
    expect(await stored()).toEqual(followed);
  });

  it('do not miss a change that commits after a later one was counted', async () => {
    const { db } = server.database;
    const [first, second] = ids as [string, string];
    let commit!: () => void;
    const held = new Promise<void>((resolve) => (commit = resolve));
    let began!: () => void;
    const written = new Promise<void>((resolve) => (began = resolve));
    const touch = `UPDATE appeal SET priority = 'urgent', team_id = NULL, changed_xid = pg_current_xact_id() WHERE id = $1`;
    const slow = db.transaction(async (tx) => {
      await tx.query(touch, [first]);
      began();
      await held;
    });
    await written;
    await db.query(touch, [second]);
    await server.app.services.facts.follow();
    commit();
    await slow;
    await server.app.services.facts.follow();
    const teams = await db.query<{ team_id: string | null }>(
      `SELECT team_id FROM appeal_fact WHERE appeal_id = ANY($1::uuid[])`,
      [[first, second]],
    );
    expect(teams).toEqual([{ team_id: null }, { team_id: null }]);
  });
});

describe('a report of any period under any filters', () => {
  interface Fact {
    appeal_id: string;
    opened_day: string;
    slot: number;
    dealer_id: string;
    type_code: string;
    topic_id: string;
    team_id: string | null;
    manager_id: string | null;
    judged: boolean;
    late: boolean;
    late_resolution: boolean;
    first_bucket: number | null;
    resolution_bucket: number | null;
    closed_day: string | null;
  }
  const COLUMN = {
    manager: 'manager_id',
    team: 'team_id',
    topic: 'topic_id',
    type: 'type_code',
    dealer: 'dealer_id',
  } as const;
  let facts: Fact[];
  let parts: { appeal_id: string; cause: string; colleague_id: string | null; ms: number }[];

  beforeAll(async () => {
    const { db } = server.database;
    // Opened over three years, a few on the same days; answered when they were.
    await db.query(
      `UPDATE appeal SET created_at = created_at - (no * 37 % 1100) * interval '1 day', changed_xid = pg_current_xact_id()`,
    );
    await server.app.services.facts.follow();
    // More durations than histories have: also none, and the same again and again.
    await db.query(
      `UPDATE appeal_fact f SET first_bucket = CASE a.no % 5 WHEN 0 THEN NULL WHEN 1 THEN 7 ELSE a.no * 31 % 200 END,
         resolution_bucket = CASE WHEN f.closed_day IS NOT NULL AND a.no % 7 > 0 THEN a.no * 17 % 90 END
       FROM appeal a WHERE a.id = f.appeal_id`,
    );
    await db.query(`UPDATE report_place SET summed = false`);
    await db.query(`TRUNCATE report_tally, breach_tally`);
    await server.app.services.facts.follow();
    facts = await db.query<Fact>(`SELECT * FROM appeal_fact`);
    parts = await db.query(`SELECT * FROM breach_part`);
  });

  /** By the definition: in order, the first that enough of them do not exceed. */
  function quantile(steps: readonly number[], percent: number): number | null {
    const sorted = [...steps].sort((a, b) => a - b);
    const found = sorted.find((_, place) => (place + 1) * 100 >= sorted.length * percent);
    return found === undefined ? null : minutesOf(found);
  }
  function numbersOf(rows: readonly Fact[]) {
    const n = (holds: (fact: Fact) => boolean) => rows.filter(holds).length;
    const first = rows.flatMap(({ first_bucket: step }) => step ?? []);
    const resolution = rows.flatMap(({ closed_day, resolution_bucket: step }) =>
      closed_day === null ? [] : (step ?? []),
    );
    return {
      opened: rows.length,
      judged: n(({ judged }) => judged),
      in_time: n(({ judged, late }) => judged && !late),
      late: n(({ late }) => late),
      answered: first.length,
      resolved: n(({ closed_day }) => closed_day !== null),
      late_resolution: n(({ late_resolution }) => late_resolution),
      open: n(({ closed_day }) => closed_day === null),
      firstMedian: quantile(first, 50),
      firstP90: quantile(first, 90),
      resolutionMedian: quantile(resolution, 50),
      resolutionP90: quantile(resolution, 90),
    };
  }
  const byText = (a: string, b: string) => (a < b ? -1 : 1);

  it('is what a count of each appeal says', async () => {
    const seen = { long: 0, filtered: 0, none: 0, ofType: 0 };
    for (let turn = 0; turn < 60; turn += 1) {
      const from = addDays('2023-01-15', random(1_250));
      const to = addDays(from, random([40, 400, 1_300][turn % 3]!));
      const by = REPORT_GROUPS[turn % REPORT_GROUPS.length]!;
      // Nothing, one of many, or the type alone: its groups have sums of their own.
      const isNarrowed = (group: ReportGroup) =>
        turn % 4 === 0 ? group === 'type' : turn % 2 > 0 && random(3) === 0;
      const filters = REPORT_GROUPS.filter(isNarrowed).map((group) => {
        const value = facts[random(facts.length)]![COLUMN[group]];
        return { group, value };
      });
      const own = facts.filter((fact) =>
        filters.every(({ group, value }) => fact[COLUMN[group]] === value),
      );
      const rows = own.filter((fact) => fact.opened_day >= from && fact.opened_day <= to);
      const given = Object.fromEntries(
        filters.map(({ group, value }) => [FILTER[group], value ?? REPORT_NOBODY]),
      );
      seen.long += Number(daysBetween(from, to) > 500 && rows.length > 0);
      seen.filtered += Number(filters.length > 0 && rows.length > 0);
      seen.none += Number(rows.length === 0);
      seen.ofType += Number(
        turn % 4 === 0 && by !== 'type' && daysBetween(from, to) > 250 && rows.length > 0,
      );

      const report = await supervisor.call(reportsApi.report, { from, to, by, ...given });

      const about = [from, to, by, given];
      const keyOf = (fact: Fact) => fact[COLUMN[by]] ?? REPORT_NOBODY;
      expect([about, report.totals]).toEqual([about, numbersOf(rows)]);
      expect(report.groups.map(({ key }) => key).sort(byText)).toEqual(
        [...new Set(rows.map(keyOf))].sort(byText),
      );
      for (const { key, numbers } of report.groups)
        expect([about, key, numbers]).toEqual([
          ...[about, key, numbersOf(rows.filter((fact) => keyOf(fact) === key))],
        ]);
      for (const { topicId, typeCode, opened } of report.topics)
        expect(opened).toBe(
          rows.filter(({ topic_id, type_code }) => topic_id === topicId && type_code === typeCode)
            .length,
        );
      expect(report.topics.reduce((sum, { opened }) => sum + opened, 0)).toBe(rows.length);
      expect(report.slots).toEqual(
        Array.from({ length: 168 }, (_, hour) => rows.filter(({ slot }) => slot === hour).length),
      );
      for (const step of report.steps) {
        const within = rows.filter(
          (fact) => fact.opened_day >= step.from && fact.opened_day <= step.to,
        );
        const { opened, judged, in_time } = numbersOf(within);
        expect([about, step]).toEqual([about, { ...step, opened, judged, in_time }]);
      }
      expect(report.backlog).toHaveLength(daysBetween(from, to) + 1);
      for (const { day, open } of report.backlog) {
        const n = own.filter(
          ({ opened_day, closed_day }) =>
            opened_day <= day && (closed_day === null || closed_day > day),
        ).length;
        if (n !== open) expect([about, day, open]).toEqual([about, day, n]);
      }
      const length = daysBetween(from, to) + 1;
      const before = numbersOf(
        own.filter(({ opened_day }) => opened_day >= addDays(from, -length) && opened_day < from),
      );
      expect(report.inTimeBefore).toBe(
        before.judged === 0 ? null : (before.in_time / before.judged) * 100,
      );
      const ids = new Set(rows.map(({ appeal_id }) => appeal_id));
      const mine = parts.filter(({ appeal_id }) => ids.has(appeal_id));
      const causes = new Map<string, { ms: number; appeals: Set<string> }>();
      for (const { appeal_id, cause, colleague_id, ms } of mine) {
        const key = `${cause} ${colleague_id ?? ''}`;
        const line = causes.get(key) ?? { ms: 0, appeals: new Set() };
        causes.set(key, { ms: line.ms + ms, appeals: line.appeals.add(appeal_id) });
      }
      expect([
        about,
        report.causes
          .map(({ cause, colleague: who, minutes, appeals }) => [
            ...[`${cause} ${who?.id ?? ''}`, minutes, appeals],
          ])
          .sort(([a], [b]) => byText(String(a), String(b))),
      ]).toEqual([
        about,
        [...causes]
          .map(([key, { ms, appeals }]) => [key, Math.round(ms / 60_000), appeals.size])
          .sort(([a], [b]) => byText(String(a), String(b))),
      ]);
    }
    for (const n of Object.values(seen)) expect(n).toBeGreaterThan(2);
  }, 120_000);
});

describe('the scale of durations', () => {
  it('is exact to the minute within an hour, and to 2.5 % above', async () => {
    const minutes = [0, 1, 46, 59, 60, 61, 75, 125, 240, 480, 1_620, 9_999, 60_000];
    const rows = await server.database.db.query<{ bucket: number }>(
      `SELECT ${bucketSql('ms')} AS bucket FROM unnest($1::bigint[]) ms`,
      [minutes.map((one) => one * 60_000 + 30_000)],
    );
    for (const [index, { bucket }] of rows.entries()) {
      const exact = minutes[index]!;
      if (exact < 60) expect(minutesOf(bucket)).toBe(exact);
      else expect(Math.abs(minutesOf(bucket) - exact - 0.5)).toBeLessThan(exact * 0.025 + 1);
    }
    const [none] = await server.database.db.query(`SELECT ${bucketSql('NULL::bigint')} AS bucket`);
    expect(none).toEqual({ bucket: null });
  });
});

describe('who may read reports', () => {
  it('supervisors and admins; a dealer does not learn that there are any', async () => {
    const query = { ...PERIOD, by: 'topic' } as const;
    const no = await refusal(manager.call(reportsApi.report, query));
    expect([no.status, no.problem.facts]).toEqual([403, { right: 'seeReports' }]);
    expect((await refusal(dealers[0]!.call(reportsApi.report, query))).status).toBe(404);
    const list = { ...PERIOD, measure: 'late' } as const;
    expect((await refusal(manager.call(reportsApi.appeals, list))).status).toBe(403);
    expect((await refusal(dealers[0]!.call(reportsApi.appeals, list))).status).toBe(404);
  });

  it.each([
    ['to', { from: '2026-03-02', to: '2026-03-01' }],
    ['to', { from: '2010-01-01', to: '2026-03-01' }],
    ['from', { from: '2026-02-30', to: '2026-03-01' }],
    ['from', { from: '0000-01-01', to: '2026-03-01' }],
  ])('a wrong period is refused, naming %s', async (path, period) => {
    const no = await refusal(supervisor.call(reportsApi.report, { ...period, by: 'topic' }));
    expect(no.problem).toMatchObject({
      code: 'invalid_input',
      facts: { fields: expect.arrayContaining([expect.objectContaining({ path })]) },
    });
  });
});
