import { describe, expect, it } from 'vitest';
import { workMsBetween } from '../sla/calendar';
import { aCalendar } from '../sla/calendar.factory';
import { early, say } from './content/story';
import { fillDates } from './demo.dates';
import { planMoments, workMomentBefore } from './demo.moments';

const calendar = aCalendar();
const work = (from: Date, to: Date) => workMsBetween(from, to, calendar);
const at = (text: string) => new Date(`${text}+03:00`);

describe('a moment some working minutes ago', () => {
  it.each([
    ['within the day', '2026-11-18T15:00', 90, '2026-11-18T13:30'],
    ['over the night', '2026-11-18T09:30', 60, '2026-11-17T17:30'],
    ['over the weekend', '2026-11-16T09:10', 20, '2026-11-13T17:50'],
    ['asked on a Sunday', '2026-11-22T13:00', 10, '2026-11-20T17:50'],
    ['many days back', '2026-11-18T12:00', 5400, '2026-11-04T12:00'],
  ])('is found %s', (_case, now, minutes, expected) => {
    expect(workMomentBefore(at(now), minutes, work)).toEqual(at(expected));
  });

  it('fails when the calendar never opens', () => {
    expect(() => workMomentBefore(at('2026-11-18T12:00'), 5, () => 0)).toThrow(RangeError);
  });
});

describe('a plan of moments', () => {
  it('grows, keeps to the past and puts early messages before opening', () => {
    const now = at('2026-11-18T15:00');
    const steps = [
      early(700, 120, 'vetlugin', 'Рано'),
      say(700, 'vesnin', 'Днём'),
      say(700, 'vetlugin', 'Сразу за ним'),
      say(0, 'vesnin', 'Сейчас'),
    ];
    const moments = planMoments(steps, now, work).map((moment) => moment.getTime());
    expect(moments).toEqual([...moments].sort((a, b) => a - b));
    expect(new Set(moments).size).toBe(4);
    expect(moments.at(-1)).toBe(now.getTime());
    // 700 working minutes before Wednesday 15:00 lies on Tuesday 12:20, a day that opened at 9:00.
    expect(moments[0]).toBeGreaterThanOrEqual(at('2026-11-17T07:00').getTime());
    expect(moments[0]).toBeLessThan(at('2026-11-17T07:01').getTime());
  });
});

describe('dates in a text', () => {
  it.each([
    ['ждём {date:+2}', 'ждём 24 ноября'],
    ['монтаж {weekday:+1}', 'монтаж в понедельник'],
    ['платёж {date:-5}', 'платёж 13 ноября'],
    ['акт за {month:-1}', 'акт за октябрь'],
    ['отчёт за {month:-11}', 'отчёт за декабрь'],
    ['без меток', 'без меток'],
  ])('%s', (text, expected) => {
    expect(fillDates(text, at('2026-11-20T23:30'), 'Europe/Moscow')).toBe(expected);
  });

  it('count days in the zone asked for', () => {
    expect(fillDates('{date:+0}', at('2026-11-20T23:30'), 'Asia/Vladivostok')).toBe('21 ноября');
  });
});
