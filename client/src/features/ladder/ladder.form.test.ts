import type { LadderStepView } from '@otklik/shared/ladder';
import { describe, expect, it } from 'vitest';

import { emptyStep, formOf, inOrder, readStep, type StepForm } from './ladder.form';

const MINUTES: Record<string, number | null> = {
  '': null,
  '0': 0,
  '30 мин': 30,
  '1 ч': 60,
  '1 д': 540,
};
const parse = (text: string) => (text in MINUTES ? MINUTES[text] : undefined);
const typed = (form: Partial<StepForm>) => readStep('1', { ...emptyStep(), ...form }, parse);
const step = (
  id: string,
  offsetMinutes: number | null,
  percent: number | null = null,
): LadderStepView => ({
  ...{ id, kinds: ['resolution'], offsetMinutes, percent },
  ...{ action: 'remind_owner', urgent: false },
});

describe('a step as it is typed', () => {
  it.each([
    [
      { place: 'before', amount: '30 мин' },
      { offsetMinutes: -30, percent: null },
    ],
    [
      { place: 'after', amount: '1 д' },
      { offsetMinutes: 540, percent: null },
    ],
    [
      { place: 'after', amount: '' },
      { offsetMinutes: 0, percent: null },
    ],
    [
      { place: 'share', amount: '75%' },
      { offsetMinutes: null, percent: 75 },
    ],
  ] satisfies [Partial<StepForm>, object][])('%o is %o', (form, place) => {
    expect(typed(form)).toMatchObject({ step: place });
  });

  it.each([
    [{ place: 'before', amount: '' }, 'amount'],
    [{ place: 'before', amount: '0' }, 'amount'],
    [{ place: 'after', amount: 'завтра' }, 'amount'],
    [{ place: 'share', amount: '0' }, 'percent'],
    [{ place: 'share', amount: '7.5' }, 'percent'],
    [{ place: 'after', amount: '1 ч', kinds: [] }, 'kinds'],
  ] satisfies [Partial<StepForm>, string][])('%o is wrong: %s', (form, wrong) => {
    expect(typed(form)).toEqual({ wrong });
  });

  it('is typed again as it was', () => {
    for (const one of [step('1', -90), step('1', 0), step('1', 600), step('1', null, 120)])
      expect(readStep('1', formOf(one, String), Number)).toEqual({ step: one });
  });
});

it('stands in the order in which it comes', () => {
  const steps = [
    step('a', 60),
    step('b', -30),
    step('c', null, 150),
    step('d', null, 50),
    step('e', 0),
    step('f', -90),
  ];
  const { before, after } = inOrder(steps);
  expect([before.map(({ id }) => id), after.map(({ id }) => id)]).toEqual([
    ['d', 'f', 'b'],
    ['e', 'a', 'c'],
  ]);
});
