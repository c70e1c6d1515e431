import type { Db } from '../../platform/db';
import type { Clock, ClockKind, ClockReason, ClockState, ClockStep } from './sla.clock';

/** A row of `sla_clock` without its appeal, as `to_jsonb` writes and `jsonb_to_recordset` reads it. Moments are ISO 8601. */
export interface ClockRow {
  kind: ClockKind;
  cycle: number;
  state: ClockState;
  started_at: string;
  target_ms: number;
  due_at: string | null;
  warn_at: string | null;
  warned_at: string | null;
  remaining_ms: number | null;
  last_counted_at: string;
  counted_ms: number;
  ended_at: string | null;
  breached_at: string | null;
  carried_at: string | null;
  policy_id: string;
  calendar_id: string;
  ladder_fired: readonly string[];
  ladder_at: string | null;
}

/** A row of `sla_clock_step` without its appeal and its number. */
export interface ClockStepRow {
  kind: ClockKind;
  cycle: number;
  at: string;
  action: ClockStep['action'];
  reason: ClockReason;
  counted_ms: number;
  remaining_ms: number;
  due_at: string | null;
}

/** Something of an open clock that is past its moment. */
export interface DueClock {
  appealId: string;
  kind: ClockKind;
  cycle: number;
  moment: 'warn' | 'due' | 'ladder';
}

type Queries = Pick<Db, 'query'>;

export const clockRepository = {
  toClock(row: ClockRow): Clock {
    return {
      kind: row.kind,
      cycle: row.cycle,
      state: row.state,
      startedAt: new Date(row.started_at),
      targetMs: row.target_ms,
      dueAt: momentOf(row.due_at),
      warnAt: momentOf(row.warn_at),
      warnedAt: momentOf(row.warned_at),
      remainingMs: row.remaining_ms,
      lastCountedAt: new Date(row.last_counted_at),
      countedMs: row.counted_ms,
      endedAt: momentOf(row.ended_at),
      breachedAt: momentOf(row.breached_at),
      carriedAt: momentOf(row.carried_at),
      policyId: row.policy_id,
      calendarId: row.calendar_id,
      ladderFired: row.ladder_fired,
      ladderAt: momentOf(row.ladder_at),
    };
  },

  toRow(clock: Clock): ClockRow {
    return {
      kind: clock.kind,
      cycle: clock.cycle,
      state: clock.state,
      started_at: clock.startedAt.toISOString(),
      target_ms: clock.targetMs,
      due_at: isoOf(clock.dueAt),
      warn_at: isoOf(clock.warnAt),
      warned_at: isoOf(clock.warnedAt),
      remaining_ms: clock.remainingMs,
      last_counted_at: clock.lastCountedAt.toISOString(),
      counted_ms: clock.countedMs,
      ended_at: isoOf(clock.endedAt),
      breached_at: isoOf(clock.breachedAt),
      carried_at: isoOf(clock.carriedAt),
      policy_id: clock.policyId,
      calendar_id: clock.calendarId,
      ladder_fired: clock.ladderFired,
      ladder_at: isoOf(clock.ladderAt),
    };
  },

  toStep(row: ClockStepRow): ClockStep {
    return {
      kind: row.kind,
      cycle: row.cycle,
      at: new Date(row.at),
      action: row.action,
      reason: row.reason,
      countedMs: row.counted_ms,
      remainingMs: row.remaining_ms,
      dueAt: momentOf(row.due_at),
    };
  },

  toStepRow(step: ClockStep): ClockStepRow {
    return {
      kind: step.kind,
      cycle: step.cycle,
      at: step.at.toISOString(),
      action: step.action,
      reason: step.reason,
      counted_ms: step.countedMs,
      remaining_ms: step.remainingMs,
      due_at: isoOf(step.dueAt),
    };
  },

  /** In the order they began. */
  async clocksOf(q: Queries, appealId: string): Promise<Clock[]> {
    const rows = await q.query<{ clock: ClockRow }>(
      `SELECT to_jsonb(c) AS clock FROM sla_clock c WHERE appeal_id = $1 ORDER BY started_at, kind, cycle`,
      [appealId],
    );
    return rows.map(({ clock }) => clockRepository.toClock(clock));
  },

  /** The ledger of all clocks, in time order. */
  async stepsOf(q: Queries, appealId: string): Promise<ClockStep[]> {
    const rows = await q.query<{ step: ClockStepRow }>(
      `SELECT to_jsonb(s) AS step FROM sla_clock_step s WHERE appeal_id = $1 ORDER BY at, kind, cycle, no`,
      [appealId],
    );
    return rows.map(({ step }) => clockRepository.toStep(step));
  },

  /** Open clocks past a moment by the database's clock, the longest past first. */
  dueAppeals: (q: Queries, limit: number): Promise<DueClock[]> => q.query<DueClock>(DUE, [limit]),
};

// A volatile function cannot limit an index scan; the subquery asks the clock once.
const DUE = `
  SELECT appeal_id AS "appealId", kind, cycle, moment
  FROM (
    (SELECT appeal_id, kind, cycle, 'due' AS moment, due_at AS past
     FROM sla_clock
     WHERE state = 'running' AND due_at <= (SELECT clock_timestamp())
     ORDER BY due_at LIMIT $1)
    UNION ALL
    (SELECT appeal_id, kind, cycle, 'warn', warn_at
     FROM sla_clock
     WHERE state = 'running' AND warned_at IS NULL AND warn_at <= (SELECT clock_timestamp())
     ORDER BY warn_at LIMIT $1)
    UNION ALL
    (SELECT appeal_id, kind, cycle, 'ladder', ladder_at
     FROM sla_clock
     WHERE ladder_at <= (SELECT clock_timestamp())
     ORDER BY ladder_at LIMIT $1)
  ) AS reached
  ORDER BY past
  LIMIT $1`;

function momentOf(iso: string | null): Date | null {
  return iso === null ? null : new Date(iso);
}

function isoOf(moment: Date | null): string | null {
  return moment === null ? null : moment.toISOString();
}
