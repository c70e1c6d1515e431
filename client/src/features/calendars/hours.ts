import type { DayInterval } from '@otklik/shared/calendar-days';

const DAY = 1440;

/** “9:00–13:00, 22:00–6:00”: an end that is not after its start lies on the next day. */
export function hoursText(intervals: readonly DayInterval[]): string {
  return intervals
    .map(({ from, to }) => `${clock(from)}–${clock(to > DAY && to - DAY <= from ? to - DAY : to)}`)
    .join(', ');
}

/** What {@link hoursText} writes and people type: “9-18”, “9:00 – 13:00; 14:00 – 18:00”. Null when it is no list of hours. */
export function hoursOf(text: string): DayInterval[] | null {
  const parts = text
    .split(/[,;\n]/)
    .map((part) => part.trim())
    .filter(Boolean);
  const intervals: DayInterval[] = [];
  for (const part of parts) {
    const found = /^(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?$/.exec(part);
    if (!found) return null;
    const from = minutes(found[1], found[2]);
    const end = minutes(found[3], found[4]);
    if (from === null || end === null || from >= DAY) return null;
    const to = end > from ? end : end + DAY;
    intervals.push({ from, to });
  }
  return intervals.sort((a, b) => a.from - b.from);
}

/** True when one begins inside another; the server says the same. */
export function overlap(intervals: readonly DayInterval[]): boolean {
  return intervals.some(({ from }, i) => intervals.slice(0, i).some(({ to }) => from < to));
}

function minutes(hour: string | undefined, minute = '0'): number | null {
  const value = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && value <= 2 * DAY ? value : null;
}

function clock(minute: number): string {
  return `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`;
}
