import type { DemoStep, WorkMinutesAgo } from './content/types';

/** Working milliseconds between two moments by the company's calendar. */
export type WorkMsBetween = (from: Date, to: Date) => number;

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const longestSearchMs = 3660 * dayMs;

/**
 * The latest moment that lies `workMinutes` of working time before `now`.
 * On a Sunday, ten working minutes ago was Friday, 17:50.
 * @throws RangeError when the calendar was not open for that long in the last ten years
 */
export function workMomentBefore(
  now: Date,
  workMinutes: WorkMinutesAgo,
  workMsBetween: WorkMsBetween,
): Date {
  const wantedMs = workMinutes * minuteMs;
  const reaches = (at: number) => workMsBetween(new Date(at), now) >= wantedMs;
  let span = wantedMs + minuteMs;
  while (!reaches(now.getTime() - span)) {
    span *= 2;
    if (span > longestSearchMs) throw new RangeError(`No ${workMinutes} working minutes found`);
  }
  // Between `early`, where enough work lies ahead, and `late`, where it does not.
  let early = now.getTime() - span;
  let late = now.getTime() + 1;
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (reaches(middle)) early = middle;
    else late = middle;
  }
  return new Date(early);
}

/**
 * When each step of an appeal happens: one moment per step, growing, none after `now`.
 * Moments stand on uneven seconds, always a little later than `ago` says, so that
 * no deadline is missed by rounding; steps with the same `ago` follow each other at once.
 */
export function planMoments(
  steps: readonly DemoStep[],
  now: Date,
  workMsBetween: WorkMsBetween,
): Date[] {
  let previous = 0;
  return steps.map((step, index) => {
    const exact = workMomentBefore(now, step.ago, workMsBetween);
    const base =
      step.beforeOpening === undefined
        ? exact.getTime()
        : openingOf(exact, workMsBetween) - step.beforeOpening * minuteMs;
    const uneven = base + ((step.ago * 7 + index * 13) % 41) * 1000;
    previous = Math.min(Math.max(uneven, previous + 2000), now.getTime());
    return new Date(previous);
  });
}

/** When the working day of a moment began: half a day earlier the office was closed. */
function openingOf(at: Date, workMsBetween: WorkMsBetween): number {
  return at.getTime() - workMsBetween(new Date(at.getTime() - dayMs / 2), at);
}
