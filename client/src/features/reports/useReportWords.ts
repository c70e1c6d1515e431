import { useI18n } from 'vue-i18n';

import { minuteNow } from '../../platform/clock';
import { shortDate } from '../../platform/format';
import { useFormat, viewer } from '../../platform/useFormat';

const NBSP = '\u00A0';
const MONDAY = Date.UTC(2024, 0, 1);

/** How reports say days, hours and working time. */
export function useReportWords() {
  const { t } = useI18n();
  const format = useFormat();
  const locale = () => (viewer.value.language === 'ru' ? 'ru-RU' : 'en-GB');
  /** A calendar day has no zone: it is told as it is written. */
  const day = (date: string) =>
    shortDate(`${date}T12:00:00Z`, minuteNow.value, { ...viewer.value, timeZone: 'UTC' });
  return {
    day,
    period: ({ from, to }: { from: string; to: string }) =>
      from === to ? day(from) : `${day(from)} — ${day(to)}`,
    /** Working time is not cut into days: a working day is not 24 hours. */
    duration(minutes: number): string {
      const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
      const h = `${format.number(hours)}${NBSP}${t('reports.unit.hour')}`;
      const m = `${rest}${NBSP}${t('reports.unit.minute')}`;
      if (hours === 0) return m;
      return rest === 0 || hours >= 10 ? h : `${h} ${m}`;
    },
    percent: (share: number) =>
      new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: 1 }).format(share),
    /** Percentage points, with their sign. */
    points: (difference: number) =>
      new Intl.NumberFormat(locale(), {
        maximumFractionDigits: 1,
        signDisplay: 'exceptZero',
      }).format(difference),
    /** An hour of the week, 0 = Monday 0:00. */
    hour(slot: number): string {
      const name = new Intl.DateTimeFormat(locale(), { weekday: 'short', timeZone: 'UTC' });
      return `${name.format(MONDAY + Math.floor(slot / 24) * 86_400_000)} ${slot % 24}:00`;
    },
  };
}
