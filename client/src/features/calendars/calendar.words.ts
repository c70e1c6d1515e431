import type { FieldProblem } from '@otklik/shared/errors';
import { weekdayOf } from '@otklik/shared/calendar-days';

import { currentLanguage, i18n } from '../../platform/i18n';
import type { Trouble } from '../../platform/problem';
import { hoursText } from './hours';
import type { Draft, ShownDay } from './calendar.draft';

const formatted = (date: string, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(currentLanguage() === 'ru' ? 'ru-RU' : 'en-GB', {
    ...options,
    timeZone: 'UTC',
  }).format(new Date(`${date}T00:00:00Z`));

export const longDate = (date: string) =>
  formatted(date, { day: 'numeric', month: 'long', year: 'numeric' });
export const monthName = (date: string) => formatted(date, { month: 'long' });
/** 2026-03-02 is a Monday. */
export const weekdayName = (weekday: number, weekdayWidth: 'short' | 'long') =>
  formatted(`2026-03-0${weekday + 2}`, { weekday: weekdayWidth });
/** As a label: with a capital letter in every language. */
export function weekdayTitle(weekday: number): string {
  const name = weekdayName(weekday, 'long');
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** What the calendar says of a day, as one sentence. */
export function dayWords(day: ShownDay): string {
  const { t } = i18n.global;
  const hours = hoursText(day.intervals) || t('calendars.day.noHours');
  const kind = day.kind === 'ordinary' ? '' : t(`calendars.kinds.${day.kind}`);
  const source = day.source === 'production' ? t('calendars.day.production') : '';
  return [
    `${longDate(day.date)}, ${weekdayName(weekdayOf(day.date), 'long')}`,
    ...[kind, hours, source, day.note].filter(Boolean),
  ].join(' · ');
}

const RULES = new Set([
  ...['zone', 'in_use', 'never_opens', 'overlap', 'too_little_time', 'beyond_known_year', 'past'],
  ...['twice', 'beyond', 'hours', 'first', 'order', 'company', 'unknown'],
]);

/** What the server refused, in words, by the field of the form: `name`, `zone`, `week.2.5`, `days`, … */
export function problemWords(trouble: Trouble | null, draft: Draft): Map<string, string> {
  const { t } = i18n.global;
  const words = new Map<string, string>();
  if (!trouble || !('fields' in trouble.facts) || !trouble.facts.fields) return words;
  const dates = Object.keys(draft.days).sort();
  for (const { path, rule } of trouble.facts.fields satisfies FieldProblem[]) {
    const text = t(`calendars.problems.${RULES.has(rule) ? rule : 'wrong'}`);
    const [field = '', index = '', part = '', weekday = ''] = path.split('.');
    if (field === 'versions' && part === 'week' && weekday !== '') {
      words.set(`week.${index}.${weekday}`, text);
    } else if (field === 'versions') words.set(`version.${index || '0'}`, text);
    else if (field === 'days') {
      const date = dates[Number(index)];
      words.set('days', index !== '' && date ? `${longDate(date)}: ${text}` : text);
    } else words.set(field, text);
  }
  return words;
}
