import type { DemoPolicy } from './types';

/** The company's hours. The dealers' zones differ; deadlines are counted in these. */
export const companyCalendar = {
  name: 'Пн–Пт 9–18',
  nameEn: 'Mon–Fri 9–18',
  zone: 'Europe/Moscow',
  /** ISO weekdays, 1 is Monday. */
  weekdays: [1, 2, 3, 4, 5],
  opens: '09:00',
  closes: '18:00',
} as const;

export const workDayMinutes = 540;

/** The intents of the demo's appeals hold for exactly these targets. */
export const policies: readonly DemoPolicy[] = [
  {
    name: 'Стандарт',
    nameEn: 'Standard',
    priority: null,
    firstResponseMinutes: 120,
    nextResponseMinutes: 240,
    resolutionMinutes: 3 * workDayMinutes,
  },
  {
    name: 'Срочно',
    nameEn: 'Urgent',
    priority: 'high',
    firstResponseMinutes: 60,
    nextResponseMinutes: 240,
    resolutionMinutes: 3 * workDayMinutes,
  },
];
