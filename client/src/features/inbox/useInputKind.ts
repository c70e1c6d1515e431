import { onScopeDispose, readonly, ref, type Ref } from 'vue';

/** What the person used last: opening by a key moves the focus, opening by a pointer does not (A11Y-3). */
export function useInputKind(): Readonly<Ref<'keys' | 'pointer'>> {
  const kind = ref<'keys' | 'pointer'>('pointer');
  const stop = new AbortController();
  const options = { capture: true, signal: stop.signal };
  addEventListener('keydown', () => (kind.value = 'keys'), options);
  addEventListener('pointerdown', () => (kind.value = 'pointer'), options);
  onScopeDispose(() => stop.abort());
  return readonly(kind);
}
