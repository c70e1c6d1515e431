import { onScopeDispose, readonly, ref, watch, type Ref } from 'vue';

/**
 * Follows a flag up only after `delayMs`, and down at once: a skeleton that would flash stays away (STA-1).
 */
export function useDelayedFlag(flag: () => boolean, delayMs = 150): Readonly<Ref<boolean>> {
  const shown = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(
    flag,
    (on) => {
      clearTimeout(timer);
      if (!on) shown.value = false;
      else timer = setTimeout(() => (shown.value = true), delayMs);
    },
    { immediate: true },
  );
  onScopeDispose(() => clearTimeout(timer));
  return readonly(shown);
}
