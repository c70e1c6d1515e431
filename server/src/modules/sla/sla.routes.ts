import { Nothing } from '@otklik/shared/people';
import { CalendarView, ChangeCalendar, ChangePolicy, PolicyView } from '@otklik/shared/sla';
import { slaApi } from '@otklik/shared/sla.api';
import * as z from 'zod';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { SlaService } from './sla.service';
import { calendarView, policyView } from './sla.view';

const Calendars = z.object({ items: z.array(CalendarView) });
const Policies = z.object({ items: z.array(PolicyView) });

/** Reading and changing the working rules. */
export function slaRoutes({ mount }: Pick<Api<Actor>, 'mount'>, sla: SlaService): void {
  mount(slaApi.calendars, { input: Nothing, output: Calendars }, async (actor) => ({
    items: (await sla.listCalendars(actor)).map(calendarView),
  }));
  mount(
    slaApi.changeCalendar,
    { input: ChangeCalendar, output: CalendarView },
    async (actor, input) => calendarView(await sla.changeCalendar(actor, input)),
  );
  mount(slaApi.policies, { input: Nothing, output: Policies }, async (actor) => ({
    items: (await sla.listPolicies(actor)).map(policyView),
  }));
  mount(slaApi.changePolicy, { input: ChangePolicy, output: PolicyView }, async (actor, input) =>
    policyView(await sla.changePolicy(actor, input)),
  );
}
