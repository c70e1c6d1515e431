/**
 * Production calendars of countries, our own table: which days of a year differ from its weekdays.
 * A year that is missing here is unknown, which is not the same as a year without holidays.
 */
export type Country = 'RU';
export type ProductionKind = 'closed' | 'short' | 'working_short';

export interface ProductionYear {
  year: number;
  /** Not yet decided by the government: days may still move. */
  isDraft: boolean;
  /** `YYYY-MM-DD` → how the day differs. */
  days: Readonly<Record<string, ProductionKind>>;
}

/** `MM-DD` or `MM-DD..DD`, as the official texts write them. */
function daysOf(year: number, lists: Partial<Record<ProductionKind, string>>) {
  const days: Record<string, ProductionKind> = {};
  for (const kind of ['closed', 'short', 'working_short'] as const) {
    for (const part of (lists[kind] ?? '').split(' ').filter(Boolean)) {
      const [month = '', from = '', to = from] = part.split(/-|\.\./);
      for (let day = Number(from); day <= Number(to); day += 1) {
        days[`${year}-${month}-${String(day).padStart(2, '0')}`] = kind;
      }
    }
  }
  return days;
}

const RU: readonly ProductionYear[] = [
  {
    year: 2025,
    isDraft: false,
    days: daysOf(2025, {
      closed: '01-01..08 05-01..02 05-08..09 06-12..13 11-03..04 12-31',
      short: '03-07 04-30 06-11',
      working_short: '11-01',
    }),
  },
  {
    year: 2026,
    isDraft: false,
    days: daysOf(2026, {
      closed: '01-01..09 02-23 03-09 05-01 05-11 06-12 11-04 12-31',
      short: '04-30 05-08 06-11 11-03',
    }),
  },
  {
    year: 2027,
    isDraft: true,
    days: daysOf(2027, {
      closed: '01-01..08 02-22..23 03-08 05-03 05-10 06-14 11-04..05 12-31',
      short: '04-30 06-11 11-03',
      working_short: '02-20',
    }),
  },
];

export const PRODUCTION: Readonly<Record<Country, readonly ProductionYear[]>> = { RU };
export const COUNTRIES: readonly Country[] = ['RU'];

export function productionYear(country: Country, year: number): ProductionYear | null {
  return PRODUCTION[country].find((known) => known.year === year) ?? null;
}

/** The last year of which a country's days are known, drafts included. */
export function lastKnownYear(country: Country): number {
  return Math.max(...PRODUCTION[country].map(({ year }) => year));
}
