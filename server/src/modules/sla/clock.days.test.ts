import { describe, expect, it } from 'vitest';
import { dueAt, workMsBetween, type WorkCalendar } from './calendar';
import { aCalendar, anyCalendar, chance, MINUTE_MS } from './calendar.factory';
import { dayByDay, stretchesOf, type Stretch } from './clock.days';
import { advance, type Clock, type ClockEvent, type ClockStep } from './sla.clock';

const moscow = (text: string) => new Date(`2026-${text.replace(' ', 'T')}+03:00`);
const clock = (at: Date) => new Date(at.getTime() + 180 * MINUTE_MS).toISOString().slice(5, 16);
const told = (from: string, to: string, calendar: WorkCalendar = aCalendar()) => {
  const { days, skipped } = dayByDay(moscow(from), moscow(to), calendar);
  return {
    days: days.map(({ date, countedMs }) => `${date} ${countedMs / MINUTE_MS}`),
    skipped: skipped.map((gap) => `${clock(gap.from)} – ${clock(gap.to)} ${gap.why}`),
  };
};

describe('day by day', () => {
  it('one working day', () => {
    expect(told('03-02 10:00', '03-02 12:30')).toEqual({ days: ['2026-03-02 150'], skipped: [] });
  });

  it('names the night between two days', () => {
    expect(told('03-02 17:00', '03-03 10:00')).toEqual({
      days: ['2026-03-02 60', '2026-03-03 60'],
      skipped: ['03-02T18:00 – 03-03T09:00 night'],
    });
  });

  it('names the weekend, and the holiday even when a weekend is beside it', () => {
    expect(told('03-13 17:00', '03-16 10:00').skipped).toEqual([
      '03-13T18:00 – 03-16T09:00 weekend',
    ]);
    const holiday = aCalendar({ exceptions: { '2026-03-09': '' } });
    expect(told('03-06 17:00', '03-10 10:00', holiday).skipped).toEqual([
      '03-06T18:00 – 03-10T09:00 holiday',
    ]);
  });

  it('names a closed day by the week that held then', () => {
    const sixDays = aCalendar({ weekend: '9:00-18:00' }).week;
    // Saturdays and Sundays are worked from 9 March on; before that the 9th itself was an ordinary Monday.
    const later = { ...aCalendar(), laterWeeks: [{ from: '2026-03-09', week: sixDays }] };
    const off = { ...later, exceptions: { '2026-03-07': [], '2026-03-14': [] } };
    expect(told('03-06 17:00', '03-09 10:00', off).skipped).toEqual([
      '03-06T18:00 – 03-09T09:00 weekend',
    ]);
    expect(told('03-13 17:00', '03-15 10:00', off).skipped).toEqual([
      '03-13T18:00 – 03-15T09:00 holiday',
    ]);
    // Changed in the course of a Wednesday: what was before it stays what it was.
    const changed = {
      ...off,
      before: { until: moscow('03-18 12:00'), hours: aCalendar() },
    };
    expect(told('03-13 17:00', '03-16 10:00', changed).skipped).toEqual([
      '03-13T18:00 – 03-16T09:00 weekend',
    ]);
  });

  it('names the break at noon and the hour before opening', () => {
    const lunch = aCalendar({ workday: '9:00-13:00, 14:00-18:00' });
    expect(told('03-02 08:00', '03-02 15:00', lunch)).toEqual({
      days: ['2026-03-02 300'],
      skipped: ['03-02T08:00 – 03-02T09:00 closed', '03-02T13:00 – 03-02T14:00 break'],
    });
  });

  it('a working Saturday counts, and a night shift belongs to both dates', () => {
    const saturday = aCalendar({ exceptions: { '2026-03-14': '9:00-17:00' } });
    expect(told('03-14 10:00', '03-14 12:00', saturday).days).toEqual(['2026-03-14 120']);
    const night = aCalendar({ workday: '22:00-26:00' });
    expect(told('03-02 21:00', '03-03 03:00', night).days).toEqual([
      '2026-03-02 120',
      '2026-03-03 120',
    ]);
  });
});

const policy = {
  id: 'policy',
  targets: { first_response: 600, next_response: 600, resolution: 3000 },
  warnShare: 0.75,
};

/** The clocks and lines after these events. */
function lived(events: [Date, ClockEvent][], calendar: WorkCalendar) {
  let clocks: Clock[] = [];
  const steps: ClockStep[] = [];
  for (const [at, event] of events) {
    const result = advance(clocks, event, { at, policy, calendar });
    clocks = result.clocks;
    steps.push(...result.steps);
  }
  return clocks.map((one) => {
    const own = steps.filter(({ kind, cycle }) => kind === one.kind && cycle === one.cycle);
    return { clock: one, steps: own, stretches: stretchesOf(one, own, calendar) };
  });
}
const sumOf = (stretches: readonly Stretch[], ...kinds: Stretch['is'][]) =>
  stretches.filter(({ is }) => kinds.includes(is)).reduce((ms, one) => ms + one.countedMs, 0);

describe('stretches of a clock', () => {
  it('counted, paused and counted on to the deadline', () => {
    const [first] = lived(
      [
        [moscow('03-02 10:00'), { type: 'dealer_message' }],
        [moscow('03-02 12:00'), { type: 'waiting' }],
        [moscow('03-03 10:00'), { type: 'resumed' }],
      ],
      aCalendar(),
    );
    expect(first?.stretches.map(({ is, countedMs }) => `${is} ${countedMs / MINUTE_MS}`)).toEqual([
      'counted 120',
      'paused 0',
      'running 480',
    ]);
  });

  it('a wait that was none is counted after all', () => {
    const began = moscow('03-02 12:00');
    const [first] = lived(
      [
        [moscow('03-02 10:00'), { type: 'dealer_message' }],
        [began, { type: 'waiting' }],
        [moscow('03-02 15:00'), { type: 'wait_disproved', wronglySince: began }],
      ],
      aCalendar(),
    );
    expect(first?.clock.countedMs).toBe(300 * MINUTE_MS);
    expect(first?.clock.dueAt).toEqual(moscow('03-03 11:00'));
    expect(first?.stretches.map(({ is, countedMs }) => `${is} ${countedMs / MINUTE_MS}`)).toEqual([
      'counted 120',
      'counted 180',
      'running 300',
    ]);
  });

  it('says that the hours were others when they were', () => {
    const [first] = lived(
      [
        [moscow('03-02 10:00'), { type: 'dealer_message' }],
        [moscow('03-02 12:00'), { type: 'waiting' }],
      ],
      aCalendar(),
    );
    const now = aCalendar({ workday: '11:00-18:00' });
    const stretches = first && stretchesOf(first.clock, first.steps, now);
    expect(stretches?.map(({ countedMs, days }) => [countedMs, days])).toEqual([
      [120 * MINUTE_MS, null],
      [0, []],
    ]);
  });
});

describe('random lives', () => {
  it.each([1, 2, 3, 4])('days add up to the ledger, seed %i', { timeout: 30_000 }, (seed) => {
    const random = chance(seed);
    const types = [
      'dealer_message',
      'staff_message',
      'waiting',
      'resumed',
      'no_answer_needed',
      'resolved',
    ] as const;
    for (let round = 0; round < 100; round += 1) {
      const { calendar, near } = anyCalendar(random);
      let ms = near.getTime();
      const events = Array.from({ length: random.int(2, 10) }, (): [Date, ClockEvent] => {
        ms += random.int(1, 1500) * MINUTE_MS + random.int(0, 59_999);
        return [new Date(ms), { type: random.pick(types) }];
      });
      for (const { clock: one, stretches } of lived(events, calendar)) {
        const story = `seed ${seed}, round ${round}, ${one.kind}#${one.cycle}`;
        expect(sumOf(stretches, 'counted'), story).toBe(one.countedMs);
        if (one.state === 'running') {
          expect(sumOf(stretches, 'counted', 'running'), story).toBe(one.targetMs);
          const left = one.targetMs - one.countedMs;
          expect(dueAt(one.lastCountedAt, left, calendar), story).toEqual(one.dueAt);
        }
        for (const [i, { is, from, to, countedMs, days, skipped }] of stretches.entries()) {
          // End to end, without a hole; each day and gap lies inside.
          expect(from, story).toEqual(i === 0 ? one.startedAt : stretches[i - 1]?.to);
          if (is === 'paused' || to === null) continue;
          expect(days, story).not.toBeNull();
          const sum = (days ?? []).reduce((all, day) => all + day.countedMs, 0);
          expect(sum, story).toBe(countedMs);
          const gaps = skipped.reduce((all, gap) => all + gap.to.getTime() - gap.from.getTime(), 0);
          expect(sum + gaps, story).toBe(to.getTime() - from.getTime());
          for (const gap of skipped) expect(workMsBetween(gap.from, gap.to, calendar)).toBe(0);
        }
      }
    }
  });
});
