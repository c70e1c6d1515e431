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
  list: route<Nothing, CalendarList>('GET', '/sla/calendars', 'sla.read'),
  create: route<CreateCalendar, CalendarView>('POST', '/sla/calendars', 'sla.manage'),
  change: route<ChangeCalendar, CalendarView>('PUT', '/sla/calendars/:calendarId', 'sla.manage'),
  remove: route<CalendarKey, Nothing>('DELETE', '/sla/calendars/:calendarId', 'sla.manage'),
};
