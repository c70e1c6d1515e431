/**
 * Reports: what supervisors count over a period, and the appeals behind each number. Reads appeals and their clocks, changes nothing of them.
 *
 * Tables: appeal_fact, report_tally, breach_part, report_place.
 * Tells: nothing.
 * Hears: nothing; it follows the order of changes (`appeal.changed_xid`) by the job `followFacts` and when a report is asked for.
 */
export { RECOUNTED_TABLES } from './fact.repository';
export { createFactsService } from './facts.service';
export { reportRoutes } from './report.routes';
export { createReportService } from './report.service';
