import { onScopeDispose, readonly, ref, type Ref } from 'vue';

/** True while the window is at least so many pixels wide. */
export function useWide(pixels: number): Readonly<Ref<boolean>> {
  const query = matchMedia(`(min-width: ${pixels}px)`);
  const wide = ref(query.matches);
  const follow = () => {
    wide.value = query.matches;
  };
  query.addEventListener('change', follow);
  onScopeDispose(() => query.removeEventListener('change', follow));
  return readonly(wide);
}
