/**
 * The client without its screens: the same stores, queue, sync and socket that the pages use, for programs that put them to the test.
 * Loading this module again gives a client of its own, as a reload of the page does.
 */
import type { Entry } from '@otklik/shared/appeals';
import { createPinia, setActivePinia } from 'pinia';
import { computed, type ComputedRef } from 'vue';

import { startAppealNews, useAppeals, useThreads } from '../features/appeals';
import { useSession } from '../features/session';

export { keep, restore } from './storage';

/** What a thread shows: `[number, entry id, version, clientId]` of each entry. */
export type ShownEntry = [
  number: number,
  entryId: string,
  version: number,
  clientId: string | null,
];

export interface ShownThread {
  /** Lowest number shown, 1 when nothing is. */
  from: number;
  entries: ShownEntry[];
  pending: { clientId: string; state: 'queued' | 'sending' | 'failed'; code: string | null }[];
}

export type Headless = ReturnType<typeof startHeadless>;

/** Starts a client for the person whose session cookie the browser holds. `document.baseURI` says where the product lives. */
export function startHeadless() {
  setActivePinia(createPinia());
  const session = useSession();
  const appeals = useAppeals();
  const threads = useThreads();

  /** What each thread shows; worked out anew only when something in it has changed. */
  const screens = new Map<string, ComputedRef<ShownThread>>();
  const numberOf = (entry: Entry) => (entry.audience === 'staff' ? entry.seq : entry.publicSeq);
  /** An unchanged entry is told by the same object: who compares two looks compares no words. */
  const told = new WeakMap<Entry, ShownEntry>();
  function tell(entry: Entry): ShownEntry {
    const known = told.get(entry);
    if (known) return known;
    const shown: ShownEntry = [numberOf(entry), entry.id, entry.version, entry.clientId];
    told.set(entry, shown);
    return shown;
  }

  function show(appealId: string): ShownThread {
    const entries: ShownEntry[] = [];
    const pending: ShownThread['pending'] = [];
    for (const item of threads.items(appealId)) {
      if (item.is === 'entry') {
        entries.push(tell(item.entry));
      } else {
        const { clientId, messageState, problem } = item;
        if (messageState === 'elsewhere') continue;
        pending.push({ clientId, state: messageState, code: problem?.code ?? null });
      }
    }
    return { from: entries[0]?.[0] ?? 1, entries, pending };
  }

  return {
    /** Signs in, or takes up the session that is there. @returns the person's id */
    async enter(login: string, password: string): Promise<string | null> {
      // Only a clear "nobody" leads to the login page; a server that is away does not.
      const answered = await session.load();
      if (!answered) return null;
      if (session.personId === null) await session.signIn({ login, password, remember: true });
      if (session.personId !== null) startAppealNews();
      return session.personId;
    },
    isSignedIn: () => session.personId !== null,
    /** Brings a thread on the screen; answers its id, null when that did not work yet. */
    open: (no: number) => threads.open(no),
    send: (appealId: string, kind: 'message' | 'note', body: string) =>
      threads.send(appealId, { kind, body }),
    retry: (clientId: string) => threads.retrySend(clientId),
    sendAnyway: (clientId: string) => threads.sendAnyway(clientId),
    edit: (appealId: string, entryId: string, body: string) =>
      threads.editEntry(appealId, entryId, body),
    remove: (appealId: string, entryId: string) => threads.deleteEntry(appealId, entryId),
    takeBack: (clientId: string) => threads.deleteUnsent(clientId),
    read: (appealId: string, number: number) => threads.markRead(appealId, number),

    /** What the thread shows now; the same object as before when nothing has changed. */
    shown(appealId: string): ShownThread {
      const screen = screens.get(appealId) ?? computed(() => show(appealId));
      screens.set(appealId, screen);
      return screen.value;
    },
    /** Unread counter and read mark of the row; null while the row is not known. */
    row(appealId: string): { unread: number; mark: number } | null {
      const row = appeals.row(appealId);
      return row && { unread: row.unread, mark: appeals.marks.get(appealId)?.seq ?? 0 };
    },
  };
}
