import { computed, type ComputedRef } from 'vue';

import { minuteNow } from './clock';
import * as format from './format';
import { i18n } from './i18n';

/** The viewer for whom `format.ts` writes: the interface's language and the device's zone (SLA-8). */
export const viewer: ComputedRef<format.Viewer> = computed(() => ({
  language: i18n.global.locale.value,
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
}));

/**
 * `format.ts` bound to the viewer and to the server's clock. What it returns changes with the language
 * and at each edge of a minute, when called in a template or a `computed`.
 */
export function useFormat() {
  const language = () => viewer.value.language;
  return {
    listTime: (at: Date | number | string) => format.listTime(at, minuteNow.value, viewer.value),
    dayTime: (at: Date | number | string) => format.dayTime(at, minuteNow.value, viewer.value),
    clockTime: (at: Date | number | string) => format.clockTime(at, viewer.value),
    shortDate: (at: Date | number | string) => format.shortDate(at, minuteNow.value, viewer.value),
    fullTime: (at: Date | number | string) => format.fullTime(at, viewer.value),
    dayDivider: (at: Date | number | string) =>
      format.dayDivider(at, minuteNow.value, viewer.value),
    deadlinePhrase: (at: Date | number | string) =>
      format.deadlinePhrase(at, minuteNow.value, viewer.value),
    /** Time left until a moment, by the server's clock. */
    remainingTo: (dueAt: Date | number | string) =>
      format.remaining(new Date(dueAt).getTime() - minuteNow.value, language()),
    remaining: (ms: number) => format.remaining(ms, language()),
    money: (kopecks: number) => format.formatMoney(kopecks, language()),
    size: (bytes: number) => format.formatSize(bytes, language()),
    number: (value: number) => format.formatNumber(value, language()),
    percent: (share: number) => format.formatPercent(share, language()),
    count: (value: number) => format.formatCount(value, language()),
    no: (no: number | string) => format.formatNo(no, language()),
  };
}
