/**
 * SLA: working hours, promised times and the clocks that measure them.
 *
 * Tables: `calendar`, `calendar_version`, `calendar_day`, `sla_policy`; sets `calendar_id` of `team` and `dealer`; of `sla_clock` and `sla_clock_step` it knows rows and meaning,
 * while the appeals module writes them together with the thread.
 * Tells: NOTIFY `sla_changed` and the job `retargetClocks` when a calendar or a policy changes.
 * Hears: NOTIFY `sla_changed`.
 */
export { dueAt, workMsBetween, type WorkCalendar } from './calendar';
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
  type ClockPolicy,
  type ClockStep,
} from './sla.clock';
export { slaRoutes } from './sla.routes';
export { createSlaService, type SlaService } from './sla.service';
export { clockView, promiseView, stepView } from './sla.view';
