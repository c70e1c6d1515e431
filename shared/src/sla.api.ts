import type { Nothing } from './people';
import { route } from './route';
import type { CalendarView, ChangeCalendar, ChangePolicy, PolicyView } from './sla';

export const slaApi = {
  calendars: route<Nothing, { items: CalendarView[] }>('GET', '/sla/calendars'),
  changeCalendar: route<ChangeCalendar, CalendarView>('PUT', '/sla/calendars/:calendarId'),
  policies: route<Nothing, { items: PolicyView[] }>('GET', '/sla/policies'),
  changePolicy: route<ChangePolicy, PolicyView>('PUT', '/sla/policies/:policyId'),
};
