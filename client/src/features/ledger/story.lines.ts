import type { LedgerStretch, SkipReason } from '@otklik/shared/ledger';

/** One line of a clock's story, in the order of time. */
export type StoryLine =
  /** `ahead`: the day lies before the deadline and has not begun to count. */
  | {
      is: 'day';
      key: string;
      date: string;
      hours: { from: string; to: string }[];
      ms: number;
      ahead: boolean;
    }
  | { is: 'skipped'; key: string; from: string; to: string; why: SkipReason }
  | { is: 'paused'; key: string; from: string; to: string | null }
  /** Counted by hours that have changed since: only the sum is known. */
  | { is: 'other_hours'; key: string; from: string; to: string | null; ms: number };

const MINUTE = 60_000;
/** The screen tells whole minutes. */
const lasts = ({ from, to }: { from: string; to: string }) =>
  Date.parse(to) - Date.parse(from) >= MINUTE;

/** Stretches as lines: days of one date as one line, unless a pause lies between them. Their `ms` add up to the stretches' sum. */
export function storyLines(stretches: readonly LedgerStretch[], now: number): StoryLine[] {
  const lines: StoryLine[] = [];
  for (const stretch of stretches) {
    const { is, from, to, countedMs } = stretch;
    if (is === 'paused') lines.push({ is, key: `paused ${from}`, from, to });
    else if (stretch.days === null) {
      lines.push({ is: 'other_hours', key: `other ${from}`, from, to, ms: countedMs });
    } else {
      const days = stretch.days.map((day): StoryLine & { from: string } => {
        const start = day.hours[0]?.from ?? from;
        return {
          ...{ is: 'day', key: `day ${start}`, date: day.date, hours: day.hours },
          ...{ ms: day.countedMs, ahead: is === 'running' && Date.parse(start) > now, from: start },
        };
      });
      const gaps = stretch.skipped.filter(lasts).map((gap): StoryLine & { from: string } => ({
        ...{ is: 'skipped', key: `skipped ${gap.from}` },
        ...gap,
      }));
      lines.push(...[...days, ...gaps].sort((a, b) => Date.parse(a.from) - Date.parse(b.from)));
    }
  }
  return lines;
}
