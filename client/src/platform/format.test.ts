import { describe, expect, test } from 'vitest';

import {
  clockTime,
  dayDivider,
  dayKey,
  dayTime,
  deadlinePhrase,
  formatCount,
  formatMoney,
  formatNo,
  formatNumber,
  formatPercent,
  formatSize,
  fullTime,
  initials,
  listTime,
  remaining,
  shortCompany,
  shortDate,
  type Viewer,
} from './format';

const moscow: Viewer = { language: 'ru', timeZone: 'Europe/Moscow' };
const vladivostok: Viewer = { language: 'ru', timeZone: 'Asia/Vladivostok' };
const berlin: Viewer = { language: 'ru', timeZone: 'Europe/Berlin' };
const london: Viewer = { language: 'en', timeZone: 'Europe/Moscow' };

/** 19 November 2025, 16:05 in Moscow. */
const now = '2025-11-19T13:05:00Z';
/** No-break spaces of any width, as plain ones. */
const plain = (text: string) => text.replace(/[\u00A0\u202F]/g, ' ');

describe('the time of a list row (I18N-3)', () => {
  test.each([
    ['this very moment', '2025-11-19T13:05:00Z', 'только что', 'just now'],
    ['59 s ago', '2025-11-19T13:04:01Z', 'только что', 'just now'],
    ['a little ahead, by a clock that runs fast', '2025-11-19T13:05:40Z', 'только что', 'just now'],
    ['1 min ago', '2025-11-19T13:04:00Z', '1 мин назад', '1 min ago'],
    ['59 min ago', '2025-11-19T12:06:00Z', '59 мин назад', '59 min ago'],
    ['earlier today', '2025-11-19T06:12:00Z', '9:12', '9:12'],
    ['at midnight today', '2025-11-18T21:00:00Z', '0:00', '0:00'],
    ['the last minute of yesterday', '2025-11-18T20:59:00Z', 'вчера, 23:59', 'yesterday, 23:59'],
    ['the day before yesterday', '2025-11-17T13:05:00Z', '17 нояб.', '17 Nov'],
    ['the first day of the year', '2024-12-31T21:00:00Z', '1 янв.', '1 Jan'],
    ['the last day of last year', '2024-12-31T20:59:00Z', '31.12.2024', '31 Dec 2024'],
  ])('%s', (_case, at, ru, en) => {
    expect(plain(listTime(at, now, moscow))).toBe(ru);
    expect(plain(listTime(at, now, london))).toBe(en);
  });

  test('five minutes before midnight is still minutes, not yesterday', () => {
    expect(plain(listTime('2025-11-18T20:58:00Z', '2025-11-18T21:03:00Z', moscow))).toBe(
      '5 мин назад',
    );
  });

  test('the day is the viewer’s day, not the server’s', () => {
    // 23:05 of the 19th in Moscow is 6:05 of the 20th in Vladivostok.
    expect(listTime('2025-11-19T12:30:00Z', '2025-11-19T20:05:00Z', moscow)).toBe('15:30');
    expect(listTime('2025-11-19T12:30:00Z', '2025-11-19T20:05:00Z', vladivostok)).toBe(
      'вчера, 22:30',
    );
  });

  test('yesterday stays yesterday over the night that has 25 hours', () => {
    // Berlin leaves summer time on 26 October 2025 at 3:00.
    expect(listTime('2025-10-25T22:30:00Z', '2025-10-26T22:30:00Z', berlin)).toBe('0:30');
    expect(listTime('2025-10-25T21:30:00Z', '2025-10-26T22:30:00Z', berlin)).toBe('вчера, 23:30');
    expect(clockTime('2025-10-26T00:30:00Z', berlin)).toBe('2:30');
    expect(clockTime('2025-10-26T01:30:00Z', berlin)).toBe('2:30');
  });
});

describe('a moment in a sentence', () => {
  test.each([
    ['2025-11-19T14:00:00Z', 'сегодня, 17:00', 'today, 17:00'],
    ['2025-11-20T06:30:00Z', 'завтра, 9:30', 'tomorrow, 9:30'],
    ['2025-11-18T06:30:00Z', 'вчера, 9:30', 'yesterday, 9:30'],
    ['2025-11-26T15:00:00Z', '26 нояб., 18:00', '26 Nov, 18:00'],
  ])('%s', (at, ru, en) => {
    expect(dayTime(at, now, moscow)).toBe(ru);
    expect(dayTime(at, now, london)).toBe(en);
  });

  test('the tooltip names date and zone', () => {
    expect(plain(fullTime(now, moscow))).toBe('19 ноября 2025 г., 16:05 МСК');
    expect(plain(fullTime(now, london))).toBe('19 November 2025, 16:05 MSK');
    expect(plain(fullTime(now, vladivostok))).toBe('19 ноября 2025 г., 23:05 GMT+10');
    expect(plain(fullTime('2025-07-01T12:00:00Z', berlin))).toBe('1 июля 2025 г., 14:00 GMT+2');
  });

  test('other years carry the year', () => {
    expect(shortDate('2024-11-19T12:00:00Z', now, moscow)).toBe('19.11.2024');
    expect(shortDate('2024-11-19T12:00:00Z', now, london)).toBe('19 Nov 2024');
  });
});

describe('day dividers', () => {
  test.each([
    ['2025-11-19T00:00:00Z', 'Сегодня', 'Today'],
    ['2025-11-18T10:00:00Z', 'Вчера', 'Yesterday'],
    ['2025-11-11T10:00:00Z', '11 ноября', '11 November'],
    ['2024-11-19T10:00:00Z', '19 ноября 2024 г.', '19 November 2024'],
  ])('%s', (at, ru, en) => {
    expect(plain(dayDivider(at, now, moscow))).toBe(ru);
    expect(plain(dayDivider(at, now, london))).toBe(en);
  });

  test('messages of one day share a key, in the viewer’s zone', () => {
    const [late, next] = ['2025-11-19T20:59:00Z', '2025-11-19T21:01:00Z'];
    expect(dayKey(late, moscow)).not.toBe(dayKey(next, moscow));
    expect(dayKey(late, vladivostok)).toBe(dayKey(next, vladivostok));
  });
});

describe('the end of a promise (SLA-7)', () => {
  test.each([
    ['2025-11-19T14:00:00Z', 'сегодня до 17:00', 'today by 17:00'],
    ['2025-11-20T06:30:00Z', 'завтра до 9:30', 'tomorrow by 9:30'],
    ['2025-11-26T15:00:00Z', 'до 26 нояб., 18:00', 'by 26 Nov, 18:00'],
    ['2026-01-12T15:00:00Z', 'до 12.01.2026, 18:00', 'by 12 Jan 2026, 18:00'],
  ])('%s', (at, ru, en) => {
    expect(plain(deadlinePhrase(at, now, moscow))).toBe(ru);
    expect(plain(deadlinePhrase(at, now, london))).toBe(en);
  });
});

describe('time left (SLA-3)', () => {
  const minute = 60_000;
  const hour = 60 * minute;
  test.each([
    ['3 days 4 hours', 76 * hour, '3 д 4 ч', '3 d 4 h'],
    ['exactly 48 hours', 48 * hour, '2 д', '2 d'],
    ['a minute under 48 hours', 48 * hour - minute, '47 ч 59 мин', '47 h 59 min'],
    ['5 hours 12 minutes', 312 * minute, '5 ч 12 мин', '5 h 12 min'],
    ['exactly 5 hours', 5 * hour, '5 ч', '5 h'],
    ['exactly an hour', hour, '1 ч', '1 h'],
    ['38 minutes and some seconds', 38.9 * minute, '38 мин', '38 min'],
    ['a minute', minute, '1 мин', '1 min'],
    ['under a minute', minute - 1, '< 1 мин', '< 1 min'],
    ['the very moment', 0, '< 1 мин', '< 1 min'],
    ['seconds late', -5_000, '−1 мин', '−1 min'],
    ['late', -72 * minute, '−1 ч 12 мин', '−1 h 12 min'],
    ['days late', -76 * hour, '−3 д 4 ч', '−3 d 4 h'],
  ])('%s', (_case, ms, ru, en) => {
    expect(plain(remaining(ms, 'ru'))).toBe(ru);
    expect(plain(remaining(ms, 'en'))).toBe(en);
  });

  test('never breaks between a number and its unit', () => {
    expect(remaining(312 * minute, 'ru')).not.toContain(' ');
    expect(remaining(1, 'ru')).not.toContain(' ');
  });
});

test.each([
  [18_432_000, '184 320,00 ₽', '₽184,320.00'],
  [5, '0,05 ₽', '₽0.05'],
  [0, '0,00 ₽', '₽0.00'],
  [-150_050, '-1 500,50 ₽', '-₽1,500.50'],
])('%s kopecks', (kopecks, ru, en) => {
  expect(plain(formatMoney(kopecks, 'ru'))).toBe(ru);
  expect(plain(formatMoney(kopecks, 'en'))).toBe(en);
});

test.each([
  [0, '0 Б', '0 B'],
  [900, '900 Б', '900 B'],
  [1024, '1 КБ', '1 KB'],
  [421_888, '412 КБ', '412 KB'],
  [1_048_500, '1 МБ', '1 MB'],
  [2_516_582, '2,4 МБ', '2.4 MB'],
  [25 * 1024 * 1024, '25 МБ', '25 MB'],
  [3 * 1024 ** 3, '3 ГБ', '3 GB'],
])('%s bytes', (bytes, ru, en) => {
  expect(plain(formatSize(bytes, 'ru'))).toBe(ru);
  expect(plain(formatSize(bytes, 'en'))).toBe(en);
});

test('numbers, shares, counts and numbers of appeals', () => {
  expect(plain(formatNumber(12_345.5, 'ru'))).toBe('12 345,5');
  expect(formatNumber(12_345.5, 'en')).toBe('12,345.5');
  expect(plain(formatPercent(0.62, 'ru'))).toBe('62 %');
  expect(formatPercent(0.62, 'en')).toBe('62%');
  expect(formatCount(9_999, 'ru')).toBe('9999');
  expect(plain(formatCount(10_000, 'ru'))).toBe('10 000+');
  expect(formatNo(1042, 'ru')).toBe('№1042');
  expect(formatNo('40231', 'en')).toBe('#40231');
});

test.each([
  ['Марина Сомова', 'МС'],
  ['Илья', 'И'],
  ['Иванов Иван Иванович', 'ИИ'],
  ['ёлкина анна', 'ЁА'],
  ['  Ilya   Vesnin ', 'IV'],
  ['Отдел «Логистика»', 'ОЛ'],
  ['', ''],
])('initials of "%s"', (name, letters) => {
  expect(initials(name)).toBe(letters);
});

test.each([
  ['ООО «Кедровый Угол»', 'Кедровый Угол'],
  ['АО "Заречье-Комплект"', 'Заречье-Комплект'],
  ['ИП Ветлугин', 'ИП Ветлугин'],
  ['Тёплая Верста', 'Тёплая Верста'],
  ['«Ясный Контур», ООО', 'Ясный Контур'],
  ['Cedar Corner LLC', 'Cedar Corner'],
  ['Монтаж «Тропа» и сыновья', 'Монтаж «Тропа» и сыновья'],
  ['ООО', 'ООО'],
])('the short name of %s', (name, short) => {
  expect(shortCompany(name)).toBe(short);
});
