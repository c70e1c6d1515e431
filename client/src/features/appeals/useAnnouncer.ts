import { onBeforeUnmount, ref } from 'vue';

const WINDOW_MS = 5_000;
const MANY = 3;

/**
 * Says new messages in one polite region (A11Y-4): each on its own, or their number when more than three come within
 * five seconds.
 */
export function useAnnouncer(tellMany: (count: number) => string) {
  const announcement = ref('');
  let recent = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function announce(text: string): void {
    recent += 1;
    announcement.value = recent > MANY ? tellMany(recent) : text;
    if (recent === 1) {
      timer = setTimeout(() => {
        recent = 0;
      }, WINDOW_MS);
    }
  }
  onBeforeUnmount(() => clearTimeout(timer));
  return { announcement, announce };
}
