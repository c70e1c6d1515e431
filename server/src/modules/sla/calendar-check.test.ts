import { describe, expect, it } from 'vitest';
import {
  calendarProblems,
  pastProblems,
  storedCalendar,
  type SentCalendar,
} from './calendar-check';
import { aCalendar, aStoredCalendar, hours } from './calendar.factory';
import type { Targets } from './rules-check';

/** 10:00 on a Monday in Moscow. */
const at = new Date('2026-03-02T07:00:00Z');
const ordinary: Targets = {
  firstResponseMinutes: 120,
  nextResponseMinutes: 240,
  resolutionMinutes: 1620,
  questionMinutes: null,
};
const weekOf = (workday: string, weekend = '') => aCalendar({ workday, weekend }).week;
const from = (validFrom: string | null, week = weekOf('9:00-18:00')) =>
  ({ validFrom, week, country: null }) as const;
const day = (date: string, text = '') =>
  ({ date, kind: text ? 'own' : 'closed', intervals: hours(text), note: '' }) as const;

function sent(given: Partial<SentCalendar> = {}): SentCalendar {
  return { ...aStoredCalendar(), days: [], ...given };
}
const said = (problems: { path: string; rule: string }[]) =>
  problems.map(({ path, rule }) => `${path} ${rule}`);

describe('a calendar is refused when', () => {
  // prettier-ignore
  it.each<[string, Partial<SentCalendar>, string[]]>([
    ['nothing is wrong', {}, []],
    ['UTC is a zone too', { zone: 'UTC' }, []],
    ['touching intervals', { versions: [from(null, weekOf('9:00-13:00, 13:00-18:00'))] }, []],
    ['a shift past midnight', { versions: [from(null, weekOf('20:00-32:00'))] }, []],
    ['the zone does not exist', { zone: 'Europe/Nowhere' }, ['zone zone']],
    ['the zone is an offset', { zone: '+03:00' }, ['zone zone']],
    ['it never opens', { versions: [from(null, weekOf(''))] }, ['versions.0.week never_opens']],
    ['it opens by exception only', { versions: [from(null, weekOf(''))], days: [day('2026-03-07', '9:00-18:00')] }, ['versions.0.week never_opens']],
    ['it never opens later', { versions: [from(null), from('2026-04-01', weekOf(''))] }, ['versions.1.week never_opens']],
    ['ten years hold less than a target', { versions: [from(null, weekOf('', '9:00-9:01'))] }, ['versions.0.week too_little_time']],
    ['ten years from a later start hold less', { versions: [from(null), from('2026-04-01', weekOf('', '9:00-9:01'))] }, ['versions.1.week too_little_time']],
    ['intervals of a weekday overlap', { versions: [from(null, weekOf('', '14:00-18:00, 9:00-14:01'))] }, ['versions.0.week.5.0 overlap', 'versions.0.week.6.0 overlap']],
    ['the same interval stands twice', { versions: [from(null, weekOf('', '9:00-18:00, 9:00-18:00'))] }, ['versions.0.week.5.1 overlap', 'versions.0.week.6.1 overlap']],
    ['a long interval holds two others', { days: [day('2026-03-09', '9:00-18:00, 10:00-11:00, 12:00-13:00')] }, ['days.0.intervals.1 overlap', 'days.0.intervals.2 overlap']],
    ['a date stands twice', { days: [day('2026-05-01'), day('2026-05-02'), day('2026-05-01', '9:00-10:00')] }, ['days.2.date twice']],
    ['a date lies beyond every deadline', { days: [day('2036-12-31'), day('2037-01-01'), day('1999-12-31')] }, ['days.1.date beyond', 'days.2.date beyond']],
    ['own hours without hours', { days: [{ ...day('2026-05-01'), kind: 'own' }] }, ['days.0.intervals hours']],
    ['a closed day with hours', { days: [{ ...day('2026-05-01', '9:00-10:00'), kind: 'closed' }] }, ['days.0.intervals hours']],
    ['the first version has a start', { versions: [from('2026-01-01')] }, ['versions.0.validFrom first']],
    ['two versions begin together', { versions: [from(null), from('2026-04-01'), from('2026-04-01')] }, ['versions.2.validFrom order']],
    ['two versions are from the beginning', { versions: [from(null), from(null)] }, ['versions.1.validFrom first']],
  ])('%s', (_name, given, expected) => {
    expect(said(calendarProblems(sent(given), [ordinary], at))).toEqual(expected);
  });

  it('no target has to be reached', () => {
    const none: Targets = {
      firstResponseMinutes: null,
      nextResponseMinutes: null,
      resolutionMinutes: null,
      questionMinutes: null,
    };
    const rare = sent({ versions: [from(null, weekOf('', '9:00-9:01'))] });
    expect(calendarProblems(rare, [none], at)).toEqual([]);
  });

  it('its promises reach beyond the last known year', () => {
    const rare = sent({
      versions: [{ validFrom: null, week: weekOf('9:00-9:30'), country: 'RU' }],
    });
    const long = { ...ordinary, resolutionMinutes: 30 * 700 };
    expect(said(calendarProblems(rare, [long], at))).toEqual([
      'versions.0.country beyond_known_year',
    ]);
  });
});

describe('the past of a calendar that clocks have run by', () => {
  const versions = [from(null), from('2026-02-01', weekOf('8:00-17:00'))];
  const days = [day('2026-02-23'), day('2026-05-01')];
  const before = storedCalendar(sent({ versions, days }));

  // prettier-ignore
  it.each<[string, Partial<SentCalendar>, string[]]>([
    ['nothing changes', {}, []],
    ['another name', { name: 'Office' }, []],
    ['a version from today', { versions: [...versions, from('2026-03-02')] }, []],
    ['a version from yesterday', { versions: [...versions, from('2026-03-01')] }, ['versions.2 past']],
    ['another first week', { versions: [from(null, weekOf('9:00-17:00')), ...versions.slice(1)] }, ['versions.0 past']],
    ['a version of the past less', { versions: versions.slice(0, 1) }, ['versions past']],
    ['a day from today on', { days: [...days, day('2026-03-02')] }, []],
    ['a day to come less', { days: days.slice(0, 1) }, []],
    ['a day of yesterday', { days: [...days, day('2026-03-01')] }, ['days.2 past']],
    ['a day of the past less', { days: days.slice(1) }, ['days past']],
    ['other hours on a day of the past', { days: [day('2026-02-23', '9:00-10:00'), day('2026-05-01')] }, ['days.0 past']],
    ['another zone', { zone: 'Asia/Omsk' }, ['zone in_use']],
  ])('%s', (_name, given, expected) => {
    expect(said(pastProblems(before, sent({ versions, days, ...given }), at))).toEqual(expected);
  });
});
