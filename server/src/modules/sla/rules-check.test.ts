import { describe, expect, it } from 'vitest';
import { aCalendar, hours } from './calendar.factory';
import { calendarProblems, targetProblems, type Targets } from './rules-check';

const at = new Date('2026-03-02T07:00:00Z');
const ordinary: Targets = {
  firstResponseMinutes: 120,
  nextResponseMinutes: 240,
  resolutionMinutes: 1620,
};
const paths = (calendar = aCalendar(), policies = [ordinary]) =>
  calendarProblems(calendar, policies, at).map(({ path, rule }) => `${path} ${rule}`);

describe('a calendar is refused when', () => {
  it.each([
    ['nothing is wrong', aCalendar(), []],
    ['UTC is a zone too', aCalendar({ zone: 'UTC' }), []],
    ['touching intervals', aCalendar({ workday: '9:00-13:00, 13:00-18:00' }), []],
    ['a shift past midnight', aCalendar({ workday: '20:00-32:00' }), []],
    ['the zone does not exist', aCalendar({ zone: 'Europe/Nowhere' }), ['zone zone']],
    ['the zone is an offset', aCalendar({ zone: '+03:00' }), ['zone zone']],
    ['it never opens', aCalendar({ workday: '' }), ['week never_opens']],
    [
      'it opens by exception only',
      aCalendar({ workday: '', exceptions: { '2026-03-07': '9:00-18:00' } }),
      ['week never_opens'],
    ],
    [
      'ten years hold less than a target',
      aCalendar({ workday: '', weekend: '9:00-9:01' }),
      ['week too_little_time'],
    ],
    [
      'intervals of a weekday overlap',
      aCalendar({ workday: '', weekend: '14:00-18:00, 9:00-14:01' }),
      ['week.5.0 overlap', 'week.6.0 overlap'],
    ],
    [
      'the same interval stands twice',
      aCalendar({ workday: '', weekend: '9:00-18:00, 9:00-18:00' }),
      ['week.5.1 overlap', 'week.6.1 overlap'],
    ],
    [
      'a long interval holds two others',
      aCalendar({ exceptions: { '2026-03-09': '9:00-18:00, 10:00-11:00, 12:00-13:00' } }),
      ['exceptions.2026-03-09.1 overlap', 'exceptions.2026-03-09.2 overlap'],
    ],
  ])('%s', (_name, calendar, expected) => {
    expect(paths(calendar)).toEqual(expected);
  });

  it('no target has to be reached', () => {
    const none = { firstResponseMinutes: null, nextResponseMinutes: null, resolutionMinutes: null };
    const rare = aCalendar({ workday: '', weekend: '9:00-9:01' });
    expect(paths(rare, [none])).toEqual([]);
  });
});

it('a target is refused when a calendar has less time in ten years', () => {
  const rare = { ...aCalendar(), week: [hours('9:00-10:00'), [], [], [], [], [], []] };
  const long = { ...ordinary, resolutionMinutes: 525_600 };
  expect(targetProblems(long, [aCalendar()], at)).toEqual([]);
  expect(targetProblems(long, [aCalendar(), rare, rare], at).map(({ path }) => path)).toEqual([
    'resolutionMinutes',
  ]);
});
