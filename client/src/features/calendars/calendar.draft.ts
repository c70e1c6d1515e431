import {
  addDays,
  dayHours,
  type CalendarVersion,
  type DayHours,
  type OwnDay,
} from '@otklik/shared/calendar-days';
import type { CalendarView, CreateCalendar } from '@otklik/shared/calendars';
import { computed, ref, shallowRef } from 'vue';

import { isoDate } from './day-lines';

/** A calendar as the form holds it. */
export interface Draft {
  name: string;
  zone: string;
  versions: CalendarVersion[];
  days: Record<string, OwnDay>;
  isCompany: boolean;
  teamIds: string[];
  dealerIds: string[];
}

export function draftOf(view: Omit<CalendarView, 'id' | 'rev' | 'used' | 'today'>): Draft {
  const { name, zone, versions, days, isCompany, teamIds, dealerIds } = view;
  return {
    ...{ name, zone, versions, isCompany, teamIds, dealerIds },
    days: Object.fromEntries(
      days.map(({ date, kind, intervals, note }) => [date, { kind, intervals, note }]),
    ),
  };
}

/** As the server takes it, days by date. */
export function sentDraft(draft: Draft): Omit<CreateCalendar, 'calendarId'> {
  return {
    ...draft,
    days: Object.keys(draft.days)
      .sort()
      .flatMap((date) => {
        const day = draft.days[date];
        return day ? [{ date, ...day }] : [];
      }),
  };
}

/** The form with all its earlier states: every edit can be taken back, and made again. */
export function useDraft(start: Draft) {
  const states = shallowRef<readonly Draft[]>([start]);
  const at = ref(0);
  let typed: string | undefined;
  const draft = computed(() => states.value[at.value] ?? start);
  const isDirty = computed(() => JSON.stringify(draft.value) !== JSON.stringify(start));

  /** @param typing edits under one such name in a row are one state */
  function edit(change: Partial<Draft>, typing?: string): void {
    const next = { ...draft.value, ...change };
    if (JSON.stringify(next) === JSON.stringify(draft.value)) return;
    const isMore = typing !== undefined && typing === typed && at.value > 0;
    typed = typing;
    const kept = states.value.slice(0, at.value + (isMore ? 0 : 1));
    states.value = [...kept, next];
    at.value = kept.length;
  }
  function move(by: number): void {
    typed = undefined;
    at.value = Math.max(0, Math.min(states.value.length - 1, at.value + by));
  }
  function setDay(date: string, day: OwnDay | null): void {
    const { [date]: _before, ...days } = draft.value.days;
    edit({ days: day ? { ...days, [date]: day } : days });
  }
  function setVersion(index: number, change: Partial<CalendarVersion>): void {
    edit({
      versions: draft.value.versions.map((one, i) => (i === index ? { ...one, ...change } : one)),
    });
  }

  return {
    draft,
    isDirty,
    canUndo: computed(() => at.value > 0),
    canRedo: computed(() => at.value < states.value.length - 1),
    edit,
    setDay,
    setVersion,
    undo: () => move(-1),
    redo: () => move(1),
  };
}

/** Gives the following year the exceptions of a year; dates it has already, and 29 February, are left alone. */
export function copiedYear(days: Draft['days'], year: number): Draft['days'] {
  const copied: Draft['days'] = {};
  for (const [date, day] of Object.entries(days)) {
    const to = `${year + 1}${date.slice(4)}`;
    if (date.startsWith(`${year}-`) && isoDate(to) !== null && !(to in days)) copied[to] = day;
  }
  return { ...days, ...copied };
}

export interface ShownDay extends DayHours {
  date: string;
}
/** The days of a month in weeks from Monday; null: of another month. */
export function weeksOf(
  calendar: Pick<Draft, 'versions' | 'days'>,
  year: number,
  month: number,
): (ShownDay | null)[][] {
  const first = `${year}-${String(month + 1).padStart(2, '0')}-01`;
  const before = (new Date(`${first}T00:00:00Z`).getUTCDay() + 6) % 7;
  const cells: (ShownDay | null)[] = Array.from({ length: before }, () => null);
  for (let date = first; date.slice(0, 7) === first.slice(0, 7); date = addDays(date, 1)) {
    cells.push({ date, ...dayHours(calendar, date) });
  }
  while (cells.length % 7 > 0) cells.push(null);
  return Array.from({ length: cells.length / 7 }, (_, i) => cells.slice(i * 7, i * 7 + 7));
}
