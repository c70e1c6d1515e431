import { randomUUID } from 'node:crypto';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { CalendarView, ChangeCalendar, CreateCalendar } from '@otklik/shared/calendars';
import { calendarsApi } from '@otklik/shared/calendars.api';
import { dealersApi } from '@otklik/shared/dealers.api';
import { policiesApi } from '@otklik/shared/policies.api';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLog } from '../../platform/log';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aCompany, aMessage, anAppeal } from '../appeals/appeal.factory';
import { aManager } from '../people/people.factory';
import { createSlaService } from './sla.service';

/** Monday, 11:00 in Moscow. */
const MONDAY = new Date('2026-03-02T08:00:00Z');
const OFFICE = [{ from: 540, to: 1080 }];
const EARLY = [{ from: 420, to: 900 }];
const weekOf = (day: { from: number; to: number }[]) => [day, day, day, day, day, [], []];

let now = MONDAY;
let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let admin: TestSession;
let dealer: TestSession;
let manager: TestSession;
let writtenBefore: unknown[] = [];

beforeAll(async () => {
  server = await testApp({ now: () => now });
  const { db } = server.database;
  company = await aCompany(db);
  admin = await server.signIn(await aManager(db, { role: 'admin' }));
  dealer = await server.signIn(company.visitor);
  manager = await server.signIn(company.manager);
  // The clock of these tests goes on by years.
  await db.query(`UPDATE session SET remembered = true`);
});
afterAll(() => server.close());
beforeEach(async () => {
  now = MONDAY;
  writtenBefore = (await rowsOf(`SELECT id FROM audit_entry`)).map(({ id }) => id);
});

const rowsOf = (sql: string, values: unknown[] = []) =>
  server.database.db.query<Record<string, unknown>>(sql, values);
/** What this test has changed, as the log has it. */
const written = () =>
  rowsOf(
    `SELECT action FROM audit_entry WHERE kind = 'change' AND id <> ALL($1) ORDER BY at, action`,
    [writtenBefore],
  );
const aNewOne = (given: Partial<CreateCalendar> = {}): CreateCalendar => ({
  calendarId: randomUUID(),
  name: 'Early',
  zone: 'Europe/Moscow',
  versions: [{ validFrom: null, week: weekOf(EARLY), country: null }],
  days: [],
  ...{ isCompany: false, teamIds: [], dealerIds: [] },
  ...given,
});
const create = (given: Partial<CreateCalendar> = {}) =>
  admin.call(calendarsApi.create, aNewOne(given));
/** As a form sends it back. */
function changeOf(
  { id, used: _used, today: _today, ...rest }: CalendarView,
  given: Partial<ChangeCalendar> = {},
): ChangeCalendar {
  return { calendarId: id, ...rest, ...given };
}
const change = (calendar: CalendarView, given: Partial<ChangeCalendar>) =>
  admin.call(calendarsApi.change, changeOf(calendar, given));
const companyCalendar = async () => {
  const { items } = await admin.call(calendarsApi.list, {});
  return items.find(({ isCompany }) => isCompany)!;
};
const problemsOf = async (call: Promise<unknown>) => {
  const { status, problem } = await refusal(call);
  const fields = 'fields' in problem.facts ? problem.facts.fields : [];
  return [status, ...fields.map(({ path, rule }) => `${path} ${rule}`)];
};
const state = async () => [
  await rowsOf(`SELECT * FROM calendar ORDER BY id`),
  await rowsOf(`SELECT * FROM calendar_version ORDER BY calendar_id, valid_from`),
  await rowsOf(`SELECT * FROM calendar_day ORDER BY calendar_id, day`),
  await rowsOf(`SELECT id, calendar_id FROM team ORDER BY id`),
  await rowsOf(`SELECT id, calendar_id FROM dealer ORDER BY id`),
];

describe('a new installation', () => {
  it('has the company calendar with the Russian production calendar', async () => {
    const { items, teams, dealers, missingYears } = await admin.call(calendarsApi.list, {});
    expect(items).toEqual([
      expect.objectContaining({
        name: 'Пн–Пт 9–18',
        zone: 'Europe/Moscow',
        isCompany: true,
        versions: [{ validFrom: null, week: weekOf(OFFICE), country: 'RU' }],
        days: [],
        today: '2026-03-02',
        used: false,
      }),
    ]);
    expect(teams.map(({ id }) => id)).toContain(company.team.id);
    expect(dealers.map(({ id }) => id)).toContain(company.dealer.id);
    expect(missingYears).toEqual([]);
  });

  it('warns admins, and nobody else, of a missing year from 1 November', async () => {
    const missing = async (session: TestSession) =>
      (await session.call(calendarsApi.list, {})).missingYears;
    now = new Date('2027-10-31T20:59:59Z');
    expect(await missing(admin)).toEqual([]);
    now = new Date('2027-10-31T21:00:00Z');
    expect(await missing(admin)).toEqual([{ country: 'RU', year: 2028 }]);
    expect(await missing(manager)).toEqual([]);
  });
});

describe('who may', () => {
  it('read: staff; for a dealer there are no calendars', async () => {
    expect((await manager.call(calendarsApi.list, {})).items.length).toBeGreaterThan(0);
    expect((await refusal(dealer.call(calendarsApi.list, {}))).status).toBe(404);
  });

  it.each([
    ['manager', 403],
    ['supervisor', 403],
    ['dealer', 404],
  ])('a %s changes nothing: %i', async (role, status) => {
    const person = role === 'dealer' ? company.visitor : company[role as 'manager' | 'supervisor'];
    const session = await server.signIn(person);
    const known = await companyCalendar();
    const before = await state();
    for (const id of [known.id, randomUUID()]) {
      const input = changeOf({ ...known, id }, { name: 'Mine' });
      expect((await refusal(session.call(calendarsApi.change, input))).status).toBe(status);
      expect((await refusal(session.call(calendarsApi.remove, { calendarId: id }))).status).toBe(
        status,
      );
    }
    expect((await refusal(session.call(calendarsApi.create, aNewOne()))).status).toBe(status);
    expect(await state()).toEqual(before);
  });

  it('nobody changes what is not there', async () => {
    const input = changeOf({ ...(await companyCalendar()), id: randomUUID() });
    expect((await refusal(admin.call(calendarsApi.change, input))).status).toBe(404);
    expect(
      (await refusal(admin.call(calendarsApi.remove, { calendarId: randomUUID() }))).status,
    ).toBe(404);
  });
});

describe('a calendar that cannot be', () => {
  const version = (given: object) => [
    { validFrom: null, week: weekOf(EARLY), country: null, ...given },
  ];
  // prettier-ignore
  it.each<[string, Partial<Record<keyof CreateCalendar, unknown>>, string]>([
    ['another zone', { zone: 'Europe/Nowhere' }, 'zone zone'],
    ['never open', { versions: version({ week: weekOf([]) }) }, 'versions.0.week never_opens'],
    ['six days', { versions: version({ week: [[], [], []] }) }, 'versions.0.week too_small'],
    ['overlap', { versions: version({ week: weekOf(EARLY).with(5, [...EARLY, ...OFFICE]) }) }, 'versions.0.week.5.1 overlap'],
    ['backwards', { versions: version({ week: weekOf(EARLY).with(5, [{ from: 600, to: 540 }]) }) }, 'versions.0.week.5.0.to custom'],
    ['another country', { versions: version({ country: 'XX' }) }, 'versions.0.country invalid_value'],
    ['an exception twice', { days: ['2026-05-04', '2026-05-04'].map((date) => ({ date, kind: 'closed' })) }, 'days.1.date twice'],
    ['no date', { days: [{ date: '2026-02-30', kind: 'closed' }] }, 'days.0.date invalid_format'],
    ['beyond', { days: [{ date: '2099-01-01', kind: 'closed' }] }, 'days.0.date beyond'],
    ['an unknown team', { teamIds: ['5f0c1d53-4a88-4b0e-9d6a-0b4a6c3b3f10'] }, 'teamIds.0 unknown'],
    ['an unknown dealer', { dealerIds: ['5f0c1d53-4a88-4b0e-9d6a-0b4a6c3b3f10'] }, 'dealerIds.0 unknown'],
    ['no name', { name: ' ' }, 'name too_small'],
    ['too little time', { versions: version({ week: weekOf([]).with(0, [{ from: 0, to: 1 }]) }) }, 'versions.0.week too_little_time'],
  ])('is refused with the field named, and nothing is half done: %s', async (_name, given, problem) => {
    const known = await companyCalendar();
    const before = await state();
    const bad = given as Partial<CreateCalendar>;
    expect(await problemsOf(create(bad))).toEqual([400, problem]);
    expect(await problemsOf(change(known, bad))).toEqual([400, problem]);
    expect(await state()).toEqual(before);
    expect(await written()).toEqual([]);
  });
});

describe('a calendar', () => {
  it('is made once, listed, written down, and taken away again', async () => {
    const input = aNewOne({
      days: [{ date: '2026-05-04', kind: 'own', intervals: EARLY, note: ' Moving ' }],
    });
    const made = await admin.call(calendarsApi.create, input);
    expect(await admin.call(calendarsApi.create, input)).toEqual(made);
    expect(made.days).toEqual([
      { date: '2026-05-04', kind: 'own', intervals: EARLY, note: 'Moving' },
    ]);
    expect(await problemsOf(admin.call(calendarsApi.create, { ...input, name: 'Other' }))).toEqual([
      409,
    ]);
    expect((await manager.call(calendarsApi.list, {})).items).toContainEqual(made);
    await admin.call(calendarsApi.remove, { calendarId: made.id });
    expect((await manager.call(calendarsApi.list, {})).items).not.toContainEqual(made);
    expect(await written()).toEqual([
      { action: 'calendar.created' },
      { action: 'calendar.removed' },
    ]);
  });

  it('of the company is never taken away, nor left without a successor', async () => {
    const known = await companyCalendar();
    expect((await refusal(admin.call(calendarsApi.remove, { calendarId: known.id }))).status).toBe(
      409,
    );
    expect(await problemsOf(change(known, { isCompany: false }))).toEqual([
      400,
      'isCompany company',
    ]);
    const next = await create({ isCompany: true });
    expect((await companyCalendar()).id).toBe(next.id);
    const old = (await admin.call(calendarsApi.list, {})).items.find(({ id }) => id === known.id)!;
    expect(old).toMatchObject({ isCompany: false, rev: known.rev + 1 });
    await change(old, { isCompany: true });
    expect((await companyCalendar()).id).toBe(known.id);
    await admin.call(calendarsApi.remove, { calendarId: next.id });
  });

  it('changed by two admins at once keeps the first change, and the second is told', async () => {
    const made = await create();
    const answers = await Promise.allSettled([
      change(made, { name: 'First' }),
      change(made, { name: 'Second' }),
    ]);
    const done = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(done).toHaveLength(1);
    const lost = answers.findIndex(({ status }) => status === 'rejected');
    const again = refusal(change(made, { name: lost === 0 ? 'First' : 'Second' }));
    expect((await again).problem).toMatchObject({ status: 409, code: 'conflict' });
    const [row] = await rowsOf(`SELECT name, rev FROM calendar WHERE id = $1`, [made.id]);
    expect(row).toEqual({ name: done[0]!.name, rev: made.rev + 1 });
    // What was saved already is no conflict: the answer was lost, not the change.
    expect(await change(made, { name: done[0]!.name })).toEqual(done[0]);
    await admin.call(calendarsApi.remove, { calendarId: made.id });
  });

  it('that loses a team to another one is not given it back by an older form', async () => {
    const first = await create({ teamIds: [company.otherTeam.id] });
    const second = await create({ teamIds: [company.otherTeam.id] });
    expect((await refusal(change(first, { name: 'Older form' }))).status).toBe(409);
    await change(second, { teamIds: [] });
    expect(
      await rowsOf(`SELECT calendar_id FROM team WHERE id = $1`, [company.otherTeam.id]),
    ).toEqual([{ calendar_id: null }]);
    for (const { id } of [first, second]) await admin.call(calendarsApi.remove, { calendarId: id });
  });

  it('is one object until it changes, also when a policy or another calendar does', async () => {
    const { sla } = server.app.services;
    const ofCompany = await sla.calendarById((await companyCalendar()).id);
    const appeal = { topicId: company.topic.id, typeCode: 'error', priority: 'low' };
    const context = () => sla.context({ ...appeal, dealerId: company.dealer.id }, now);
    expect((await context()).calendar).toBe(ofCompany);
    const made = await create();
    const object = await sla.calendarById(made.id);
    const [policy] = (await admin.call(policiesApi.policies, {})).items;
    const { id: policyId, dealerName: _d, groupName: _g, topicName: _t, ...rest } = policy!;
    await admin.call(policiesApi.changePolicy, { ...rest, policyId, warnPercent: 60 });
    expect(await sla.calendarById(made.id)).toBe(object);
    await change(made, { zone: 'Asia/Omsk' });
    expect(await sla.calendarById(made.id)).not.toBe(object);
    expect(await sla.calendarById(made.id)).toMatchObject({ zone: 'Asia/Omsk' });
    expect((await context()).calendar).toBe(ofCompany);
    await admin.call(calendarsApi.remove, { calendarId: made.id });
    expect(await sla.calendarById(made.id)).toBeNull();
  });

  it('follows by one job, and another node hears of it', async () => {
    const { db } = server.database;
    const other = createSlaService({ db, log: createLog('silent', false), now: () => now });
    await other.start();
    try {
      const made = await create();
      await vi.waitFor(async () => expect(await other.calendarById(made.id)).not.toBeNull(), 5_000);
      const jobs = await rowsOf(
        `SELECT key FROM graphile_worker.jobs WHERE task_identifier = 'retargetClocks'`,
      );
      expect(jobs).toEqual([{ key: 'retargetClocks' }]);
      await admin.call(calendarsApi.remove, { calendarId: made.id });
    } finally {
      await other.stop();
    }
  });
});

describe('the clocks of an appeal', () => {
  interface ClockRow {
    kind: string;
    calendar_id: string;
    due_at: Date;
    counted_ms: number;
  }
  const clocksOf = async (appealId: string) =>
    server.database.db.query<ClockRow>(
      `SELECT kind, calendar_id, due_at, counted_ms FROM sla_clock WHERE appeal_id = $1 AND ended_at IS NULL ORDER BY kind`,
      [appealId],
    );
  /** The ledger of a clock adds up: what was counted and what was left is the target, at every line. */
  async function expectLedgerSum(appealId: string) {
    const rows = await rowsOf(
      `SELECT c.target_ms = sum(s.counted_ms) + (SELECT remaining_ms FROM sla_clock_step l
          WHERE (l.appeal_id, l.kind, l.cycle) = (c.appeal_id, c.kind, c.cycle) ORDER BY no DESC LIMIT 1) AS adds,
          (SELECT due_at FROM sla_clock_step l
            WHERE (l.appeal_id, l.kind, l.cycle) = (c.appeal_id, c.kind, c.cycle) ORDER BY no DESC LIMIT 1)
          IS NOT DISTINCT FROM c.due_at AS same
       FROM sla_clock c JOIN sla_clock_step s USING (appeal_id, kind, cycle)
       WHERE c.appeal_id = $1 GROUP BY c.appeal_id, c.kind, c.cycle`,
      [appealId],
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toEqual({ adds: true, same: true });
  }
  const due = async (appealId: string) =>
    (await clocksOf(appealId)).find(({ kind }) => kind === 'first_response')?.due_at;
  const open = async () => (await anAppeal(dealer, company.topic)).appeal.id;
  /** The job that follows every change of the rules. */
  const retarget = () => server.app.services.retarget.all(() => false);

  it('begin by the calendar of the dealer, else of the team, else of the company', async () => {
    now = new Date('2026-03-02T11:30:00Z'); // 14:30 in Moscow
    const known = await companyCalendar();
    const byCompany = await open();
    const ofTeam = await create({ teamIds: [company.team.id] });
    const byTeam = await open();
    const ofDealer = await create({
      dealerIds: [company.dealer.id],
      versions: [{ validFrom: null, week: weekOf([{ from: 0, to: 1440 }]), country: null }],
    });
    const byDealer = await open();
    for (const [appealId, calendarId, at] of [
      [byCompany, known.id, '2026-03-02T13:30:00Z'],
      [byTeam, ofTeam.id, '2026-03-03T05:30:00Z'],
      [byDealer, ofDealer.id, '2026-03-02T13:30:00Z'],
    ] as const) {
      const clocks = await clocksOf(appealId);
      expect(new Set(clocks.map((clock) => clock.calendar_id))).toEqual(new Set([calendarId]));
      expect(await due(appealId)).toEqual(new Date(at));
    }
    const card = await admin.call(dealersApi.card, { dealerId: company.dealer.id });
    expect(card.calendarName).toBe(ofDealer.name);

    // Before the job has run: an answer counts by the calendar the clock began with.
    now = new Date('2026-03-02T14:00:00Z'); // 17:00 in Moscow
    await aMessage(manager, byCompany);
    const [met] = await rowsOf(
      `SELECT counted_ms FROM sla_clock WHERE appeal_id = $1 AND kind = 'first_response'`,
      [byCompany],
    );
    expect(Number(met!.counted_ms)).toBe(150 * 60_000);
    await expectLedgerSum(byCompany);

    await retarget();
    const moved = await clocksOf(byTeam);
    expect(new Set(moved.map((clock) => clock.calendar_id))).toEqual(new Set([ofDealer.id]));
    // Counted by the team's calendar until now: 30 of 120 minutes; the rest by the dealer's own.
    expect(await due(byTeam)).toEqual(new Date('2026-03-02T15:30:00Z'));
    await expectLedgerSum(byTeam);

    await change((await list(ofDealer.id))!, { dealerIds: [] });
    await change((await list(ofTeam.id))!, { teamIds: [] });
    // Clocks run by it: it can no more be taken away.
    const { status } = await refusal(admin.call(calendarsApi.remove, { calendarId: ofDealer.id }));
    expect(status).toBe(409);
  });

  const list = async (id: string) =>
    (await admin.call(calendarsApi.list, {})).items.find((one) => one.id === id);

  it('follow when the appeal goes to a team with other hours', async () => {
    const ofTeam = await create({ teamIds: [company.otherTeam.id] });
    const appealId = await open();
    const supervisor = await server.signIn(company.supervisor);
    await supervisor.call(appealsApi.changeFields, {
      appealId,
      teamId: company.otherTeam.id,
    });
    const clocks = await clocksOf(appealId);
    expect(new Set(clocks.map((clock) => clock.calendar_id))).toEqual(new Set([ofTeam.id]));
    await expectLedgerSum(appealId);
    await change(ofTeam, { teamIds: [] });
  });

  it('keep the hours that held for time that has passed on the very day of a change', async () => {
    const [first, later] = [OFFICE, [{ from: 840, to: 1320 }]];
    const versions = [{ validFrom: null, week: weekOf(first), country: null }];
    const from = (week: { from: number; to: number }[]) => ({
      versions: [...versions, { validFrom: '2026-03-02', week: weekOf(week), country: null }],
    });
    const counted = async (appealId: string) => {
      const [row] = await rowsOf(
        `SELECT counted_ms / 60000 AS minutes FROM sla_clock WHERE appeal_id = $1 AND kind = 'first_response'`,
        [appealId],
      );
      return Number(row!.minutes);
    };
    const own = await create({ dealerIds: [company.dealer.id], versions });
    const [appealId, answered] = [await open(), await open()];

    now = new Date('2026-03-02T09:00:00Z'); // 12:00 in Moscow
    const [, used] = [await open(), await admin.call(calendarsApi.list, {})];
    const changed = await change(
      used.items.find(({ id }) => id === own.id)!,
      from(later),
    );
    now = new Date('2026-03-02T09:30:00Z');
    // Before the job has run.
    await aMessage(manager, answered);
    expect(await counted(answered)).toBe(60);
    await retarget();
    expect(await counted(appealId)).toBe(60);
    expect(await due(appealId)).toEqual(new Date('2026-03-02T12:00:00Z'));

    now = new Date('2026-03-02T11:30:00Z'); // 14:30 in Moscow
    const again = await change(changed, from([{ from: 960, to: 1200 }]));
    await retarget();
    expect(await counted(appealId)).toBe(90);
    expect(await due(appealId)).toEqual(new Date('2026-03-02T13:30:00Z'));
    await expectLedgerSum(appealId);

    // What is to come has no past worth keeping.
    await change(again, { days: [{ date: '2026-03-05', kind: 'closed' }], dealerIds: [] });
    expect(
      await rowsOf(`SELECT until FROM calendar_past WHERE calendar_id = $1 ORDER BY until`, [
        own.id,
      ]),
    ).toEqual([{ until: new Date('2026-03-02T09:00:00Z') }, { until: now }]);
    await retarget();
  });

  it('follow a version and a dated exception; what lies behind stays as it was', async () => {
    const appealId = await open();
    const known = await companyCalendar();
    expect(known.used).toBe(true);
    expect(await due(appealId)).toEqual(new Date('2026-03-02T10:00:00Z'));
    const resolution = async () =>
      (await clocksOf(appealId)).find(({ kind }) => kind === 'resolution')?.due_at;
    // 27 working hours from Monday 11:00: 7 + 9 + 9 + 2.
    expect(await resolution()).toEqual(new Date('2026-03-05T08:00:00Z'));

    const closed = await change(known, {
      days: [{ date: '2026-03-03', kind: 'closed', note: 'Stocktaking' }],
    });
    await retarget();
    expect(await resolution()).toEqual(new Date('2026-03-06T08:00:00Z'));
    await expectLedgerSum(appealId);

    const later = {
      validFrom: '2026-03-05',
      week: weekOf([{ from: 720, to: 780 }]),
      country: null,
    };
    const changed = await change(closed, { versions: [...closed.versions, later] });
    await retarget();
    // 7 + 9 until Wednesday evening, then an hour a day.
    expect(await resolution()).toEqual(new Date('2026-03-19T10:00:00Z'));
    await expectLedgerSum(appealId);

    now = new Date('2026-03-06T08:00:00Z');
    const [first] = changed.versions;
    const early = [{ ...first!, week: weekOf(EARLY) }, later];
    expect(await problemsOf(change(changed, { versions: early }))).toEqual([
      400,
      'versions.0 past',
    ]);
    expect(await problemsOf(change(changed, { days: [] }))).toEqual([400, 'days past']);
    expect(await problemsOf(change(changed, { zone: 'Asia/Omsk' }))).toEqual([400, 'zone in_use']);
    expect((await change(changed, { name: 'Still' })).name).toBe('Still');
  });
});
