import type { Me } from '@otklik/shared/people';
import type { Language } from '../../platform/i18n';

const UNITS: [RegExp, 'day' | 'hour' | 'minute'][] = [
  [/^(д|дн|день|дня|дней|d|day|days)$/, 'day'],
  [/^(ч|час|часа|часов|h|hr|hrs|hour|hours)$/, 'hour'],
  [/^(м|мин|минута|минуты|минут|m|min|mins|minute|minutes)$/, 'minute'],
];
const WORDS = {
  ru: { day: 'д', hour: 'ч', minute: 'мин' },
  en: { day: 'd', hour: 'h', minute: 'min' },
} satisfies Record<Language, Record<'day' | 'hour' | 'minute', string>>;

/** Minutes of the company's ordinary working day: the one most days of the week have. */
export function workDayMinutes({ hours }: Pick<Me['company'], 'hours'>): number {
  const [usual] = [...hours].sort((a, b) => b.days.length - a.days.length);
  const minutes = usual?.intervals.reduce((sum, { from, to }) => sum + to - from, 0) ?? 0;
  return minutes || 480;
}

/**
 * Working minutes of a target as it is typed: "2 ч", "1 д 4 ч", "1.5h", "2:30"; a bare number is hours.
 * @returns null for nothing typed (no such target), undefined for what is no time
 */
export function parseWorkTime(typed: string, dayMinutes: number): number | null | undefined {
  const text = typed
    .toLowerCase()
    .replace(/\u00a0/g, ' ')
    .replace(/,/g, '.')
    .trim();
  if (text === '' || text === '—' || text === '-') return null;
  const clock = /^(\d{1,4}):([0-5]\d)$/.exec(text);
  if (clock) return whole(Number(clock[1]) * 60 + Number(clock[2]));
  if (/^\d+(\.\d+)?$/.test(text)) return whole(Number(text) * 60);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([a-zа-яё]+)\.?/g)];
  if (parts.length === 0 || text.replace(/(\d+(?:\.\d+)?)\s*([a-zа-яё]+)\.?/g, '').trim() !== '')
    return undefined;
  const each = { day: dayMinutes, hour: 60, minute: 1 };
  let minutes = 0;
  const used = new Set<string>();
  for (const [, amount, word = ''] of parts) {
    const unit = UNITS.find(([words]) => words.test(word))?.[1];
    if (unit === undefined || used.has(unit)) return undefined;
    used.add(unit);
    minutes += Number(amount) * each[unit];
  }
  return whole(minutes);
}

const whole = (minutes: number) => (Number.isFinite(minutes) ? Math.round(minutes) : undefined);

/** "1 д 4 ч": as it would be typed. */
export function writeWorkTime(minutes: number, dayMinutes: number, language: Language): string {
  const words = WORDS[language];
  const days = Math.floor(minutes / dayMinutes);
  const rest = minutes - days * dayMinutes;
  const parts = [
    [days, words.day],
    [Math.floor(rest / 60), words.hour],
    [rest % 60, words.minute],
  ] as const;
  const written = parts
    .filter(([amount]) => amount > 0)
    .map(([amount, word]) => `${amount}\u00a0${word}`);
  return written.join(' ') || `0\u00a0${words.minute}`;
}

/** The same without days, so that what a day was taken for is seen: "13 ч". */
export const writeHours = (minutes: number, language: Language): string =>
  writeWorkTime(minutes, Number.MAX_SAFE_INTEGER, language);
