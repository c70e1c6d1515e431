import { expect, it } from 'vitest';
import { aCalendar, aStoredCalendar, hours } from './calendar.factory';
import { calendarOf } from './calendar.repository';
import { targetProblems, type Targets } from './rules-check';

const at = new Date('2026-03-02T07:00:00Z');
const ordinary: Targets = {
  firstResponseMinutes: 120,
  nextResponseMinutes: 240,
  resolutionMinutes: 1620,
  questionMinutes: 60,
};

it('a target is refused when a calendar has less time in ten years', () => {
  const rare = { ...aCalendar(), week: [hours('9:00-10:00'), [], [], [], [], [], []] };
  const long = { ...ordinary, resolutionMinutes: 525_600 };
  expect(targetProblems(long, [aCalendar()], at)).toEqual([]);
  expect(targetProblems(long, [aCalendar(), rare, rare], at).map(({ path }) => path)).toEqual([
    'resolutionMinutes',
  ]);
});

it('a target is refused when it ends in a year whose days off nobody knows', () => {
  const russian = calendarOf(
    aStoredCalendar({ versions: [{ validFrom: null, week: aCalendar().week, country: 'RU' }] }),
  );
  const problems = (resolutionMinutes: number, when: Date) =>
    targetProblems({ ...ordinary, resolutionMinutes }, [russian], when).map(
      ({ path, rule }) => `${path} ${rule}`,
    );
  const twoYears = 2 * 247 * 9 * 60;
  expect(problems(twoYears, at)).toEqual(['resolutionMinutes beyond_known_year']);
  expect(problems(247 * 9 * 60, at)).toEqual([]);
  // The coming year may be unknown without every promise of December failing.
  expect(problems(1620, new Date('2027-12-30T07:00:00Z'))).toEqual([]);
});
