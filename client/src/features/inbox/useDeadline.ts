import { computed } from 'vue';
import { useI18n } from 'vue-i18n';

import { minuteNow } from '../../platform/clock';
import { dayTime, zoneName } from '../../platform/format';
import { useFormat, viewer } from '../../platform/useFormat';
import { isWorkingTime, type WorkWeek } from './workHours';

const MONDAY = Date.UTC(2024, 0, 1);
const DAY = 86_400_000;

/** Deadlines with their zone, and the hours they are counted by (SLA-5, SLA-8). */
export function useDeadline(week: () => WorkWeek | null) {
  const { t } = useI18n();
  const format = useFormat();

  /** "сегодня, 17:00 МСК", in the viewer's zone. */
  const full = (at: string) => `${format.dayTime(at)}\u00A0${zoneName(at, viewer.value)}`;

  const inZone = computed(() => ({
    language: viewer.value.language,
    timeZone: week()?.zone ?? viewer.value.timeZone,
  }));
  /** The viewer's clock and the calendar's differ now. */
  const otherZone = computed(
    () =>
      zoneName(minuteNow.value, inZone.value) !== zoneName(minuteNow.value, viewer.value) &&
      week() !== null,
  );
  const inCalendar = (at: string) =>
    `${dayTime(at, minuteNow.value, inZone.value)}\u00A0${zoneName(at, inZone.value)}`;

  const closedNow = computed(() => {
    const hours = week();
    return hours !== null && !isWorkingTime(minuteNow.value, hours);
  });

  function dayName(day: number): string {
    const name = new Intl.DateTimeFormat(viewer.value.language === 'ru' ? 'ru-RU' : 'en-GB', {
      weekday: 'short',
      timeZone: 'UTC',
    }).format(MONDAY + day * DAY);
    return name.charAt(0).toLocaleUpperCase(viewer.value.language) + name.slice(1);
  }
  function minuteOfDay(minute: number, short: boolean): string {
    const hour = Math.floor(minute / 60) % 24;
    const rest = minute % 60;
    return short && rest === 0 ? String(hour) : `${hour}:${String(rest).padStart(2, '0')}`;
  }
  function inWords(short: boolean): string {
    const hours = week()?.hours ?? [];
    return hours
      .map(({ days, intervals }) => {
        const [first, last] = [days[0] ?? 0, days.at(-1) ?? 0];
        const span = intervals
          .map(({ from, to }) => `${minuteOfDay(from, short)}–${minuteOfDay(to, short)}`)
          .join(', ');
        const name = first === last ? dayName(first) : `${dayName(first)}–${dayName(last)}`;
        return `${name} ${span}`;
      })
      .join('; ');
  }
  /** "Пн–Пт 9:00–18:00 МСК". */
  const hours = computed(() =>
    week()
      ? `${inWords(false)} ${zoneName(minuteNow.value, inZone.value)}`
      : t('inbox.ledger.none'),
  );
  /** "Пн–Пт 9–18". */
  const shortHours = computed(() => inWords(true));

  return { full, otherZone, inCalendar, closedNow, hours, shortHours };
}
