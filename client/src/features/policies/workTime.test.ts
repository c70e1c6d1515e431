import { describe, expect, it } from 'vitest';
import { parseWorkTime, workDayMinutes, writeHours, writeWorkTime } from './workTime';

const DAY = 540;

describe('a typed target', () => {
  it.each([
    ['2 ч', 120],
    ['2ч', 120],
    ['1 д 4 ч', 780],
    ['1д4ч30мин', 810],
    ['1 d 4 h', 780],
    ['3 дня', 1620],
    ['5 рабочих дней', undefined],
    ['90 мин.', 90],
    ['90 m', 90],
    ['1,5 часа', 90],
    ['1.5h', 90],
    ['2:30', 150],
    ['2', 120],
    ['2\u00a0ч', 120],
    ['0', 0],
    ['', null],
    ['  ', null],
    ['—', null],
    ['ч', undefined],
    ['2 ч 3 ч', undefined],
    ['2 лаптя', undefined],
    ['-2 ч', undefined],
    ['2 ч и ещё', undefined],
    ['2:75', undefined],
  ])('%s', (typed, minutes) => {
    expect(parseWorkTime(typed, DAY)).toBe(minutes);
  });

  it('is understood as it is written, in both languages', () => {
    for (const language of ['ru', 'en'] as const) {
      for (const minutes of [1, 59, 60, 90, 539, 540, 541, 780, 1620, 5400]) {
        expect(parseWorkTime(writeWorkTime(minutes, DAY, language), DAY)).toBe(minutes);
      }
    }
    expect(writeWorkTime(780, DAY, 'ru')).toBe('1\u00a0д 4\u00a0ч');
    expect(writeHours(780, 'en')).toBe('13\u00a0h');
  });

  it('counts a day as most working days of the company are', () => {
    const short = { days: [4], intervals: [{ from: 540, to: 900 }] };
    const usual = {
      days: [0, 1, 2, 3],
      intervals: [
        { from: 540, to: 780 },
        { from: 840, to: 1080 },
      ],
    };
    expect(workDayMinutes({ hours: [short, usual] })).toBe(480);
    expect(workDayMinutes({ hours: [] })).toBe(480);
  });
});
