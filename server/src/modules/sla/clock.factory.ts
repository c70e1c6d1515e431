/** Test data of clocks. */
import type { Db } from '../../platform/db';
import { clockRepository } from './clock.repository';
import type { Clock, ClockStep } from './sla.clock';

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
    carriedAt: null,
    policyId: '00000000-0000-4000-8000-000000000001',
    calendarId: '00000000-0000-4000-8000-000000000002',
    ladderFired: [],
    ladderAt: null,
    ...given,
  };
}

/** Stores clocks as they are now, and ledger lines after those before. */
export async function storeClocks(
  q: Pick<Db, 'query'>,
  appealId: string,
  { changed, steps }: { changed: readonly Clock[]; steps: readonly ClockStep[] },
): Promise<void> {
  await q.query(SAVE, [
    appealId,
    JSON.stringify(changed.map(clockRepository.toRow)),
    JSON.stringify(steps.map(clockRepository.toStepRow)),
  ]);
}

// Ended clocks go first: row by row, an appeal has at most one open clock per duty.
const SAVE = `
  WITH clocks AS (
    INSERT INTO sla_clock (
      appeal_id, kind, cycle, state, started_at, target_ms, due_at, warn_at, warned_at, remaining_ms,
      last_counted_at, counted_ms, ended_at, breached_at, policy_id, calendar_id)
    SELECT
      $1, kind, cycle, state, started_at, target_ms, due_at, warn_at, warned_at, remaining_ms,
      last_counted_at, counted_ms, ended_at, breached_at, policy_id, calendar_id
    FROM jsonb_populate_recordset(NULL::sla_clock, $2)
    ORDER BY ended_at IS NULL
    ON CONFLICT (appeal_id, kind, cycle) DO UPDATE SET
      state = excluded.state, target_ms = excluded.target_ms, due_at = excluded.due_at,
      warn_at = excluded.warn_at, warned_at = excluded.warned_at,
      remaining_ms = excluded.remaining_ms, last_counted_at = excluded.last_counted_at,
      counted_ms = excluded.counted_ms, ended_at = excluded.ended_at,
      breached_at = excluded.breached_at, policy_id = excluded.policy_id,
      calendar_id = excluded.calendar_id
  )
  INSERT INTO sla_clock_step (appeal_id, kind, cycle, no, at, action, reason, counted_ms, remaining_ms, due_at)
  SELECT
    $1, kind, cycle,
    row_number() OVER (PARTITION BY kind, cycle ORDER BY place) + (
      SELECT count(*) FROM sla_clock_step AS old
      WHERE old.appeal_id = $1 AND old.kind = new.kind AND old.cycle = new.cycle),
    at, action, reason, counted_ms, remaining_ms, due_at
  FROM ROWS FROM (jsonb_to_recordset($3::jsonb) AS (
      kind text, cycle integer, at timestamptz, action text, reason text,
      counted_ms bigint, remaining_ms bigint, due_at timestamptz)
  ) WITH ORDINALITY AS new (kind, cycle, at, action, reason, counted_ms, remaining_ms, due_at, place)`;
