import type { OwnDay } from '@otklik/shared/calendar-days';
import { describe, expect, it } from 'vitest';

import { copiedYear, weeksOf } from './calendar.draft';
import { dayIcs, readDayIcs } from './day-ics';
import { isoDate, readDays } from './day-lines';
import { daySheet, readDaySheet } from './day-sheet';
import { hoursOf, hoursText, overlap } from './hours';

const days: Record<string, OwnDay> = {
  '2026-05-04': { kind: 'closed', intervals: [], note: 'Мост; праздник, "да"\nвторая строка' },
  '2026-05-08': { kind: 'short', intervals: [], note: '' },
  '2026-05-16': { kind: 'working', intervals: [], note: '=1+1' },
  '2026-05-23': { kind: 'working_short', intervals: [], note: 'x'.repeat(200) },
  '2026-12-31': {
    kind: 'own',
    intervals: [
      { from: 540, to: 780 },
      { from: 1320, to: 1800 },
    ],
    note: '日本 – ёж',
  },
};

describe('hours in words', () => {
  it.each([
    ['9:00–18:00', [[540, 1080]]],
    [
      '9-13; 14.30 — 18',
      [
        [540, 780],
        [870, 1080],
      ],
    ],
    ['22:00–6:00', [[1320, 1800]]],
    ['0:00–24:00', [[0, 1440]]],
    ['9:00–33:30', [[540, 2010]]],
    ['', []],
  ] as [string, [number, number][]][])('%s', (text, expected) => {
    const intervals = expected.map(([from, to]) => ({ from, to }));
    expect(hoursOf(text)).toEqual(intervals);
    expect(hoursOf(hoursText(intervals))).toEqual(intervals);
  });

  it.each(['nine', '9:00', '9:60–10:00', '25:00–26:00', '9:00–99:00', '-1–5'])('not %s', (text) => {
    expect(hoursOf(text)).toBeNull();
  });

  it('say when they overlap', () => {
    expect(overlap(hoursOf('9-13, 13-18')!)).toBe(false);
    expect(overlap(hoursOf('9-18, 10-11')!)).toBe(true);
  });
});

describe('a workbook', () => {
  it.each(['ru', 'en'] as const)(
    'comes back as it went out, %s',
    { timeout: 30_000 },
    async (language) => {
      expect(await readDaySheet(await daySheet(days, language))).toEqual({ days, problems: [] });
    },
  );

  it('that is none is refused', async () => {
    const read = await readDaySheet(new Blob(['PK nonsense']));
    expect(read.problems.map(({ rule }) => rule)).toEqual(['unreadable']);
  });
});

describe('an iCalendar file', () => {
  const ics = dayIcs({ id: 'c', name: 'Office, main', days }, 'ru', new Date('2026-03-02T08:00Z'));

  it('comes back as it went out', () => {
    expect(readDayIcs(ics)).toEqual({ days, problems: [] });
  });

  it('keeps to RFC 5545: CRLF, 75 bytes a line, whole days, escaped text', () => {
    const lines = ics.split('\r\n');
    expect(ics.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    for (const line of lines) expect(new TextEncoder().encode(line).length).toBeLessThan(76);
    expect(lines.slice(0, 9)).toEqual([
      ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Otklik//Calendars//EN'],
      ...['X-WR-CALNAME:Office\\, main', 'BEGIN:VEVENT', 'UID:2026-05-04-c@otklik'],
      ...['DTSTAMP:20260302T080000Z', 'DTSTART;VALUE=DATE:20260504'],
      'DTEND;VALUE=DATE:20260505',
    ]);
    expect(lines.at(-2)).toBe('END:VCALENDAR');
  });

  const event = (...lines: string[]) =>
    ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR'].join('\n');
  it('of another program: its days are closed under its name', () => {
    const text = event(
      'SUMMARY;LANGUAGE=en:New Year\\, long',
      'DTSTART;VALUE=DATE:20261231',
      'DTEND;VALUE=DATE:20270102',
      'BEGIN:VALARM',
      'SUMMARY:not this',
      'END:VALARM',
    );
    const closed = { kind: 'closed', intervals: [], note: 'New Year, long' };
    expect(readDayIcs(text)).toEqual({
      days: { '2026-12-31': closed, '2027-01-01': closed },
      problems: [],
    });
  });

  it.each([
    ['recurs', ['DTSTART;VALUE=DATE:20260101', 'RRULE:FREQ=YEARLY']],
    ['timed', ['DTSTART:20260101T090000Z']],
    ['date', ['SUMMARY:x']],
    ['date', ['DTSTART;VALUE=DATE:20260231']],
    ['date', ['DTSTART;VALUE=DATE:20260102', 'DTEND;VALUE=DATE:20260102']],
    ['long', ['DTSTART;VALUE=DATE:20260101', 'DTEND;VALUE=DATE:29990101']],
    ['kind', ['DTSTART;VALUE=DATE:20260101', 'X-OTKLIK-KIND:party']],
    ['noHours', ['DTSTART;VALUE=DATE:20260101', 'X-OTKLIK-KIND:own']],
  ])('is refused by line: %s', (rule, lines) => {
    expect(readDayIcs(event(...lines))).toMatchObject({ days: {}, problems: [{ line: 2, rule }] });
  });

  it('cut off, or another text, is refused', () => {
    expect(readDayIcs(ics.slice(0, ics.lastIndexOf('END:VEVENT'))).problems).toHaveLength(1);
    expect(readDayIcs('hello').problems).toMatchObject([{ rule: 'unreadable' }]);
  });
});

describe('lines of a file', () => {
  it('are refused by number, the good ones stand', () => {
    const line = (no: number, date: string, kind: string, hours = '', note = '') => ({
      ...{ line: no, date, kind, hours, note },
    });
    const { days: good, problems } = readDays([
      line(2, '04.05.2026', 'Выходной'),
      line(3, '2026-05-04', 'closed'),
      line(4, '31.02.2026', 'closed'),
      line(5, '2026-05-05', 'holiday'),
      line(6, '2026-05-06', 'own hours', 'all day'),
      line(7, '2026-05-06', 'own hours'),
      line(8, '2026-05-07', 'short', '', 'x'.repeat(201)),
    ]);
    expect(Object.keys(good)).toEqual(['2026-05-04']);
    expect(problems.map(({ line: no, rule }) => `${no} ${rule}`)).toEqual([
      ...['3 twice', '4 date', '5 kind', '6 hours', '7 noHours', '8 note'],
    ]);
  });

  it.each([
    ['2026-02-29', null],
    ['2028-02-29', '2028-02-29'],
    ['1.2.2026', '2026-02-01'],
    ['2026-1-1', null],
  ])('%s is %s', (text, date) => {
    expect(isoDate(text)).toBe(date);
  });
});

it('a copied year leaves alone what the next one has, and 29 February', () => {
  const closed = { kind: 'closed', intervals: [], note: '' } as const;
  const short = { ...closed, kind: 'short' } as const;
  const given = Object.fromEntries([
    ...['2028-02-29', '2028-05-02', '2028-12-30'].map(
      (date) => [date, { ...closed, intervals: [] }] as const,
    ),
    ['2029-05-02', { ...short, intervals: [] }],
  ]);
  const all = copiedYear(given, 2028);
  expect(Object.keys(all).sort()).toEqual([
    ...['2028-02-29', '2028-05-02', '2028-12-30', '2029-05-02', '2029-12-30'],
  ]);
  expect(all['2029-05-02']?.kind).toBe('short');
});

it('a month has whole weeks from Monday', () => {
  const calendar = {
    days: {},
    versions: [{ validFrom: null, week: Array.from({ length: 7 }, () => []), country: null }],
  };
  const weeks = weeksOf(calendar, 2026, 2);
  expect(weeks.map((week) => week.map((day) => day?.date.slice(8) ?? '').join(' '))).toEqual([
    ...['      01', '02 03 04 05 06 07 08', '09 10 11 12 13 14 15', '16 17 18 19 20 21 22'],
    ...['23 24 25 26 27 28 29', '30 31     '],
  ]);
});
