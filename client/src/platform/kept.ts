import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction } from 'idb';

import { basePath } from './basePath';

/**
 * What this browser keeps of the person who is signed in, to be read without a network (STA-5). It holds things of one
 * person at a time: whoever signs in next takes the place of the one before. Every write asks in its own transaction
 * whether the place is still that session's, so a tab that has not heard yet of a sign-out cannot bring anything back.
 */

/** Whose place it is, and what the page has to know of him before the server answers. */
export interface Owner {
  key: 'owner';
  personId: string;
  sessionId: string;
  /** His `Me`, as the server told it last. */
  me: unknown;
  /** How far the device's clock was behind the server's, ms. */
  offsetMs: number;
}
interface Thing {
  key: string;
  /** The part of the key before "/": things of one kind are counted together. */
  kind: string;
  value: unknown;
  /** ms, server's clock: "данные на 16:05" */
  at: number;
  /** ms, device's clock; the longest unused go first */
  usedAt: number;
}
interface Schema extends DBSchema {
  owner: { key: string; value: Owner };
  things: { key: string; value: Thing; indexes: { byUse: [string, number] } };
}
type Work = IDBPTransaction<Schema, ('owner' | 'things')[], 'readwrite'>;

/** Of each kind; more are not kept. */
const MOST = 30;

let holder: { personId: string; sessionId: string } | null = null;
let opened: Promise<IDBPDatabase<Schema>> | null = null;
const db = () =>
  (opened ??= openDB<Schema>(`otklik-kept ${basePath()}`, 1, {
    upgrade(database) {
      database.createObjectStore('owner', { keyPath: 'key' });
      database
        .createObjectStore('things', { keyPath: 'key' })
        .createIndex('byUse', ['kind', 'usedAt']);
    },
  }));

/** Takes the place for a session; what somebody else left is thrown away. */
export async function own(owner: Omit<Owner, 'key'>): Promise<void> {
  const { personId, sessionId } = owner;
  holder = { personId, sessionId };
  await within(async (tx) => {
    const before = await tx.objectStore('owner').get('owner');
    if (before?.personId !== personId) await tx.objectStore('things').clear();
    await tx.objectStore('owner').put({ key: 'owner', ...owner });
  });
}

/** Whose place it is by what is stored; the server has not been asked. */
export async function owner(): Promise<Owner | null> {
  return (await within((tx) => tx.objectStore('owner').get('owner'))) ?? null;
}

/** This page goes on for the owner without having asked the server. */
export function resume({ personId, sessionId }: Pick<Owner, 'personId' | 'sessionId'>): void {
  holder = { personId, sessionId };
}

/** Nothing is kept or given out any more. What is stored stays for the same person unless it is wiped. */
export function release(): void {
  holder = null;
}

/** Throws everything away. @param sessionId only if the place is still this session's */
export async function wipe(sessionId?: string): Promise<void> {
  await within(async (tx) => {
    const held = await tx.objectStore('owner').get('owner');
    if (sessionId !== undefined && held?.sessionId !== sessionId) return;
    await tx.objectStore('owner').clear();
    await tx.objectStore('things').clear();
  });
}

/** Keeps a thing under a key like `thread/1042`. `value` must be what a structured clone can carry. */
export function keep(key: string, value: unknown, at: number): Promise<void> {
  return asHolder(undefined, async (tx) => {
    const [kind = key] = key.split('/');
    const things = tx.objectStore('things');
    await things.put({ key, kind, value, at, usedAt: Date.now() });
    const ofKind = IDBKeyRange.bound([kind, -Infinity], [kind, Infinity]);
    let tooMany = (await things.index('byUse').count(ofKind)) - MOST;
    let oldest = tooMany > 0 ? await things.index('byUse').openCursor(ofKind) : null;
    for (; oldest && tooMany > 0; tooMany -= 1) {
      await oldest.delete();
      oldest = await oldest.continue();
    }
  });
}

/** A kept thing of the person who is signed in here, or null. Whoever asks knows what he kept under the key. */
export function recall<Value>(key: string): Promise<{ value: Value; at: number } | null> {
  return asHolder<{ value: Value; at: number } | null>(null, async (tx) => {
    const thing = await tx.objectStore('things').get(key);
    return thing ? { value: thing.value as Value, at: thing.at } : null;
  });
}

export function drop(key: string): Promise<void> {
  return asHolder(undefined, (tx) => tx.objectStore('things').delete(key));
}

/** Everything of one kind. */
export function recallAll<Value>(kind: string): Promise<{ key: string; value: Value }[]> {
  return asHolder<{ key: string; value: Value }[]>([], async (tx) => {
    const ofKind = IDBKeyRange.bound([kind, -Infinity], [kind, Infinity]);
    const all = await tx.objectStore('things').index('byUse').getAll(ofKind);
    return all.map(({ key, value }) => ({ key, value: value as Value }));
  });
}

/** Runs only while the place is this page's session's. */
async function asHolder<Result>(
  otherwise: Result,
  work: (tx: Work) => Promise<Result>,
): Promise<Result> {
  const mine = holder;
  if (!mine) return otherwise;
  const result = await within(async (tx) => {
    const held = await tx.objectStore('owner').get('owner');
    return held?.sessionId === mine.sessionId && held.personId === mine.personId
      ? work(tx)
      : otherwise;
  });
  // Signed out while it was read: it is nobody's business any more.
  return result === undefined || holder !== mine ? otherwise : result;
}

/** A browser without storage (private window, full disk) works as well; it only has nothing to show without a network. */
async function within<Result>(work: (tx: Work) => Promise<Result>): Promise<Result | undefined> {
  if (typeof indexedDB === 'undefined') return undefined;
  try {
    const tx = (await db()).transaction(['owner', 'things'], 'readwrite');
    const [result] = await Promise.all([work(tx), tx.done]);
    return result;
  } catch (error) {
    console.warn('nothing can be kept in this browser', error);
    return undefined;
  }
}
