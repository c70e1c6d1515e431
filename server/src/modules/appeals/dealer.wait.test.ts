import { describe, expect, it } from 'vitest';
import type { WorkCalendar } from '../sla';
import { afterSilence } from './dealer.wait';

const day = (from: number, to: number) => [{ from: from * 60, to: to * 60 }];
/** Vladivostok, ten hours ahead of UTC: Monday to Friday 10–19; a holiday on Friday, 6 March, a short Thursday before it. */
const dealer: WorkCalendar = {
  id: 'dealer',
  zone: 'Asia/Vladivostok',
  week: [day(10, 19), day(10, 19), day(10, 19), day(10, 19), day(10, 19), [], []],
  exceptions: { '2026-03-05': day(10, 14), '2026-03-06': [], '2026-03-09': [] },
};

/** Runs a wait to its end by looking only when it says so. Answers what was done and when, in local time of a zone. */
function story(
  since: string,
  rules: { remindMinutes: number | null; closeMinutes: number | null },
  zone = dealer.zone,
): string[] {
  const done: string[] = [];
  const local = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  let at: Date | null = new Date(since);
  let remindedAt: Date | null = null;
  for (let looks = 0; at !== null && looks < 10; looks += 1) {
    const { act, nextAt } = afterSilence({ since: new Date(since), remindedAt }, rules, dealer, at);
    if (act) done.push(`${act} ${local.format(at)}`);
    if (act === 'remind') remindedAt = at;
    at = act === 'close' ? null : nextAt;
  }
  return done;
}

describe('a dealer ten hours ahead, and a manager at three, by a table made by hand', () => {
  // The manager writes in Moscow; the moments are the dealer's.
  it.each([
    [
      'Monday 10:00 in Moscow is 17:00 there: two hours are left of the day',
      '2026-03-02T07:00:00Z',
      ['remind 2026-03-03 16:00:00', 'close 2026-03-04 15:00:00'],
    ],
    [
      'Monday 15:00 in Moscow is 22:00 there: nothing counts before Tuesday morning',
      '2026-03-02T12:00:00Z',
      ['remind 2026-03-03 18:00:00', 'close 2026-03-04 17:00:00'],
    ],
    [
      'Wednesday 17:00 in Moscow is Thursday midnight there: the short day, the holiday, the weekend and the Monday off',
      '2026-03-04T14:00:00Z',
      ['remind 2026-03-10 14:00:00', 'close 2026-03-11 13:00:00'],
    ],
    [
      'a wait that is over at the stroke of 19:00 waits for the next morning',
      '2026-03-02T01:00:00Z',
      ['remind 2026-03-03 10:00:00', 'close 2026-03-03 18:00:00'],
    ],
  ])('%s', (_when, since, expected) => {
    expect(story(since, { remindMinutes: 480, closeMinutes: 960 })).toEqual(expected);
  });

  it('tells the same moments to the manager in his own zone', () => {
    expect(
      story('2026-03-02T07:00:00Z', { remindMinutes: 480, closeMinutes: 960 }, 'Europe/Moscow'),
    ).toEqual(['remind 2026-03-03 09:00:00', 'close 2026-03-04 08:00:00']);
  });
});

describe('nothing is done', () => {
  it('outside the hours of the dealer, though the server was away when it came', () => {
    const silence = { since: new Date('2026-03-02T07:00:00Z'), remindedAt: null };
    const rules = { remindMinutes: 480, closeMinutes: null };
    // 22:00 of Tuesday there; the reminder was due at 16:00.
    const late = afterSilence(silence, rules, dealer, new Date('2026-03-03T12:00:00Z'));
    expect(late).toEqual({ act: null, nextAt: new Date('2026-03-04T00:00:00Z'), closesAt: null });
  });

  it('without a rule, or by hours that never open', () => {
    const silence = { since: new Date('2026-03-02T07:00:00Z'), remindedAt: null };
    const at = new Date('2026-05-02T07:00:00Z');
    const nothing = { act: null, nextAt: null, closesAt: null };
    expect(afterSilence(silence, { remindMinutes: null, closeMinutes: null }, dealer, at)).toEqual(
      nothing,
    );
    const closed = { ...dealer, week: [[], [], [], [], [], [], []], exceptions: {} };
    expect(afterSilence(silence, { remindMinutes: 1, closeMinutes: 2 }, closed, at)).toEqual(
      nothing,
    );
  });

  it('twice, unless the company has spoken again since', () => {
    const rules = { remindMinutes: 60, closeMinutes: null };
    const at = new Date('2026-03-03T02:00:00Z');
    const remindedAt = new Date('2026-03-03T01:00:00Z');
    const before = { since: new Date('2026-03-02T23:00:00Z'), remindedAt };
    expect(afterSilence(before, rules, dealer, at)).toMatchObject({ act: null, nextAt: null });
    const since = new Date('2026-03-03T01:00:01Z');
    expect(afterSilence({ since, remindedAt }, rules, dealer, at)).toMatchObject({
      act: null,
      nextAt: new Date('2026-03-03T02:00:01Z'),
    });
  });
});
