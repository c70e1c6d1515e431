// What both sides name of reports; without any validator, so that the browser bundle stays small.

/** By what the lines of a report are grouped. */
export const REPORT_GROUPS = ['manager', 'team', 'topic', 'type', 'dealer'] as const;

/**
 * What is counted, always appeals opened within the period: all of them; those with a promised answer that was given or missed;
 * of these, all answers in time, or one missed; with a first answer; resolved; resolved too late; still open.
 */
export const REPORT_MEASURES = [
  'opened',
  'judged',
  'in_time',
  'late',
  'answered',
  'resolved',
  'late_resolution',
  'open',
] as const;

/** Where the time of a missed deadline went (`autopsy.ts` on the server). */
export const BREACH_CAUSES = [
  'unassigned',
  'owner',
  'colleague',
  'approval',
  'dealer',
  'out_of_hours',
] as const;

/** What has no manager or no team. */
export const REPORT_NOBODY = 'none';
