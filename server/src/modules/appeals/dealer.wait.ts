/** Waiting for a dealer: what his silence leads to, and when. Pure; all of it counts in the dealer's own hours. */
import { dueAt, isOpen, nextOpening, type WorkCalendar } from '../sla';

interface Silence {
  /** The last word to the dealer, or the moment the wait began when that is later. */
  since: Date;
  remindedAt: Date | null;
}
/** Minutes of the dealer's working time; null: never. */
export interface SilenceRules {
  remindMinutes: number | null;
  closeMinutes: number | null;
}
interface SilenceOutcome {
  /** What is to be done now. */
  act: 'remind' | 'close' | null;
  /** When to look next; null: nothing more will come. */
  nextAt: Date | null;
  closesAt: Date | null;
}

/**
 * What is to be done at a moment. Nothing is ever done outside the dealer's hours: what comes at the end of his day, or was
 * missed while no server ran, waits until he works again.
 */
export function afterSilence(
  { since, remindedAt }: Silence,
  { remindMinutes, closeMinutes }: SilenceRules,
  hours: WorkCalendar,
  at: Date,
): SilenceOutcome {
  const momentOf = (minutes: number | null) =>
    within(hours, () => (minutes === null ? null : dueAt(since, minutes * 60_000, hours)));
  const closesAt = momentOf(closeMinutes);
  const isReminded = remindedAt !== null && remindedAt > since;
  const remindsAt = isReminded ? null : momentOf(remindMinutes);
  const isWorking = isOpen(at, hours);
  if (closesAt !== null && closesAt <= at && isWorking)
    return { act: 'close', nextAt: null, closesAt };
  if (remindsAt !== null && remindsAt <= at && isWorking)
    return { act: 'remind', nextAt: closesAt, closesAt };
  const moments = [closesAt, remindsAt].flatMap((moment) => {
    if (moment === null) return [];
    const next = moment > at ? moment : within(hours, () => at);
    return next === null ? [] : [next.getTime()];
  });
  return {
    act: null,
    nextAt: moments.length === 0 ? null : new Date(Math.min(...moments)),
    closesAt,
  };
}

/** The moment, or when the dealer works next; null: never. */
function within(hours: WorkCalendar, moment: () => Date | null): Date | null {
  try {
    const found = moment();
    return found === null ? null : nextOpening(found, hours);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
