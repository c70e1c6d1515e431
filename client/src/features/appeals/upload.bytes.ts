import { openDB, type DBSchema, type IDBPDatabase } from 'idb';

import { onlyLooks } from '../../platform/looking';

/** A chosen file that the server does not have yet, so that a message can be sent before its files are. */
interface KeptFile {
  clientId: string;
  personId: string;
  file: File;
  /** ms, clock of the device */
  at: number;
}
interface Schema extends DBSchema {
  files: { key: string; value: KeptFile };
}

/** Files of composers that were left without sending; messages refer to theirs and keep them. */
const FORGOTTEN_MS = 7 * 24 * 60 * 60_000;

/** What this page chose itself; it is read from here when the browser stores nothing. */
const atHand = new Map<string, File>();
let opened: Promise<IDBPDatabase<Schema>> | null = null;
const db = () =>
  (opened ??= openDB<Schema>('otklik-files', 1, {
    upgrade(database) {
      database.createObjectStore('files', { keyPath: 'clientId' });
    },
  }));

/** Keeps the bytes of a file over reloads until `dropFile`. The size is limited by what may be uploaded at all. */
export async function keepFile(personId: string, clientId: string, file: File): Promise<void> {
  atHand.set(clientId, file);
  await tried(async () => (await db()).put('files', { clientId, personId, file, at: Date.now() }));
}

/** The bytes of a file chosen here or in another tab or life of the page; null: they are gone. */
export async function keptFile(personId: string, clientId: string): Promise<File | null> {
  const near = atHand.get(clientId);
  if (near) return near;
  const kept = await tried(async () => (await db()).get('files', clientId));
  return kept?.personId === personId ? kept.file : null;
}

export async function dropFile(clientId: string): Promise<void> {
  atHand.delete(clientId);
  await tried(async () => (await db()).delete('files', clientId));
}

/** Frees what nobody will send any more. `wanted`: files of messages that wait. */
export async function sweepFiles(personId: string, wanted: ReadonlySet<string>): Promise<void> {
  const all = (await tried(async () => (await db()).getAll('files'))) ?? [];
  const old = all.filter(
    (kept) =>
      kept.personId === personId &&
      !wanted.has(kept.clientId) &&
      Date.now() - kept.at > FORGOTTEN_MS,
  );
  await Promise.all(old.map(({ clientId }) => dropFile(clientId)));
}

/** Without storage (private window, full disk) files still go, as long as the page lives. */
async function tried<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
  if (typeof indexedDB === 'undefined' || onlyLooks()) return undefined;
  try {
    return await work();
  } catch (error) {
    console.warn('files cannot be stored in this browser', error);
    return undefined;
  }
}
