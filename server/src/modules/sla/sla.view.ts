import type { Me } from '@otklik/shared/people';
import type { PolicyView } from '@otklik/shared/policies';
import type { ClockStepView, ClockView, PromiseView } from '@otklik/shared/sla';
import { describeWeek, type WorkCalendar } from './calendar';
import type { Clock, ClockStep } from './sla.clock';
import type { NamedPolicy } from './policies.repository';

/** The ordinary week, days that open alike taken together: 0 = Monday, closed days left out. */
export type HoursView = Me['company']['hours'];

export function hoursView(calendar: Pick<WorkCalendar, 'week'>): HoursView {
  return describeWeek(calendar).map(({ firstDay, lastDay, intervals }) => ({
    days: Array.from({ length: lastDay - firstDay + 1 }, (_, i) => firstDay + i),
    intervals,
  }));
}

export function policyView({ deleted: _live, ...policy }: NamedPolicy): PolicyView {
  return policy;
}

/** A clock for staff. */
export function clockView(clock: Clock): ClockView {
  return {
    kind: clock.kind,
    cycle: clock.cycle,
    state: clock.state,
    startedAt: clock.startedAt.toISOString(),
    targetMs: clock.targetMs,
    dueAt: isoOf(clock.dueAt),
    warnAt: isoOf(clock.warnAt),
    remainingMs: clock.remainingMs,
    endedAt: isoOf(clock.endedAt),
    breachedAt: isoOf(clock.breachedAt),
  };
}

/** A line of the ledger, for staff. */
export function stepView(step: ClockStep): ClockStepView {
  return {
    kind: step.kind,
    cycle: step.cycle,
    at: step.at.toISOString(),
    action: step.action,
    reason: step.reason,
    countedMs: step.countedMs,
    remainingMs: step.remainingMs,
    dueAt: isoOf(step.dueAt),
  };
}

/** A clock for dealers; null when it promises nothing any more: called off, carried to another appeal, or missed and over. */
export function promiseView({ kind, state, dueAt, endedAt }: Clock): PromiseView | null {
  if (state === 'cancelled' || state === 'carried' || (state === 'breached' && endedAt !== null))
    return null;
  return { kind, state: state === 'breached' ? 'late' : state, dueAt: isoOf(dueAt) };
}

function isoOf(moment: Date | null): string | null {
  return moment === null ? null : moment.toISOString();
}
