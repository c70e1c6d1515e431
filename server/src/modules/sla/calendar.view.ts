import type { CalendarView } from '@otklik/shared/calendars';
import { localDate, type StoredCalendar } from './calendar.repository';

export function calendarView(calendar: StoredCalendar, used: boolean, at: Date): CalendarView {
  return {
    id: calendar.id,
    rev: calendar.rev,
    name: calendar.name,
    zone: calendar.zone,
    versions: calendar.versions.map(({ validFrom, week, country }) => ({
      validFrom,
      week,
      country,
    })),
    days: Object.entries(calendar.days)
      .map(([date, { kind, intervals, note }]) => ({ date, kind, intervals, note }))
      .sort((a, b) => (a.date < b.date ? -1 : 1)),
    isCompany: calendar.isCompany,
    teamIds: calendar.teamIds,
    dealerIds: calendar.dealerIds,
    used,
    today: localDate(calendar.zone, at),
  };
}
