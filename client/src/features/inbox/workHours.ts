import type { AppealClocks } from '@otklik/shared/sla';

/** The ordinary week of a calendar; dated exceptions stay with the server, which makes every deadline. */
export type WorkWeek = Pick<AppealClocks['calendar'], 'zone' | 'hours'>;

const MINUTE = 60_000;
const DAY = 86_400_000;

const zones = new Map<string, Intl.DateTimeFormat>();
function zoneFormat(zone: string): Intl.DateTimeFormat {
  const known = zones.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  zones.set(zone, made);
  return made;
}

/** How far a zone's wall clock is ahead of UTC at a moment, in ms. */
function offsetAt(moment: number, zone: string): number {
  const part = new Map(
    zoneFormat(zone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const of = (name: Intl.DateTimeFormatPartTypes) => part.get(name) ?? 0;
  const wall = Date.UTC(
    of('year'),
    of('month') - 1,
    of('day'),
    of('hour'),
    of('minute'),
    of('second'),
  );
  return wall - Math.floor(moment / 1000) * 1000;
}

/** Monday is 0. */
const weekday = (wall: number) => (new Date(wall).getUTCDay() + 6) % 7;

/** Stretches of work that touch `[from, to]`, as moments. An interval may run past midnight. */
function* stretches(from: number, to: number, { zone, hours }: WorkWeek) {
  const firstDay = Math.floor((from + offsetAt(from, zone)) / DAY) - 1;
  const lastDay = Math.floor((to + offsetAt(to, zone)) / DAY);
  for (let day = firstDay; day <= lastDay; day += 1) {
    const midnight = day * DAY;
    const open = hours.filter(({ days }) => days.includes(weekday(midnight)));
    for (const { from: opens, to: closes } of open.flatMap(({ intervals }) => intervals)) {
      const moment = (minute: number) => {
        const wall = midnight + minute * MINUTE;
        return wall - offsetAt(wall - offsetAt(wall, zone), zone);
      };
      yield { opens: moment(opens), closes: moment(closes) };
    }
  }
}

/** Working milliseconds between two moments by the ordinary week. */
export function workMsBetween(from: number, to: number, week: WorkWeek): number {
  let sum = 0;
  for (const { opens, closes } of stretches(from, to, week)) {
    sum += Math.max(0, Math.min(to, closes) - Math.max(from, opens));
  }
  return sum;
}

/** Is the company at work at this moment, by the ordinary week? */
export function isWorkingTime(now: number, week: WorkWeek): boolean {
  for (const { opens, closes } of stretches(now, now, week)) {
    if (now >= opens && now < closes) return true;
  }
  return false;
}
