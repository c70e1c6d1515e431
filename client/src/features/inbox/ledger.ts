import type { AppealClocks, ClockStepView, ClockView } from '@otklik/shared/sla';

import { workMsBetween } from './workHours';

type Key = Pick<ClockView, 'kind' | 'cycle'>;
const sameClock = (a: Key) => (b: Key) => a.kind === b.kind && a.cycle === b.cycle;

/** Working milliseconds a clock has counted until now: its ledger and, while it runs, the time since the last line. */
export function countedOf(
  clock: ClockView,
  { steps, calendar }: AppealClocks,
  now: number,
): number {
  const own = steps.filter(sameClock(clock));
  const written = own.reduce((sum, step) => sum + step.countedMs, 0);
  const last = own.at(-1);
  const runs = clock.endedAt === null && clock.state !== 'paused';
  return last && runs ? written + workMsBetween(Date.parse(last.at), now, calendar) : written;
}

/** When a clock stood still. `to` null: it still does. */
export function pausesOf(
  clock: Key,
  steps: readonly ClockStepView[],
): { from: string; to: string | null }[] {
  const pauses: { from: string; to: string | null }[] = [];
  for (const step of steps.filter(sameClock(clock))) {
    if (step.action === 'paused') pauses.push({ from: step.at, to: null });
    const open = pauses.at(-1);
    const goesOn = step.action === 'paused' || (step.action === 'taken_over' && !step.dueAt);
    if (open?.to === null && !goesOn) open.to = step.at;
  }
  return pauses;
}

/** One line of the ledger, ready to be told. */
export interface LedgerLine {
  step: ClockStepView;
  /** Working milliseconds this clock had counted by then. */
  countedMs: number;
  targetMs: number | null;
  /** How long the pause that ends here has lasted, in calendar time. */
  pausedMs: number | null;
}

/** The lines in the order of time; equal moments keep the order in which they were written. */
export function ledgerLines({ clocks, steps }: AppealClocks, shown: string): LedgerLine[] {
  const counted = new Map<string, number>();
  const pausedAt = new Map<string, number>();
  return [...steps]
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .map((step) => {
      const key = `${step.kind} ${step.cycle}`;
      const sum = (counted.get(key) ?? 0) + step.countedMs;
      counted.set(key, sum);
      const since = pausedAt.get(key);
      pausedAt.delete(key);
      if (step.action === 'paused') pausedAt.set(key, Date.parse(step.at));
      return {
        step,
        countedMs: sum,
        targetMs: clocks.find(sameClock(step))?.targetMs ?? null,
        pausedMs: since === undefined ? null : Date.parse(step.at) - since,
      };
    })
    .filter(
      ({ step }) => shown === 'all' || (step.kind === 'resolution') === (shown === 'resolution'),
    );
}
