/**
 * SLA: working hours, promised times and the clocks that measure them.
 *
 * Tables: `calendar`, `calendar_version`, `calendar_day`, `calendar_past`, `sla_policy`, `dealer_group`, `dealer_group_member`, `sla_recompute`, `ladder`, `ladder_step`; sets `calendar_id` of `team` and `dealer`; of `sla_clock` and `sla_clock_step` it knows rows and meaning,
 * while the appeals module writes them together with the thread.
 * Tells: NOTIFY `sla_changed`, the job `aimLadder` when the ladder changes, the job `retargetClocks` when a calendar, a policy or a dealer's group changes.
 * Hears: NOTIFY `sla_changed`.
 */
export { dueAt, isOpen, nextOpening, workMsBetween, type WorkCalendar } from './calendar';
export { calendarOf } from './calendar.repository';
export { calendarRoutes } from './calendar.routes';
export { stretchesOf, type Stretch } from './clock.days';
export { clockRepository, type ClockRow } from './clock.repository';
export {
  advance,
  shownClock,
  type Clock,
  type ClockContext,
  type ClockEvent,
  type ClockKind,
  type ClockName,
  type ClockPolicy,
  type ClockStep,
  type Debt,
} from './sla.clock';
export { nextStepAt, stepsReached, type LadderStep } from './ladder';
export { ladderRoutes } from './ladder.routes';
export { createLadderService } from './ladder.service';
export { createDealerGroupService } from './dealer-groups.service';
export { policyRoutes } from './policies.routes';
export { createPolicyService } from './policies.service';
export { createPolicyPreviewService } from './policy-preview.service';
export { supposedRules } from './supposed-rules';
export { mayManage } from './sla.policy';
export {
  contextIn,
  createSlaService,
  NO_POLICY,
  type MatchedAppeal,
  type SlaService,
} from './sla.service';
export { clockView, promiseView, stepView } from './sla.view';
export { announceRules } from './policies.repository';
