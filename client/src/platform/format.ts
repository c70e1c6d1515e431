import type { Language } from './languages';

/** Whose eyes a text is for: the language, and the IANA zone in which moments are told. */
export interface Viewer {
  language: Language;
  timeZone: string;
}

type Moment = Date | number | string;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NBSP = '\u00A0';
const MINUS = '\u2212';

/** What `Intl` has no or no steady word for; short units keep one form for every number. */
const words = {
  ru: {
    locale: 'ru-RU',
    now: 'только что',
    minutesAgo: (n: number) => `${n}${NBSP}мин назад`,
    today: 'сегодня',
    yesterday: 'вчера',
    tomorrow: 'завтра',
    until: (day: string, time: string) => `${day} до${NBSP}${time}`,
    by: (date: string, time: string) => `до${NBSP}${date}, ${time}`,
    units: { day: 'д', hour: 'ч', minute: 'мин' },
    bytes: ['Б', 'КБ', 'МБ', 'ГБ'],
    number: '№',
    zones: { 'Europe/Moscow': 'МСК' },
  },
  en: {
    locale: 'en-GB',
    now: 'just now',
    minutesAgo: (n: number) => `${n}${NBSP}min ago`,
    today: 'today',
    yesterday: 'yesterday',
    tomorrow: 'tomorrow',
    until: (day: string, time: string) => `${day} by${NBSP}${time}`,
    by: (date: string, time: string) => `by${NBSP}${date}, ${time}`,
    units: { day: 'd', hour: 'h', minute: 'min' },
    bytes: ['B', 'KB', 'MB', 'GB'],
    number: '#',
    zones: { 'Europe/Moscow': 'MSK' },
  },
} as const;

// An Intl object costs far more than its use, and lists format hundreds of moments at once.
const cache = new Map<string, Intl.DateTimeFormat>();
function dateFormat(viewer: Viewer, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${viewer.language}|${viewer.timeZone}|${JSON.stringify(options)}`;
  let format = cache.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(words[viewer.language].locale, {
      ...options,
      timeZone: viewer.timeZone,
    });
    cache.set(key, format);
  }
  return format;
}

const asDate = (moment: Moment) => (moment instanceof Date ? moment : new Date(moment));

function part(parts: Intl.DateTimeFormatPart[], type: Intl.DateTimeFormatPartTypes): string {
  return parts.find((one) => one.type === type)?.value ?? '';
}

/** The calendar day in the viewer's zone, as a count of days, so that two of them can be subtracted. */
function dayNumber(at: Date, viewer: Viewer): number {
  const parts = dateFormat(viewer, {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  }).formatToParts(at);
  return (
    Date.UTC(
      Number(part(parts, 'year')),
      Number(part(parts, 'month')) - 1,
      Number(part(parts, 'day')),
    ) / DAY
  );
}

const yearOf = (at: Date, viewer: Viewer) => dateFormat(viewer, { year: 'numeric' }).format(at);

/** "16:05", "9:12": 24 hours in both languages, in the viewer's zone. */
export function clockTime(moment: Moment, viewer: Viewer): string {
  const parts = dateFormat(viewer, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(asDate(moment));
  return `${Number(part(parts, 'hour'))}:${part(parts, 'minute')}`;
}

/** "19 нояб.", "19 Nov"; with the year ("19.11.2025", "19 Nov 2025") when it is not the year of `now`. */
export function shortDate(moment: Moment, now: Moment, viewer: Viewer): string {
  const at = asDate(moment);
  if (yearOf(at, viewer) === yearOf(asDate(now), viewer)) {
    return dateFormat(viewer, { day: 'numeric', month: 'short' }).format(at);
  }
  return viewer.language === 'ru'
    ? dateFormat(viewer, { day: '2-digit', month: '2-digit', year: 'numeric' }).format(at)
    : dateFormat(viewer, { day: 'numeric', month: 'short', year: 'numeric' }).format(at);
}

/**
 * The time of a list row (I18N-3): "только что" · "5 мин назад" · "16:05" · "вчера, 16:05" · "19 нояб." ·
 * "19.11.2025". A moment slightly ahead of `now` counts as now.
 */
export function listTime(moment: Moment, now: Moment, viewer: Viewer): string {
  const at = asDate(moment);
  const here = asDate(now);
  const say = words[viewer.language];
  const passed = here.getTime() - at.getTime();
  const days = dayNumber(here, viewer) - dayNumber(at, viewer);
  if (passed < MINUTE && passed > -5 * MINUTE) return say.now;
  if (passed >= MINUTE && passed < HOUR) return say.minutesAgo(Math.floor(passed / MINUTE));
  if (days === 0) return clockTime(at, viewer);
  if (days === 1) return `${say.yesterday}, ${clockTime(at, viewer)}`;
  return shortDate(at, here, viewer);
}

/** A moment in a sentence or a table: "сегодня, 17:00" · "завтра, 9:30" · "вчера, 16:05" · "26 нояб., 18:00". */
export function dayTime(moment: Moment, now: Moment, viewer: Viewer): string {
  const at = asDate(moment);
  return `${nearDay(at, asDate(now), viewer) ?? shortDate(at, now, viewer)}, ${clockTime(at, viewer)}`;
}

/** The whole moment with its zone, for tooltips: "19 ноября 2025 г., 16:05 МСК". */
export function fullTime(moment: Moment, viewer: Viewer): string {
  const at = asDate(moment);
  const date = dateFormat(viewer, { day: 'numeric', month: 'long', year: 'numeric' }).format(at);
  return `${date}, ${clockTime(at, viewer)}${NBSP}${zoneName(at, viewer)}`;
}

/** "МСК", "GMT+10": how a zone is called at a moment, daylight saving included. */
export function zoneName(moment: Moment, viewer: Viewer): string {
  const known: Readonly<Record<string, string>> = words[viewer.language].zones;
  return (
    known[viewer.timeZone] ??
    part(
      dateFormat(viewer, { timeZoneName: 'short' }).formatToParts(asDate(moment)),
      'timeZoneName',
    )
  );
}

/** The quiet line between days of a thread: "Сегодня", "Вчера", "19 ноября", "19 ноября 2025 г.". */
export function dayDivider(moment: Moment, now: Moment, viewer: Viewer): string {
  const at = asDate(moment);
  const here = asDate(now);
  const near = nearDay(at, here, viewer);
  if (near) return near.charAt(0).toLocaleUpperCase(viewer.language) + near.slice(1);
  const sameYear = yearOf(at, viewer) === yearOf(here, viewer);
  return dateFormat(viewer, {
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(at);
}

/** One text per calendar day of the viewer, to group messages by: equal exactly when the day is. */
export const dayKey = (moment: Moment, viewer: Viewer): number => dayNumber(asDate(moment), viewer);

function nearDay(at: Date, now: Date, viewer: Viewer): string | null {
  const say = words[viewer.language];
  switch (dayNumber(at, viewer) - dayNumber(now, viewer)) {
    case 0:
      return say.today;
    case 1:
      return say.tomorrow;
    case -1:
      return say.yesterday;
    default:
      return null;
  }
}

/**
 * The end of a promise (SLA-7), to be set into "Ответим …": "сегодня до 17:00" · "завтра до 9:30" ·
 * "до 26 нояб., 18:00"; in English "today by 17:00" · "by 26 Nov, 18:00".
 */
export function deadlinePhrase(dueAt: Moment, now: Moment, viewer: Viewer): string {
  const at = asDate(dueAt);
  const here = asDate(now);
  const say = words[viewer.language];
  const time = clockTime(at, viewer);
  const ahead = dayNumber(at, viewer) - dayNumber(here, viewer);
  if (ahead === 0) return say.until(say.today, time);
  if (ahead === 1) return say.until(say.tomorrow, time);
  return say.by(shortDate(at, here, viewer), time);
}

/**
 * Calendar time to a deadline (SLA-3): "3 д 4 ч" · "5 ч 12 мин" · "38 мин" · "< 1 мин" · late "−1 ч 12 мин".
 * An empty lower unit is left out ("5 ч"); less than a minute late counts as one.
 * @param ms until the deadline; negative when it has passed
 */
export function remaining(ms: number, language: Language): string {
  const { units } = words[language];
  const unit = (n: number, name: string) => `${n}${NBSP}${name}`;
  const pair = (major: string, minor: number, name: string) =>
    minor ? `${major}${NBSP}${unit(minor, name)}` : major;
  const late = ms < 0;
  const sign = late ? MINUS : '';
  const span = Math.abs(ms);
  if (span < MINUTE)
    return late ? `${sign}${unit(1, units.minute)}` : `<${NBSP}${unit(1, units.minute)}`;
  const minutes = Math.floor(span / MINUTE);
  const hours = Math.floor(minutes / 60);
  if (hours < 1) return `${sign}${unit(minutes, units.minute)}`;
  if (hours < 48) return `${sign}${pair(unit(hours, units.hour), minutes % 60, units.minute)}`;
  return `${sign}${pair(unit(Math.floor(hours / 24), units.day), hours % 24, units.hour)}`;
}

/** A number by the rules of the language: "1 234,5" / "1,234.5". */
export function formatNumber(value: number, language: Language): string {
  return new Intl.NumberFormat(language === 'ru' ? 'ru-RU' : 'en-GB').format(value);
}

/** A share from 0 to 1 as "62 %" / "62%". */
export function formatPercent(share: number, language: Language): string {
  return new Intl.NumberFormat(language === 'ru' ? 'ru-RU' : 'en-GB', { style: 'percent' }).format(
    share,
  );
}

/** "10 000+" above 9,999 (PRF-5), else the number itself. */
export function formatCount(count: number, language: Language): string {
  return count > 9_999 ? `${formatNumber(10_000, language)}+` : String(count);
}

/** "184 320,00 ₽" / "₽184,320.00". @param kopecks integer */
export function formatMoney(kopecks: number, language: Language): string {
  return new Intl.NumberFormat(language === 'ru' ? 'ru-RU' : 'en-GB', {
    style: 'currency',
    currency: 'RUB',
    currencyDisplay: 'narrowSymbol',
  }).format(kopecks / 100);
}

/** "412 КБ", "2,4 МБ": steps of 1,024, one decimal below 10 from megabytes on. */
export function formatSize(bytes: number, language: Language): string {
  const names = words[language].bytes;
  let step = 0;
  let size = Math.max(0, bytes);
  while (size >= 1023.5 && step < names.length - 1) {
    size /= 1024;
    step += 1;
  }
  const maximumFractionDigits = step >= 2 && size < 9.95 ? 1 : 0;
  const number = new Intl.NumberFormat(language === 'ru' ? 'ru-RU' : 'en-GB', {
    maximumFractionDigits,
  }).format(size);
  return `${number}${NBSP}${names[step] ?? ''}`;
}

/** "№1042" in Russian, "#1042" in English; for appeals and orders alike (TTL-1). */
export function formatNo(no: number | string, language: Language): string {
  return `${words[language].number}${no}`;
}

/** Up to two letters of a person's or firm's name: "Марина Сомова" → "МС". */
export function initials(name: string): string {
  return name
    .split(/[\s«»"“”'().,]+/u)
    .filter((word) => /^[\p{L}\p{N}]/u.test(word))
    .slice(0, 2)
    .map((word) => [...word][0] ?? '')
    .join('')
    .toLocaleUpperCase();
}

// "ИП" and "самозанятый" stay: without them only a surname would be left.
const LEGAL_FORM =
  /^(?:ООО|ОАО|ПАО|НАО|ЗАО|АО|ТОО|ГУП|МУП|ФГУП|LLC|JSC)\s+|[\s,]+(?:LLC|Ltd\.?|Inc\.?|GmbH|JSC|ООО)$/giu;

/** A firm's name as people say it: ООО «Кедровый Угол» → Кедровый Угол; ИП Ветлугин stays. */
export function shortCompany(name: string): string {
  const trimmed = name.trim();
  const bare = trimmed.replace(LEGAL_FORM, '').trim();
  const quoted = /^[«"“„](.+)[»"”“]$/u.exec(bare);
  return (quoted?.[1] ?? bare).trim() || trimmed;
}
