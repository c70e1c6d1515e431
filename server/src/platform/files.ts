import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** The disk refused (full, read-only, gone); not the sender's fault. */
export class StorageError extends Error {}

/** Bytes that have arrived whole, but have no place yet. */
export interface ReceivedFile {
  id: string;
  /** Where the bytes wait on this machine, to be looked into. */
  path: string;
  sizeBytes: number;
  /** Hexadecimal. */
  sha256: string;
}

/** What lies beside the file itself under the same id. */
export type FileKind = 'file' | 'preview';

export interface FileStorage {
  /** The folder under which {@link FileStorage.place} lies. */
  readonly folder: string;
  /**
   * Streams bytes to disk under a temporary name. Whatever goes wrong, nothing is left behind.
   * @throws StorageError – the disk refused; anything else is the source's own error
   */
  receive(id: string, source: Readable): Promise<ReceivedFile>;
  /** Gives a received file its place. From now on {@link FileStorage.place} names it. */
  keep(received: ReceivedFile): Promise<void>;
  /** Throws a received file away; one that was kept stays where it is. */
  discard(received: Pick<ReceivedFile, 'id'>): Promise<void>;
  /** Writes small bytes that we made ourselves: all of them or none. */
  write(id: string, kind: FileKind, bytes: Uint8Array): Promise<void>;
  /** Where the bytes of an id lie, relative to the folder; the name holds nothing a sender chose. */
  place(id: string, kind: FileKind): string;
  /** Removes everything of an id; nothing there is fine. */
  remove(id: string): Promise<void>;
  /** Removes temporary files that nobody has written to since `until`; answers how many. */
  removeAbandoned(until: Date): Promise<number>;

  /**
   * Streams one part of a file to disk; when it answers, the part survives a power cut. Whatever goes wrong, nothing is left behind.
   * @returns its size
   * @throws StorageError – the disk refused; anything else is the source's own error
   */
  receivePart(wholeId: string, partId: string, source: Readable): Promise<number>;
  removePart(wholeId: string, partId: string): Promise<void>;
  /** Makes one received file of parts, in this order; the parts stay. Null: one of them is not there. */
  join(id: string, wholeId: string, partIds: readonly string[]): Promise<ReceivedFile | null>;
  /** Removes all parts of a file; none there is fine. */
  removeParts(wholeId: string): Promise<void>;
  /** Removes parts of files that got none since `until`. */
  removeAbandonedParts(until: Date): Promise<void>;
}

const INCOMING = 'incoming';
const PARTS = 'parts';
const refused = (cause: unknown) => new StorageError('the disk did not take a file', { cause });

/**
 * Files on the local disk: `<folder>/<2 letters>/<2 letters>/<id>`, so that no folder grows without end. Bytes arrive in
 * `<folder>/incoming` and are moved when whole and synced, so that a name without `.part` never means half a file. Files that
 * come in parts wait in `<folder>/parts/<id>`, one file a part, until they are joined.
 */
export function createLocalFiles(folder: string): FileStorage {
  const part = (id: string) => path.join(folder, INCOMING, `${id}.part`);
  const partsOf = (wholeId: string) => path.join(folder, PARTS, wholeId);
  const place = (id: string, kind: FileKind) =>
    path.join(id.slice(0, 2), id.slice(2, 4), kind === 'file' ? id : `${id}.${kind}`);

  /** Makes the folder of a file. @throws StorageError */
  async function prepare(target: string): Promise<void> {
    await mkdir(path.dirname(target), { recursive: true }).catch((error: unknown) => {
      throw refused(error);
    });
  }

  /** Moves whole bytes from their temporary name to their place. */
  async function settle(from: string, id: string, kind: FileKind): Promise<void> {
    const to = path.join(folder, place(id, kind));
    await prepare(to);
    await rename(from, to);
  }

  /** Streams bytes into a new file, all of them or none. @throws StorageError, or the source's own error */
  async function stream(
    target: string,
    source: Readable,
  ): Promise<Pick<ReceivedFile, 'sizeBytes' | 'sha256'>> {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        done(null, chunk);
      },
    });
    let refusal: Error | undefined;
    await prepare(target);
    try {
      // flush: the bytes are on the disk before the file counts as received.
      const sink = createWriteStream(target, { flags: 'wx', flush: true });
      sink.once('error', (error) => {
        // A broken source breaks the sink with the source's error; the disk's own name the call that failed.
        if ('syscall' in error && source.errored === null) refusal = error;
      });
      await pipeline(source, counted, sink);
    } catch (error) {
      await rm(target, { force: true });
      if (error === refusal) throw refused(error);
      throw error;
    }
    return { sizeBytes, sha256: hash.digest('hex') };
  }

  async function receive(id: string, source: Readable): Promise<ReceivedFile> {
    const target = part(id);
    return { id, path: target, ...(await stream(target, source)) };
  }

  return {
    folder,
    place,
    receive,
    keep: (received) => settle(received.path, received.id, 'file'),
    discard: ({ id }) => rm(part(id), { force: true }),
    async write(id, kind, bytes) {
      const target = part(`${id}.${kind}`);
      await prepare(target);
      try {
        const handle = await open(target, 'w');
        try {
          await handle.writeFile(bytes);
          await handle.datasync();
        } finally {
          await handle.close();
        }
        await settle(target, id, kind);
      } catch (error) {
        await rm(target, { force: true });
        throw refused(error);
      }
    },
    async remove(id) {
      await rm(path.join(folder, place(id, 'file')), { force: true });
      await rm(path.join(folder, place(id, 'preview')), { force: true });
    },
    async removeAbandoned(until) {
      const waiting = await namesIn(path.join(folder, INCOMING));
      let removed = 0;
      for (const name of waiting) {
        const file = path.join(folder, INCOMING, name);
        const facts = await stat(file).catch(() => null); // its upload has just ended
        if (facts === null || facts.mtime >= until) continue;
        await rm(file, { force: true });
        removed += 1;
      }
      return removed;
    },
    receivePart: async (wholeId, partId, source) =>
      (await stream(path.join(partsOf(wholeId), partId), source)).sizeBytes,
    removePart: (wholeId, partId) => rm(path.join(partsOf(wholeId), partId), { force: true }),
    async join(id, wholeId, partIds) {
      const parts = partIds.map((partId) => path.join(partsOf(wholeId), partId));
      const bytes = async function* () {
        for (const file of parts) yield* createReadStream(file);
      };
      try {
        return await receive(id, Readable.from(bytes(), { objectMode: false }));
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    removeParts: (wholeId) => rm(partsOf(wholeId), { recursive: true, force: true }),
    async removeAbandonedParts(until) {
      for (const wholeId of await namesIn(path.join(folder, PARTS))) {
        // A folder's own time is that of the last part that came or went.
        const facts = await stat(partsOf(wholeId)).catch(() => null);
        if (facts !== null && facts.mtime < until)
          await rm(partsOf(wholeId), { recursive: true, force: true });
      }
    },
  };
}

const isMissing = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** What a folder holds; nothing when it was never made. */
const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
