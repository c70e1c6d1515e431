import { LONGEST_TARGET_MINUTES } from '@otklik/shared/limits';
import type { LadderAction, LadderStepView } from '@otklik/shared/ladder';
import type { ClockKind } from '@otklik/shared/sla';

export const KINDS = ['first_response', 'next_response', 'resolution'] as const;
export const ACTIONS = [
  'remind_owner',
  'remind_team',
  'remind_supervisor',
  'reassign_team',
  'reassign_next',
] as const;
export const PLACES = ['before', 'after', 'share'] as const;
export type Place = (typeof PLACES)[number];

/** A step as it is typed. */
export interface StepForm {
  place: Place;
  /** Working time, or a share in percent. */
  amount: string;
  kinds: ClockKind[];
  action: LadderAction;
  urgent: boolean;
}

export const emptyStep = (): StepForm => ({
  ...{ place: 'before', amount: '', kinds: ['first_response', 'next_response'] },
  ...{ action: 'remind_owner', urgent: false },
});

/** @param write working minutes as they are typed */
export function formOf(step: LadderStepView, write: (minutes: number) => string): StepForm {
  const { offsetMinutes, percent, kinds, action, urgent } = step;
  const common = { kinds: [...kinds], action, urgent };
  if (offsetMinutes === null) return { place: 'share', amount: String(percent ?? ''), ...common };
  const amount = write(Math.abs(offsetMinutes));
  return { place: offsetMinutes < 0 ? 'before' : 'after', amount, ...common };
}

/**
 * What was typed as a step, or what is wrong with it.
 * @param parse typed working time in minutes; null: nothing typed, undefined: no time
 */
export function readStep(
  id: string,
  form: StepForm,
  parse: (typed: string) => number | null | undefined,
): { step: LadderStepView } | { wrong: 'amount' | 'percent' | 'kinds' } {
  const common = { id, kinds: form.kinds, action: form.action, urgent: form.urgent };
  if (form.kinds.length === 0) return { wrong: 'kinds' };
  if (form.place === 'share') {
    const percent = form.amount.trim() === '' ? Number.NaN : Number(form.amount.replace('%', ''));
    return Number.isInteger(percent) && percent >= 1 && percent <= 1_000
      ? { step: { ...common, offsetMinutes: null, percent } }
      : { wrong: 'percent' };
  }
  const minutes = parse(form.amount);
  // At the deadline itself is "after" with nothing typed or zero.
  const amount = minutes ?? (minutes === null && form.place === 'after' ? 0 : Number.NaN);
  const isFine = Number.isInteger(amount) && amount >= 0 && amount <= LONGEST_TARGET_MINUTES;
  if (!isFine || (form.place === 'before' && amount === 0)) return { wrong: 'amount' };
  const offsetMinutes = form.place === 'before' ? -amount : amount;
  return { step: { ...common, offsetMinutes, percent: null } };
}

/** In the order they come for an ordinary target; shares before the deadline come first. */
export function inOrder(steps: readonly LadderStepView[]): {
  before: LadderStepView[];
  after: LadderStepView[];
} {
  const isBefore = ({ offsetMinutes, percent }: LadderStepView) =>
    percent === null ? (offsetMinutes ?? 0) < 0 : percent < 100;
  const weight = ({ offsetMinutes, percent }: LadderStepView) => [
    // Shares first before the deadline, last after it.
    percent === null ? 0 : percent < 100 ? -1 : 1,
    percent ?? offsetMinutes ?? 0,
  ];
  const sorted = [...steps].sort((a, b) => {
    const [[aGroup = 0, aPlace = 0], [bGroup = 0, bPlace = 0]] = [weight(a), weight(b)];
    const byAction = ACTIONS.indexOf(a.action) - ACTIONS.indexOf(b.action);
    return aGroup - bGroup || aPlace - bPlace || byAction || (a.id < b.id ? -1 : 1);
  });
  return { before: sorted.filter(isBefore), after: sorted.filter((step) => !isBefore(step)) };
}
