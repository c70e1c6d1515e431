import { useI18n } from 'vue-i18n';

import { minuteNow } from '../../platform/clock';
import { dayTime, zoneName } from '../../platform/format';
import { useFormat, viewer } from '../../platform/useFormat';

const MINUTE = 60_000;

/** Words of the ledger: working time, days of the calendar, moments in both zones. */
export function useLedgerWords() {
  const { t } = useI18n();
  const format = useFormat();

  /** Never days: a working day has no fixed length. */
  function work(ms: number): string {
    const whole = Math.floor(ms / MINUTE);
    const [hours, minutes] = [Math.floor(whole / 60), whole % 60];
    if (whole === 0 && ms > 0) return t('ledger.work.under');
    if (!hours) return t('ledger.work.minutes', { minutes });
    return minutes ? t('ledger.work.both', { hours, minutes }) : t('ledger.work.hours', { hours });
  }

  /** A date of the calendar, wherever the viewer is. */
  function day(date: string): string {
    return new Intl.DateTimeFormat(viewer.value.language === 'ru' ? 'ru-RU' : 'en-GB', {
      ...{ weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' },
    }).format(Date.parse(`${date}T00:00:00Z`));
  }

  const hours = (spans: readonly { from: string; to: string }[]) =>
    spans.map(({ from, to }) => `${format.clockTime(from)}–${format.clockTime(to)}`).join(', ');

  const inZone = (timeZone: string) => ({ language: viewer.value.language, timeZone });
  const isOtherZone = (zone: string) =>
    zoneName(minuteNow.value, inZone(zone)) !== zoneName(minuteNow.value, viewer.value);
  const zoneWord = (zone: string) => zoneName(minuteNow.value, inZone(zone));

  /** "завтра, 13:00 МСК", and in the calendar's zone where it differs (SLA-8). */
  function moment(at: string, zone: string): string {
    const own = `${format.dayTime(at)}\u00A0${zoneName(at, viewer.value)}`;
    if (!isOtherZone(zone)) return own;
    const theirs = `${dayTime(at, minuteNow.value, inZone(zone))}\u00A0${zoneName(at, inZone(zone))}`;
    return t('ledger.bothZones', { own, theirs });
  }

  return { work, day, hours, moment, isOtherZone, zoneWord };
}
