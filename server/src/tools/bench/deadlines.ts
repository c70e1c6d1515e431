import { performance } from 'node:perf_hooks';
import { calendarOf, dueAt } from '../../modules/sla';
import { aCalendar, aStoredCalendar, hours } from '../../modules/sla/calendar.factory';
import { median, table, type Ground } from './ground';

const HOUR_MS = 3_600_000;
const TARGET_MS = 40 * HOUR_MS;
const AT_ONCE = 1_000;
/** Starts lie anywhere in these three years. */
const FROM = Date.UTC(2025, 0, 1);
const YEARS_MS = 3 * 365 * 24 * HOUR_MS;

/** Deadlines of 40 working hours a second on one core, for calendars from plain to everything at once. */
export async function calendar(
  ground: Ground,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<void> {
  const plain = aStoredCalendar();
  const lunch = aCalendar({ workday: '9:00-13:00, 14:00-18:00' }).week;
  const own = { kind: 'own', intervals: hours('10:00-12:00, 22:00-30:00'), note: '' } as const;
  const all = aStoredCalendar({
    zone: 'Europe/Berlin',
    versions: [
      { validFrom: null, week: plain.versions[0]?.week ?? [], country: 'RU' },
      ...['2025-07-01', '2026-01-01', '2026-07-01', '2027-01-01'].map((validFrom) => ({
        ...{ validFrom, week: lunch, country: 'RU' as const },
      })),
    ],
    days: Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [
        new Date(FROM + i * 5 * 24 * HOUR_MS).toISOString().slice(0, 10),
        { ...own, intervals: [...own.intervals] },
      ]),
    ),
  });
  const kinds = { plain, 'with all': all };
  const bar = ground.bar('calendar', rounds * Object.keys(kinds).length);
  const perSecond = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, stored] of Object.entries(kinds)) {
      const ready = calendarOf(stored);
      const started = performance.now();
      let counted = 0;
      let elapsedMs = 0;
      while (elapsedMs < (seconds * 1000) / 4) {
        for (let i = 0; i < AT_ONCE; i += 1) {
          dueAt(new Date(FROM + (((counted + i) * 7_919_777) % YEARS_MS)), TARGET_MS, ready);
        }
        counted += AT_ONCE;
        elapsedMs = performance.now() - started;
      }
      perSecond.set(name, [...(perSecond.get(name) ?? []), (counted * 1000) / elapsedMs]);
      bar.step();
      // Lets Ctrl+C and the bar through.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  bar.end();
  const summary = [...perSecond].map(([kind, runs]) => ({ kind, perSecond: median(runs) }));
  ground.show(`\nDeadlines of 40 working hours, medians of ${rounds} runs; wanted: 100 000/s`);
  ground.show(
    table([
      ['calendar', 'deadlines/s'],
      ...summary.map((row) => [row.kind, row.perSecond.toFixed(0)]),
    ]),
  );
  await ground.save('calendar', { seconds, rounds, summary });
}
