import * as z from 'zod';
import { TypeCode } from './appeals';
import { BREACH_CAUSES, REPORT_GROUPS, REPORT_MEASURES, REPORT_NOBODY } from './report-words';
import { PersonRef } from './people';
import { paging } from './text';

export const ReportGroup = z.enum(REPORT_GROUPS);
export type ReportGroup = z.infer<typeof ReportGroup>;
export const ReportMeasure = z.enum(REPORT_MEASURES);
export type ReportMeasure = z.infer<typeof ReportMeasure>;
export const BreachCause = z.enum(BREACH_CAUSES);
export type BreachCause = z.infer<typeof BreachCause>;

/** The longest period, so that a chart has at most so many days. */
export const REPORT_DAYS_MAX = 3_660;

const day = z.iso.date().refine((value) => value >= '2000' && value < '2200', {
  message: 'is not a day of this century or the next',
});
const filters = {
  /** Days of the company's zone, both included. */
  from: day,
  to: day,
  topicId: z.uuid().optional(),
  typeCode: TypeCode.optional(),
  managerId: z.union([z.uuid(), z.literal(REPORT_NOBODY)]).optional(),
  teamId: z.union([z.uuid(), z.literal(REPORT_NOBODY)]).optional(),
  dealerId: z.uuid().optional(),
};
const inOrder = (period: { from: string; to: string }) =>
  period.from <= period.to &&
  Date.parse(period.to) - Date.parse(period.from) < REPORT_DAYS_MAX * 86_400_000;
const wrongOrder = { path: ['to'], message: 'must not be before from, nor ten years after it' };

export const ReportQuery = z
  .strictObject({ ...filters, by: ReportGroup })
  .refine(inOrder, wrongOrder);
export type ReportQuery = z.input<typeof ReportQuery>;

/** The appeals behind a number: the filters of the report, what is counted, and the bar. */
export const ReportAppealsQuery = z
  .strictObject({
    ...filters,
    measure: ReportMeasure,
    /** Hour of the week, 0 = Monday 0:00. */
    slot: z.coerce.number().int().min(0).max(167).optional(),
    /** Open at the end of this day, whenever opened; the period's beginning does not count then. */
    openOn: day.optional(),
    /** With an ended breach that has time of this cause. */
    cause: BreachCause.optional(),
    /** With time in which this colleague was waited for. */
    colleagueId: z.uuid().optional(),
    ...paging,
  })
  .refine(inOrder, wrongOrder);
export type ReportAppealsQuery = z.input<typeof ReportAppealsQuery>;

const count = z.number().int();
const minutes = z.number().int().nullable();
export const ReportNumbers = z.object({
  opened: count,
  judged: count,
  in_time: count,
  late: count,
  answered: count,
  resolved: count,
  late_resolution: count,
  open: count,
  /** Working minutes; null when there is nothing to measure. */
  firstMedian: minutes,
  firstP90: minutes,
  resolutionMedian: minutes,
  resolutionP90: minutes,
});
export type ReportNumbers = z.infer<typeof ReportNumbers>;

const name = z.object({ ru: z.string(), en: z.string() });
export const Report = z.object({
  totals: ReportNumbers,
  /** Share of answers in time before this period, over as many days: per cent; null: nothing to compare with. */
  inTimeBefore: z.number().nullable(),
  /** Weeks or months, oldest first; the first and the last are cut at the period. */
  steps: z.array(
    z.object({ from: z.string(), to: z.string(), opened: count, judged: count, in_time: count }),
  ),
  /** Most appeals first. `key` is what the filter of the group takes. */
  groups: z.array(z.object({ key: z.string(), name, numbers: ReportNumbers })),
  /** Opened by topic and type; most appeals first. */
  topics: z.array(z.object({ topicId: z.string(), typeCode: z.string(), opened: count })),
  /** Opened per hour of the week, 168 numbers. */
  slots: z.array(count),
  /** Time of the missed deadlines that have ended, of appeals of the period: from the start of each clock to its end. */
  causes: z.array(
    z.object({
      cause: BreachCause,
      /** Of cause `colleague`: who was waited for; a line each. */
      colleague: PersonRef.nullable(),
      minutes: count,
      appeals: count,
    }),
  ),
  /** Open at the end of each day. */
  backlog: z.array(z.object({ day: z.string(), open: count })),
  /** The company's zone, whose days and hours these are. */
  zone: z.string(),
  /** Facts are still being gathered: numbers will grow. */
  behind: z.boolean(),
  at: z.iso.datetime(),
});
export type Report = z.infer<typeof Report>;

export const ReportAppeals = z.object({
  total: count,
  /** Who was waited for, when the list is narrowed to it. */
  colleague: z.string().nullable(),
  items: z.array(
    z.object({
      no: count,
      subject: z.string(),
      dealer: z.string(),
      manager: z.string().nullable(),
      status: z.string(),
      openedAt: z.iso.datetime(),
      late: z.boolean(),
    }),
  ),
  nextCursor: z.string().nullable(),
});
export type ReportAppeals = z.infer<typeof ReportAppeals>;
