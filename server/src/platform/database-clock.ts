import { performance } from 'node:perf_hooks';

/**
 * What the database's clock says, without asking it. The wall clock of this node takes no part: nodes may disagree about the time,
 * and a moment that one of them writes must not lie before what another wrote.
 *
 * Every answer that carries `clock_timestamp()` was made between question and reply; both are known on the monotonic clock of the
 * process, so the difference of the two clocks lies between two bounds. The lower one is used, the best of those that later answers
 * do not contradict: the guess lags behind the database by at most one answer's way back and is not ahead of it. Whoever writes a
 * guessed moment still lets the database check it, for a clock may be set and a machine may sleep.
 * @param monotonic milliseconds from any beginning
 */
export function createDatabaseClock(monotonic: () => number = () => performance.now()) {
  /** Database's milliseconds minus ours. */
  let difference: number | null = null;
  let latest = -Infinity;
  return {
    /** Call it when the question leaves, and what it returns with the database's answer. */
    ask(): (said: Date) => void {
      const asked = monotonic();
      return (said) => {
        const least = said.getTime() - monotonic();
        // A Date has cut off the microseconds.
        const most = said.getTime() + 1 - asked;
        if (difference === null || difference < least || difference > most) difference = least;
        latest = Math.max(latest, said.getTime());
      };
    },
    /** The moment there, whole milliseconds, never before one that was heard or given; null before the first answer. */
    moment(): Date | null {
      if (difference === null) return null;
      latest = Math.max(latest, Math.floor(difference + monotonic()));
      return new Date(latest);
    },
  };
}
