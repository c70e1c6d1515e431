import { minuteNow } from '../../platform/clock';
import { useFormat } from '../../platform/useFormat';

const HOUR_MS = 60 * 60_000;

/** When a session was last seen: "5 мин назад" within the hour, else "сегодня, 14:40", "3 нояб., 14:40". */
export function useSeenTime(): (at: string) => string {
  const format = useFormat();
  return (at) =>
    minuteNow.value - Date.parse(at) < HOUR_MS ? format.listTime(at) : format.dayTime(at);
}
