/** Test data of clocks. */
import type { Clock } from './sla.clock';

/** A first answer promised within two hours of Monday, 2 March 2026, 11:00 in Moscow, unless said otherwise. */
export function aClock(given: Partial<Clock> = {}): Clock {
  return {
    kind: 'first_response',
    cycle: 1,
    state: 'running',
    startedAt: new Date('2026-03-02T08:00:00Z'),
    targetMs: 7_200_000,
    dueAt: new Date('2026-03-02T10:00:00Z'),
    warnAt: new Date('2026-03-02T09:30:00Z'),
    warnedAt: null,
    remainingMs: null,
    lastCountedAt: new Date('2026-03-02T08:00:00Z'),
    countedMs: 0,
    endedAt: null,
    breachedAt: null,
    policyId: '00000000-0000-4000-8000-000000000001',
    calendarId: '00000000-0000-4000-8000-000000000002',
    ...given,
  };
}
