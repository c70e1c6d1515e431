import type {
  CalendarList,
  CalendarView,
  ChangeCalendar,
  CreateCalendar,
} from '@otklik/shared/calendars';
import { calendarsApi } from '@otklik/shared/calendars.api';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { attempt, type Outcome } from '../../platform/problem';
import { useSession } from '../session';

/** All calendars with those who may have one, for admins. */
export const useCalendars = defineStore('calendars', () => {
  const session = useSession();
  const list = shallowRef<CalendarList | null>(null);
  const loader = createLoader();

  const load = () =>
    loader.run(
      () => call(calendarsApi.list, {}),
      (answer) => {
        list.value = answer;
      },
    );

  /** A change touches other calendars too: they lose the owners it takes. */
  async function changed<Value>(command: () => Promise<Value>): Promise<Outcome<Value>> {
    const answer = await attempt(command);
    if (answer.ok) await load();
    return answer;
  }

  watch(
    () => session.personId,
    () => {
      list.value = null;
      loader.reset();
    },
    { flush: 'sync' },
  );

  return {
    list,
    loading: loader.is,
    load,
    create: (input: CreateCalendar): Promise<Outcome<CalendarView>> =>
      changed(() => call(calendarsApi.create, input)),
    change: (input: ChangeCalendar): Promise<Outcome<CalendarView>> =>
      changed(() => call(calendarsApi.change, input)),
    remove: (calendarId: string) => changed(() => call(calendarsApi.remove, { calendarId })),
  };
});
