import { readonly, ref } from 'vue';

const MINUTE = 60_000;
let offsetMs = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
const minute = ref(Date.now());

/** The server's idea of now, in ms since the epoch; a wrong clock of the device changes nothing (SLA-1). */
export const serverNow = (): number => Date.now() + offsetMs;

/**
 * Learns how far the device's clock is off.
 * @param serverMs the server's time in ms when the answer was written
 */
export function learnServerTime(serverMs: number): void {
  offsetMs = serverMs - Date.now();
  tick();
}

/** Moves at each edge of a minute, by one timer for the whole page (SLA-4). */
export const minuteNow = readonly(minute);

export function startClock(): void {
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') tick();
  });
  tick();
}

function tick(): void {
  clearTimeout(timer);
  const now = serverNow();
  minute.value = now;
  timer = setTimeout(tick, MINUTE - (now % MINUTE) + 20);
}
