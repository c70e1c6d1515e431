import type { Me } from '@otklik/shared/people';

/** Where the company's working day stands at a moment. */
export type WorkingDay =
  | { open: true; /** Minutes of the day, in the company's zone. */ until: number }
  | { open: false; /** 0 today, 1 tomorrow … */ inDays: number; from: number };

const WEEK = 7;

/**
 * By the ordinary week; dated exceptions stay with the server, which makes every deadline. Null: it never opens.
 * @param now ms
 */
export function workingDay(
  now: number,
  { zone, hours }: Pick<Me['company'], 'zone' | 'hours'>,
): WorkingDay | null {
  const { day, minute } = localMoment(now, zone);
  for (let inDays = 0; inDays <= WEEK; inDays += 1) {
    const intervals = hours
      .filter(({ days }) => days.includes((day + inDays) % WEEK))
      .flatMap((one) => one.intervals)
      .sort((a, b) => a.from - b.from);
    for (const { from, to } of intervals) {
      if (inDays > 0) return { open: false, inDays, from };
      if (minute < from) return { open: false, inDays, from };
      if (minute < to) return { open: true, until: to };
    }
  }
  return null;
}

/** "18:00" of minutes of a day. */
export const minuteText = (minute: number): string =>
  `${Math.floor(minute / 60) % 24}:${String(minute % 60).padStart(2, '0')}`;

/** Weekday (Monday is 0) and minute of the day in a zone. */
export function localMoment(now: number, zone: string): { day: number; minute: number } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    weekday: 'short',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(now);
  const of = (type: Intl.DateTimeFormatPartTypes) =>
    parts.find((part) => part.type === type)?.value ?? '';
  const day = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(of('weekday'));
  return { day, minute: Number(of('hour')) * 60 + Number(of('minute')) };
}
