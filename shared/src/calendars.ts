import * as z from 'zod';
import { CALENDAR_DAYS_MAX, DAY_KINDS } from './calendar-days';
import { COUNTRIES } from './production';
import { typed, typedOrEmpty } from './text';

const VERSIONS_MAX = 100;
const INTERVALS_MAX = 12;

const minuteOfDay = z.number().int().min(0).max(2880);
const WorkInterval = z
  .strictObject({ from: minuteOfDay, to: minuteOfDay })
  .refine((interval) => interval.from < interval.to, {
    error: 'an interval ends after it starts',
    path: ['to'],
  });
const intervals = z.array(WorkInterval).max(INTERVALS_MAX);
const Country = z.enum(COUNTRIES);

const Version = z.strictObject({
  /** Local date from which it decides; null: from the beginning. */
  validFrom: z.iso.date().nullable(),
  /** Seven lists, Monday first. */
  week: z.array(intervals).length(7),
  /** Whose production calendar it follows. */
  country: Country.nullable(),
});
const Day = z.strictObject({
  date: z.iso.date(),
  kind: z.enum(DAY_KINDS),
  /** Of the kind `own` only. */
  intervals: intervals.default([]),
  note: typedOrEmpty(200).default(''),
});

const Hours = {
  name: typed(120),
  /** IANA name, such as `Europe/Kaliningrad`. */
  zone: z.string().min(1).max(60),
  /** The first one is valid from the beginning. */
  versions: z.array(Version).min(1).max(VERSIONS_MAX),
  /** Dated exceptions, each date once. */
  days: z.array(Day).max(CALENDAR_DAYS_MAX),
};
/** Whose working hours it is beside those it was made for; the most specific wins: dealer, team, company. */
const Layers = {
  isCompany: z.boolean(),
  teamIds: z.array(z.uuid()).max(500),
  dealerIds: z.array(z.uuid()).max(1_000),
};

export const CreateCalendar = z.strictObject({ calendarId: z.uuid(), ...Hours, ...Layers });
export type CreateCalendar = z.input<typeof CreateCalendar>;
export const ChangeCalendar = z.strictObject({
  calendarId: z.uuid(),
  /** The revision that was changed; a later one means that somebody else was quicker. */
  rev: z.number().int().min(1),
  ...Hours,
  ...Layers,
});
export type ChangeCalendar = z.input<typeof ChangeCalendar>;
export const CalendarKey = z.strictObject({ calendarId: z.uuid() });
export type CalendarKey = z.infer<typeof CalendarKey>;

const IntervalView = z.object({ from: z.number().int(), to: z.number().int() });
export const CalendarView = z.object({
  id: z.uuid(),
  rev: z.number().int(),
  name: z.string(),
  zone: z.string(),
  versions: z.array(
    z.object({
      validFrom: z.string().nullable(),
      week: z.array(z.array(IntervalView)),
      country: Country.nullable(),
    }),
  ),
  days: z.array(
    z.object({
      date: z.string(),
      kind: z.enum(DAY_KINDS),
      intervals: z.array(IntervalView),
      note: z.string(),
    }),
  ),
  isCompany: z.boolean(),
  teamIds: z.array(z.uuid()),
  dealerIds: z.array(z.uuid()),
  /** Clocks have run by it: what lies before today stays as it was. */
  used: z.boolean(),
  /** Today in its zone, by the server's clock. */
  today: z.string(),
});
export type CalendarView = z.infer<typeof CalendarView>;

const Named = z.object({ id: z.uuid(), name: z.string() });
export const CalendarList = z.object({
  items: z.array(CalendarView),
  /** Those who may have a calendar of their own. */
  teams: z.array(z.object({ id: z.uuid(), nameRu: z.string(), nameEn: z.string() })),
  dealers: z.array(Named),
  /** From 1 November: the coming year that a production calendar in use does not know. Admins only. */
  missingYears: z.array(z.object({ country: Country, year: z.number().int() })),
});
export type CalendarList = z.infer<typeof CalendarList>;
