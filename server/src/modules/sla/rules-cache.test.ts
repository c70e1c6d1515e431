import { beforeEach, describe, expect, it } from 'vitest';
import { aStoredCalendar } from './calendar.factory';
import { calendarOf, type StoredCalendar } from './calendar.repository';
import { createRulesCache, type RulesCache } from './rules-cache';
import type { Rules } from './sla.repository';

function someRules(zone = 'Europe/Moscow', more: Partial<StoredCalendar>[] = []): Rules {
  return {
    calendars: [aStoredCalendar({ zone, isCompany: true }), ...more.map(aStoredCalendar)].map(
      calendarOf,
    ),
    policies: [
      {
        id: 'policy',
        rev: 1,
        name: 'Standard',
        ...{ dealerId: null, groupId: null, priority: null, topicId: null, typeCode: null },
        questionMinutes: null,
        deleted: false,
        firstResponseMinutes: 120,
        nextResponseMinutes: null,
        resolutionMinutes: 1620,
        warnPercent: 75,
      },
    ],
    groupOf: {},
    ladder: [],
  };
}

let looks: number;
let nowMs: number;
let stored: () => Promise<Rules>;
let cache: RulesCache;
beforeEach(() => {
  looks = 0;
  nowMs = 0;
  stored = () => Promise.resolve(someRules());
  cache = createRulesCache(
    () => {
      looks += 1;
      return stored();
    },
    60_000,
    () => nowMs,
  );
});

describe('the remembered rules', () => {
  it('are looked up once, also for those who ask at the same time', async () => {
    await Promise.all([cache.get(), cache.get()]);
    await cache.get();
    expect(looks).toBe(1);
  });

  it('are looked up again after a notice, and after a minute without one', async () => {
    await cache.get();
    cache.forget();
    await cache.get();
    expect(looks).toBe(2);
    nowMs += 59_999;
    await cache.get();
    expect(looks).toBe(2);
    nowMs += 1;
    await cache.get();
    expect(looks).toBe(3);
  });

  it('keep the calendar object while its content is the same, and only then', async () => {
    const { company } = await cache.get();
    cache.forget();
    expect((await cache.get()).company).toBe(company);
    stored = () => Promise.resolve(someRules('Asia/Omsk'));
    cache.forget();
    const changed = (await cache.get()).company;
    expect(changed).not.toBe(company);
    expect(changed.zone).toBe('Asia/Omsk');
  });

  it('keep the object of a look that a notice overtook: whoever waited holds it', async () => {
    const waited = cache.get();
    cache.forget();
    const { company } = await waited;
    expect((await cache.get()).company).toBe(company);
    expect(looks).toBe(2);
  });

  it('are not those of a look that began before the notice', async () => {
    let finish = (_rules: Rules): void => undefined;
    const slow = new Promise<Rules>((resolve) => {
      finish = resolve;
    });
    stored = () => slow;
    const before = cache.get();
    cache.forget();
    stored = () => Promise.resolve(someRules('Asia/Omsk'));
    const after = cache.get();
    finish(someRules());
    expect((await before).company.zone).toBe('Europe/Moscow');
    expect((await after).company.zone).toBe('Asia/Omsk');
    expect((await cache.get()).company.zone).toBe('Asia/Omsk');
  });

  it('are looked up again after a look that failed', async () => {
    stored = () => Promise.reject(new Error('away'));
    await expect(cache.get()).rejects.toThrow('away');
    stored = () => Promise.resolve(someRules());
    expect((await cache.get()).policies[0]?.clock).toEqual({
      id: 'policy',
      targets: { first_response: 120, resolution: 1620 },
      warnShare: 0.75,
    });
  });

  it('give an appeal the calendar of its dealer, else of its team, else of the company', async () => {
    stored = () =>
      Promise.resolve(
        someRules('Europe/Moscow', [
          { id: 'of-dealer', dealerIds: ['d1', 'd2'] },
          { id: 'of-team', teamIds: ['t1'] },
        ]),
      );
    const { calendarFor } = await cache.get();
    const found = (dealerId: string | null, teamId: string | null) =>
      calendarFor({ dealerId, teamId }).id;
    expect([found('d1', 't1'), found('d3', 't1'), found('d3', 't2'), found(null, null)]).toEqual([
      ...['of-dealer', 'of-team', 'calendar', 'calendar'],
    ]);
  });
});
