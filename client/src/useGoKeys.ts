import { onMounted, onUnmounted } from 'vue';
import { useRouter } from 'vue-router';

import { useSession } from './features/session';

/** How long "g" waits for its second key. */
const PAUSE_MS = 1_500;
const PLACES = {
  staff: { KeyI: '/inbox/mine', KeyQ: '/inbox/queue', KeyM: '/inbox/mentions', KeyB: '/board' },
  dealer: { KeyA: '/appeals', KeyO: '/orders' },
} as const;

/** "g" and a letter go to a part of the product, "c" starts an appeal (UX file, part 12). Works on any keyboard layout. */
export function useGoKeys(): void {
  const router = useRouter();
  const session = useSession();
  let begunAt = -Infinity;

  function onKey(event: KeyboardEvent): void {
    const { code, timeStamp } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || isTyping(event)) return;
    const isSecond = timeStamp - begunAt < PAUSE_MS;
    begunAt = code === 'KeyG' ? timeStamp : -Infinity;
    const to = isSecond ? placeOf(code) : null;
    if (to) {
      event.preventDefault();
      void router.push(to);
    } else if (code === 'KeyC' && session.side === 'dealer') {
      event.preventDefault();
      void router.push('/appeals/new');
    }
  }

  function placeOf(code: string): string | null {
    const places: Record<string, string> = session.side ? PLACES[session.side] : {};
    const to = places[code] ?? null;
    return to === '/board' && !session.can.seeBoard ? null : to;
  }

  onMounted(() => addEventListener('keydown', onKey));
  onUnmounted(() => removeEventListener('keydown', onKey));
}

/** Single keys belong to fields and to open layers first. */
function isTyping({ target, defaultPrevented }: KeyboardEvent): boolean {
  if (defaultPrevented || !(target instanceof Element)) return true;
  return (
    target.closest(
      'input, textarea, select, [contenteditable], [role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]',
    ) !== null
  );
}
