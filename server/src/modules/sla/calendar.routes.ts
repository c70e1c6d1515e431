import {
  CalendarKey,
  CalendarList,
  CalendarView,
  ChangeCalendar,
  CreateCalendar,
} from '@otklik/shared/calendars';
import { calendarsApi } from '@otklik/shared/calendars.api';
import { Nothing } from '@otklik/shared/people';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { SlaService } from './sla.service';

/** Reading and changing calendars. */
export function calendarRoutes(
  { mount }: Pick<Api<Actor>, 'mount'>,
  { calendars }: Pick<SlaService, 'calendars'>,
): void {
  mount(calendarsApi.list, { input: Nothing, output: CalendarList }, (actor) =>
    calendars.list(actor),
  );
  mount(calendarsApi.create, { input: CreateCalendar, output: CalendarView }, (actor, input) =>
    calendars.create(actor, input),
  );
  mount(calendarsApi.change, { input: ChangeCalendar, output: CalendarView }, (actor, input) =>
    calendars.change(actor, input),
  );
  mount(
    calendarsApi.remove,
    { input: CalendarKey, output: Nothing },
    async (actor, { calendarId }) => {
      await calendars.remove(actor, calendarId);
      return {};
    },
  );
}
