const dayMs = 86_400_000;

const monthsOfDate = [
  'января',
  'февраля',
  'марта',
  'апреля',
  'мая',
  'июня',
  'июля',
  'августа',
  'сентября',
  'октября',
  'ноября',
  'декабря',
];
const months = [
  'январь',
  'февраль',
  'март',
  'апрель',
  'май',
  'июнь',
  'июль',
  'август',
  'сентябрь',
  'октябрь',
  'ноябрь',
  'декабрь',
];
const onWeekday = [
  'в воскресенье',
  'в понедельник',
  'во вторник',
  'в среду',
  'в четверг',
  'в пятницу',
  'в субботу',
];

/**
 * Puts real dates in the place of tokens, so that a conversation never speaks of a day
 * that does not fit its own time. Tokens count from `at`, in whole working days (Mon–Fri):
 * - `{date:-3}` → `14 ноября`
 * - `{weekday:+2}` → `в среду`
 * - `{month:-1}` → `октябрь` (counted in months)
 * @param at the moment of the step the text belongs to
 * @param zone IANA zone in which days are counted
 */
export function fillDates(text: string, at: Date, zone: string): string {
  return text.replace(
    /\{(date|weekday|month):([+-]\d+)\}/g,
    (_token, what: string, offset: string) => {
      const today = dayIn(zone, at);
      if (what === 'month') {
        return nameAt(months, (((today.getUTCMonth() + Number(offset)) % 12) + 12) % 12);
      }
      const day = addWorkDays(today, Number(offset));
      return what === 'weekday'
        ? nameAt(onWeekday, day.getUTCDay())
        : `${day.getUTCDate()} ${nameAt(monthsOfDate, day.getUTCMonth())}`;
    },
  );
}

/** The calendar day of a moment in a zone, as midnight UTC of that day. */
function dayIn(zone: string, at: Date): Date {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(at);
  return new Date(`${parts}T00:00:00Z`);
}

function addWorkDays(day: Date, count: number): Date {
  const step = Math.sign(count);
  let left = Math.abs(count);
  let result = day;
  while (left > 0) {
    result = new Date(result.getTime() + step * dayMs);
    const weekday = result.getUTCDay();
    if (weekday !== 0 && weekday !== 6) left -= 1;
  }
  return result;
}

function nameAt(names: readonly string[], index: number): string {
  const name = names[index];
  if (name === undefined) throw new RangeError(`No name at ${index}`);
  return name;
}
