import type {
  CalendarKey,
  CalendarList,
  CalendarView,
  ChangeCalendar,
  CreateCalendar,
} from './calendars';
import type { Nothing } from './people';
import { route } from './route';

export const calendarsApi = {
  list: route<Nothing, CalendarList>('GET', '/sla/calendars'),
  create: route<CreateCalendar, CalendarView>('POST', '/sla/calendars'),
  change: route<ChangeCalendar, CalendarView>('PUT', '/sla/calendars/:calendarId'),
  remove: route<CalendarKey, Nothing>('DELETE', '/sla/calendars/:calendarId'),
};
