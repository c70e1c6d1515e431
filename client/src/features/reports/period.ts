const DAY_MS = 86_400_000;

/** A calendar day so many days away. */
const addDays = (day: string, days: number) =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/** Days back from today that one press chooses; the first is what a page without a period in its address shows. */
export const PRESETS = [56, 7, 30, 365] as const;

/** Today in a zone. */
export const todayIn = (zone: string, now: number) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(now);

export const lastDays = (days: number, today: string) => ({
  from: addDays(today, 1 - days),
  to: today,
});

/** A day as an address holds it; anything else is no day. */
export const isDay = (value: unknown): value is string =>
  typeof value === 'string' &&
  /^2[01]\d\d-\d\d-\d\d$/.test(value) &&
  !Number.isNaN(Date.parse(value)) &&
  new Date(value).toISOString().startsWith(value);
