import { CALENDAR_DAYS_MAX, type DayKind, type OwnDay } from '@otklik/shared/calendar-days';

import { hoursOf, hoursText } from './hours';

/** A file for import is read whole into memory. */
export const IMPORT_BYTES_MAX = 1_000_000;

/** What is wrong with a line of a file: the words are `calendars.import.wrong.<rule>`. */
type LineRule =
  | 'date'
  | 'kind'
  | 'hours'
  | 'noHours'
  | 'twice'
  | 'long'
  | 'recurs'
  | 'timed'
  | 'note'
  | 'many'
  | 'unreadable';
export interface LineProblem {
  line: number;
  rule: LineRule;
  value: string;
}
export interface ReadDays {
  days: Record<string, OwnDay>;
  problems: LineProblem[];
}
/** A day as a file names it, before it is believed. */
export interface RawDay {
  line: number;
  date: string;
  kind: string;
  hours: string;
  note: string;
}

/** How files name a kind: in the language of the export; all are understood. */
export const KIND_NAMES: Record<DayKind, { ru: string; en: string }> = {
  closed: { ru: 'выходной', en: 'closed' },
  short: { ru: 'короткий', en: 'short' },
  working: { ru: 'рабочий', en: 'working' },
  working_short: { ru: 'рабочий короткий', en: 'working short' },
  own: { ru: 'свои часы', en: 'own hours' },
};
export const COLUMNS = {
  ru: ['Дата', 'Вид', 'Часы', 'Заметка'],
  en: ['Date', 'Kind', 'Hours', 'Note'],
} as const;
const NOTE_MAX = 200;

/** Believes the lines that can be, and names every other one; nothing is guessed. */
export function readDays(raw: readonly RawDay[]): ReadDays {
  const days: Record<string, OwnDay> = {};
  const problems: LineProblem[] = [];
  for (const { line, date, kind: kindName, hours, note } of raw) {
    const refuse = (rule: LineRule, value: string) => problems.push({ line, rule, value });
    if (Object.keys(days).length >= CALENDAR_DAYS_MAX) {
      refuse('many', String(CALENDAR_DAYS_MAX));
      break;
    }
    const iso = isoDate(date);
    const kind = kindOf(kindName);
    const intervals = hoursOf(hours);
    if (iso === null) refuse('date', date);
    else if (iso in days) refuse('twice', date);
    else if (kind === null) refuse('kind', kindName);
    else if (intervals === null) refuse('hours', hours);
    else if (kind === 'own' && intervals.length === 0) refuse('noHours', date);
    else if (note.length > NOTE_MAX) refuse('note', String(NOTE_MAX));
    else days[iso] = { kind, intervals: kind === 'own' ? intervals : [], note: note.trim() };
  }
  return { days, problems };
}

/** The days as lines of a file, by date. */
export function linesOf(days: Readonly<Record<string, OwnDay>>, language: 'ru' | 'en'): string[][] {
  return Object.entries(days)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([date, { kind, intervals, note }]) => [
      ...[date, KIND_NAMES[kind][language], hoursText(intervals), note],
    ]);
}

/** `2026-05-04` or `04.05.2026` as a date that exists. */
export function isoDate(text: string): string | null {
  const local = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text.trim());
  const [, day = '', month = '', year = ''] = local ?? [];
  const iso = local ? `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}` : text.trim();
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(iso) ? Date.parse(`${iso}T00:00:00Z`) : NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(iso) ? iso : null;
}

function kindOf(name: string): DayKind | null {
  const wanted = name.trim().toLowerCase().replace('_', ' ');
  for (const [kind, { ru, en }] of Object.entries(KIND_NAMES)) {
    if (wanted === ru || wanted === en || wanted === kind.replace('_', ' ')) {
      return kind as DayKind;
    }
  }
  return null;
}
