import { computed, onScopeDispose, watch } from 'vue';

import { onConnected } from '../../platform/socket';
import { usePresenceStore } from './presence.store';

const SIGN_OF_LIFE_MS = 15_000;
/** While somebody writes, the others are told at most this often. */
const TYPING_MS = 2_000;
/** A sign of life says that somebody writes only so shortly after a key. */
const STILL_TYPING_MS = 3_000;

/**
 * Tells the others that this tab has an appeal open and what its person writes there, while the tab is looked at;
 * answers who else is there. Lives as long as the component that calls it.
 */
export function usePresence(appealId: () => string | null) {
  const store = usePresenceStore();
  let writing: 'reply' | 'note' | null = null;
  let keyAt = 0;
  let toldAt = 0;

  const isVisible = () => document.visibilityState === 'visible';
  function tell(): void {
    const id = isVisible() ? appealId() : null;
    if (Date.now() - keyAt > STILL_TYPING_MS) writing = null;
    toldAt = Date.now();
    void store.look(id, id === null ? null : writing);
  }
  /** A key was pressed in the field of this mode. */
  function typed(mode: 'reply' | 'note'): void {
    const isNew = writing !== mode;
    writing = mode;
    keyAt = Date.now();
    if (isNew || keyAt - toldAt >= TYPING_MS) tell();
  }
  /** What was written is sent, or gone. */
  function stopped(): void {
    if (writing === null) return;
    writing = null;
    tell();
  }

  watch(
    appealId,
    () => {
      writing = null;
      tell();
    },
    { immediate: true },
  );
  const heartbeat = setInterval(() => isVisible() && tell(), SIGN_OF_LIFE_MS);
  document.addEventListener('visibilitychange', tell);
  const deaf = onConnected(tell);
  onScopeDispose(() => {
    clearInterval(heartbeat);
    document.removeEventListener('visibilitychange', tell);
    deaf();
    void store.look(null, null);
  });

  const present = computed(() => {
    const id = appealId();
    return id === null ? [] : store.at(id);
  });
  return { present, typed, stopped };
}
