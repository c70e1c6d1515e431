import type { AppealPresence, Presence } from '@otklik/shared/presence';
import { presenceApi } from '@otklik/shared/presence.api';
import { defineStore } from 'pinia';
import { v7 as uuid } from 'uuid';
import { shallowReactive, watch } from 'vue';

import { attempt } from '../../platform/problem';
import { askSocket, on } from '../../platform/socket';
import { useSession } from '../session';

/** What is older counts for nothing: signs of life come every 15 s, so something is broken. */
const FORGET_MS = 60_000;
/** Tabs of one browser share a socket; each looks for itself. */
const windowId = uuid();

/** Who is at the appeals this tab has open, as far as the viewer may know. Hints: nothing depends on them. */
export const usePresenceStore = defineStore('presence', () => {
  const session = useSession();
  const byAppeal = shallowReactive(new Map<string, readonly Presence[]>());
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  let open: string | null = null;

  function put({ appealId, present }: AppealPresence): void {
    if (appealId !== open) return;
    byAppeal.set(appealId, present);
    clearTimeout(timers.get(appealId));
    timers.set(
      appealId,
      setTimeout(() => forget(appealId), FORGET_MS),
    );
  }
  function forget(appealId: string): void {
    clearTimeout(timers.get(appealId));
    timers.delete(appealId);
    byAppeal.delete(appealId);
  }

  /** Says what this tab has open and what is written there; null: nothing. Without a connection nobody is told. */
  async function look(appealId: string | null, writes: 'reply' | 'note' | null): Promise<void> {
    if (open !== null && open !== appealId) forget(open);
    open = appealId;
    const event = presenceApi.look.socket;
    if (session.personId === null || event === undefined) return;
    const answer = await attempt(() =>
      askSocket<AppealPresence | null>(event, { appealId, writes, windowId }),
    );
    if (!answer.ok) {
      // The appeal is not the viewer's any more: what he knew of it goes.
      if (appealId !== null) forget(appealId);
    } else if (answer.value?.value) put(answer.value.value);
  }

  on('presence:news', put);
  watch(
    () => session.personId,
    () => {
      open = null;
      [...byAppeal.keys()].forEach(forget);
    },
    { flush: 'sync' },
  );

  return {
    look,
    /** Everybody whom the viewer may know to be at this appeal; he himself is left out. */
    at: (appealId: string): readonly Presence[] => byAppeal.get(appealId) ?? [],
  };
});
