import { addDays, type OwnDay } from '@otklik/shared/calendar-days';

import { KIND_NAMES, readDays, type LineProblem, type RawDay, type ReadDays } from './day-lines';
import { hoursText } from './hours';

/** iCalendar (RFC 5545): each exception an all-day event; what other programs do not know stands in X- properties. */
const MAX_DAYS = 366;

export function dayIcs(
  calendar: { id: string; name: string; days: Readonly<Record<string, OwnDay>> },
  language: 'ru' | 'en',
  now: Date,
): string {
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const events = Object.entries(calendar.days)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([date, { kind, intervals, note }]) => [
      'BEGIN:VEVENT',
      `UID:${date}-${calendar.id}@otklik`,
      `DTSTAMP:${stamp}`,
      `DTSTART;VALUE=DATE:${compact(date)}`,
      `DTEND;VALUE=DATE:${compact(addDays(date, 1))}`,
      `SUMMARY:${escaped([KIND_NAMES[kind][language], hoursText(intervals), note].filter(Boolean).join(' · '))}`,
      `DESCRIPTION:${escaped(note)}`,
      `X-OTKLIK-KIND:${kind}`,
      ...(intervals.length > 0 ? [`X-OTKLIK-HOURS:${escaped(hoursText(intervals))}`] : []),
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    ]);
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Otklik//Calendars//EN',
    `X-WR-CALNAME:${escaped(calendar.name)}`,
    ...events,
    'END:VCALENDAR',
    '',
  ]
    .map(folded)
    .join('\r\n');
}

/** Events of other programs are days off under their own name; what is not whole days is refused by line. */
export function readDayIcs(text: string): ReadDays {
  const lines = unfolded(text);
  if (!lines.some(({ name, value }) => name === 'BEGIN' && value.toUpperCase() === 'VCALENDAR')) {
    return { days: {}, problems: [{ line: 1, rule: 'unreadable', value: 'iCalendar' }] };
  }
  const raw: RawDay[] = [];
  const problems: LineProblem[] = [];
  let event: { line: number; fields: Map<string, Line> } | null = null;
  let inner = 0;
  for (const line of lines) {
    const value = line.value.toUpperCase();
    if (line.name === 'BEGIN' && value === 'VEVENT') event = { line: line.no, fields: new Map() };
    else if (event && line.name === 'BEGIN') inner += 1;
    else if (event && line.name === 'END' && value !== 'VEVENT') inner -= 1;
    else if (event && line.name === 'END') {
      const found = daysOf(event);
      if ('rule' in found) problems.push(found);
      else raw.push(...found.days);
      event = null;
      inner = 0;
    } else if (event && inner === 0) event.fields.set(line.name, line);
  }
  if (event) problems.push({ line: event.line, rule: 'unreadable', value: 'VEVENT' });
  const read = readDays(raw);
  return { days: read.days, problems: [...problems, ...read.problems] };
}

interface Line {
  no: number;
  name: string;
  value: string;
}

function daysOf({ line, fields }: { line: number; fields: Map<string, Line> }) {
  const wrong = (rule: LineProblem['rule'], value: string): LineProblem => ({ line, rule, value });
  const text = (name: string) => plain(fields.get(name)?.value ?? '');
  const start = fields.get('DTSTART');
  const end = fields.get('DTEND');
  const note = (fields.has('X-OTKLIK-KIND') ? text('DESCRIPTION') : text('SUMMARY')).trim();
  if (fields.has('RRULE') || fields.has('RDATE')) return wrong('recurs', note);
  if (!start) return wrong('date', note);
  if (/T\d/.test(start.value)) return wrong('timed', note);
  const first = dashed(start.value);
  const after = end ? dashed(end.value) : addOne(first);
  if (first === null || after === null || after <= first) return wrong('date', start.value);
  const days: RawDay[] = [];
  for (let date = first; date < after; date = addDays(date, 1)) {
    if (days.length >= MAX_DAYS) return wrong('long', note);
    const kind = text('X-OTKLIK-KIND') || 'closed';
    days.push({ line, date, kind, hours: text('X-OTKLIK-HOURS'), note });
  }
  return { days };
}

const compact = (date: string) => date.replaceAll('-', '');
const addOne = (date: string | null) => date && addDays(date, 1);
function dashed(value: string): string | null {
  const found = /^(\d{4})(\d{2})(\d{2})$/.exec(value.trim());
  const date = found ? found.slice(1).join('-') : '';
  const ms = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date) ? date : null;
}

const escaped = (text: string) =>
  text.replace(/[\\;,]/g, (mark) => `\\${mark}`).replace(/\r?\n/g, '\\n');
const plain = (text: string) =>
  text.replace(/\\([\\;,nN])/g, (_, mark: string) => (/n/i.test(mark) ? '\n' : mark));

/** No line is longer than 75 bytes; a character is never cut. */
function folded(line: string): string {
  const bytes = new TextEncoder();
  let width = 0;
  let result = '';
  for (const character of line) {
    const size = bytes.encode(character).length;
    if (width + size > 75) {
      result += '\r\n ';
      width = 1;
    }
    result += character;
    width += size;
  }
  return result;
}

function unfolded(text: string): Line[] {
  const lines: Line[] = [];
  text.split(/\r\n|\n|\r/).forEach((part, i) => {
    const last = lines.at(-1);
    if (/^[ \t]/.test(part) && last) {
      last.value += part.slice(1);
      return;
    }
    const found = /^([A-Za-z0-9-]+)((?:;(?:[^":;]|"[^"]*")*)*):(.*)$/.exec(part);
    if (!found) return;
    const [, name = '', , value = ''] = found;
    lines.push({ no: i + 1, name: name.toUpperCase(), value });
  });
  return lines;
}
