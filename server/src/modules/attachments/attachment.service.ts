import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { AttachmentView } from '@otklik/shared/attachments';
import type { Config } from '../../config';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import type { FileStorage, ReceivedFile } from '../../platform/files';
import type { Actor } from '../people';
import { inspectFile } from './attachment.inspect';
import type { Kind } from './attachment.kind';
import { cleanName } from './attachment.name';
import { attachmentPolicy } from './attachment.policy';
import { previewer, type Preview } from './attachment.preview';
import { attachmentRepository } from './attachment.repository';
import { attachmentView, type AttachmentRow } from './attachment.view';
import { unfinishedRepository } from './unfinished.repository';
import { countUpload } from './upload.tally';

export interface AttachmentDeps {
  db: Db;
  config: Pick<Config, 'fileMaxBytes' | 'uploadTtlMs' | 'uploadsPerHour'>;
  storage: FileStorage;
  now: () => Date;
  /** May this person read the entry that holds the file? Asked at every download. */
  mayReadEntry: (actor: Actor, entryId: string) => Promise<boolean>;
  /** Writes down who takes which file, before he gets its address. */
  recordDownload?: (
    actor: Actor,
    file: { id: string; name: string; entryId: string | null },
  ) => Promise<void>;
}

/** An upload whose bytes have arrived. */
export interface Upload {
  clientId: string;
  /** As the sender named it. */
  name: string;
  received: ReceivedFile;
  /** The unfinished upload that it was until now. */
  unfinishedId?: string;
}

/** A file that was looked into and accepted. */
interface Inspected extends Upload {
  kind: Kind;
  preview: Preview | null;
}

const ABANDONED_MS = 86_400_000;
const SWEEP_BATCH = 200;

export type AttachmentService = ReturnType<typeof createAttachmentService>;

export function createAttachmentService({
  db,
  config,
  storage,
  now,
  mayReadEntry,
  recordDownload,
}: AttachmentDeps) {
  /** Streams bytes to disk; the answer must be given to {@link add} or {@link discardReceived}. */
  const receive = (source: Readable) => storage.receive(randomUUID(), source);
  const discardReceived = (received: ReceivedFile) => storage.discard(received);

  /**
   * Makes an attachment of bytes that have arrived; no message uses it yet. Owns `received` from here on.
   * The same `clientId` with the same file returns the first attachment.
   * @throws name_needed – a shared login that has not said who is writing
   * @throws invalid_input – the file is empty
   * @throws same_id_other_content – this person used the `clientId` for another file
   * @throws file_type_refused – by its extension, or because its content is something else
   * @throws rate_limited – too many within an hour
   */
  async function add(
    actor: Actor,
    { clientId, name: sent, received, unfinishedId }: Upload,
  ): Promise<AttachmentView> {
    try {
      if (!attachmentPolicy.upload(actor)) throw fail('name_needed', {});
      if (received.sizeBytes === 0) {
        throw fail('invalid_input', {
          fields: [{ path: 'file', rule: 'empty', message: 'the file is empty' }],
        });
      }
      const name = cleanName(sent);
      const first = await findSame(actor, clientId, name, received);
      if (first) return attachmentView(first);

      if (unfinishedId === undefined) {
        const most = config.uploadsPerHour;
        await countUpload(db, { personId: actor.personId, at: now(), most });
      }
      const kind = await inspectFile(received.path, name);
      if (kind === null) throw fail('file_type_refused', { name });
      const preview = kind.raster ? await previewer.previewOf(received.path) : null;
      const fields = { clientId, name, kind, preview, received, unfinishedId };
      const row = await store(actor, fields);
      if (row) return attachmentView(row);
      // The same upload came twice at once, and the other one was faster.
      const winner = await findSame(actor, clientId, name, received);
      if (winner) return attachmentView(winner);
      throw fail('conflict', { what: 'attachment' });
    } finally {
      await storage.discard(received);
    }
  }

  /** The upload this person made with the same id before, if any. @throws same_id_other_content */
  async function findSame(actor: Actor, clientId: string, name: string, { sha256 }: ReceivedFile) {
    const first = await attachmentRepository.findSent(db, actor.personId, clientId);
    if (first === null) return null;
    if (first.sha256 === sha256 && first.name === name) return first;
    throw fail('same_id_other_content', { clientId });
  }

  /**
   * Bytes first, then the row: what is in the table can always be read.
   * Null: the `clientId` was taken meanwhile, or the unfinished upload was finished or cancelled.
   */
  async function store(
    actor: Actor,
    { clientId, name, kind, preview, received, unfinishedId }: Inspected,
  ): Promise<AttachmentRow | null> {
    const { id, sizeBytes, sha256 } = received;
    try {
      if (preview) await storage.write(id, 'preview', preview.bytes);
      await storage.keep(received);
      const made = {
        id,
        clientId,
        uploadedBy: actor.personId,
        name,
        extension: kind.extension,
        mime: kind.mime,
        sizeBytes,
        sha256,
        picture: preview && { width: preview.width, height: preview.height },
        hasPreview: preview !== null,
        createdAt: now(),
      };
      const row = await db.transaction(async (tx) => {
        if (unfinishedId && !(await unfinishedRepository.end(tx, unfinishedId))) return null;
        return attachmentRepository.insert(tx, made);
      });
      if (row === null) await storage.remove(id);
      return row;
    } catch (error) {
      await storage.remove(id);
      throw error;
    }
  }

  /**
   * A file this person may read.
   * @throws not_found – no such file, or none this person may see
   */
  async function get(actor: Actor, attachmentId: string): Promise<AttachmentRow> {
    const row = await attachmentRepository.find(db, attachmentId);
    const readable =
      row !== null &&
      (row.entry_id === null
        ? attachmentPolicy.readUnused(actor, row)
        : await mayReadEntry(actor, row.entry_id));
    if (!readable) throw fail('not_found', { what: 'attachment' });
    return row;
  }

  /** Like {@link get}, and it is written down. @throws not_found */
  async function download(actor: Actor, attachmentId: string): Promise<AttachmentRow> {
    const row = await get(actor, attachmentId);
    await recordDownload?.(actor, { id: row.id, name: row.name, entryId: row.entry_id });
    return row;
  }

  /** Like {@link get}, for files that have a preview. @throws not_found */
  async function getPreview(actor: Actor, attachmentId: string): Promise<AttachmentRow> {
    const row = await get(actor, attachmentId);
    if (!row.has_preview) throw fail('not_found', { what: 'preview' });
    return row;
  }

  /**
   * Throws away an upload of one's own that no message uses.
   * @throws not_found – there is none, or a message has it
   */
  async function discard(actor: Actor, attachmentId: string): Promise<void> {
    const gone = await attachmentRepository.deleteUnused(db, attachmentId, actor.personId);
    if (!gone) throw fail('not_found', { what: 'attachment' });
    await storage.remove(attachmentId);
  }

  /**
   * Removes uploads that no message took in time, and halves of uploads that broke off with the server.
   * @returns how many uploads were removed
   */
  async function sweepUnused(): Promise<number> {
    const until = new Date(now().getTime() - config.uploadTtlMs);
    let removed = 0;
    for (;;) {
      // Rows first: a file without a row is rubbish, a row without a file is a broken promise.
      const ids = await attachmentRepository.deleteExpired(db, until, SWEEP_BATCH);
      for (const id of ids) await storage.remove(id);
      removed += ids.length;
      if (ids.length < SWEEP_BATCH) break;
    }
    await storage.removeAbandoned(new Date(now().getTime() - ABANDONED_MS));
    return removed;
  }

  return { receive, discardReceived, add, get, download, getPreview, discard, sweepUnused };
}
