import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { BeginUpload, UploadProgress } from '@otklik/shared/attachments';
import type { Config } from '../../config';
import type { Db } from '../../platform/db';
import { AppError, fail } from '../../platform/errors';
import { StorageError, type FileStorage, type ReceivedFile } from '../../platform/files';
import type { Actor } from '../people';
import { isExtension } from './attachment.kind';
import { cleanName, extensionOf } from './attachment.name';
import { attachmentPolicy } from './attachment.policy';
import { attachmentRepository } from './attachment.repository';
import type { AttachmentService } from './attachment.service';
import { attachmentView, type AttachmentRow } from './attachment.view';
import { unfinishedRepository, type UnfinishedUpload } from './unfinished.repository';
import { countUpload } from './upload.tally';

export interface UploadDeps {
  db: Db;
  config: Pick<Config, 'fileMaxBytes' | 'uploadsPerHour'>;
  storage: FileStorage;
  now: () => Date;
  attachments: Pick<AttachmentService, 'add' | 'discard'>;
}

/** One part on its way. */
export interface ArrivingPart {
  clientId: string;
  offset: number;
  /** What the sender announces; the connection delivers no more. */
  sizeBytes: number;
  source: Readable;
  /** A part may take minutes; nothing is taken from who was signed out meanwhile. */
  stillSignedIn: () => Promise<void>;
}

/** A message may wait for its line over a weekend; its files go on from where they were. */
const UNFINISHED_MS = 3 * 86_400_000;
/** Of one person, however many windows and colleagues share the login. */
export const MOST_UNFINISHED = 40;
const TRY_LATER_SECONDS = 60;
/** Refused for what the file is: no other try of the same bytes helps. */
const FINAL = new Set(['file_type_refused', 'same_id_other_content', 'invalid_input']);

export type UploadService = ReturnType<typeof createUploadService>;

/**
 * Files that arrive in parts. Each part is a file of its own on disk, and counts from the moment the row names it: a server that dies,
 * two windows that send the same, two nodes with one folder leave parts that nobody names, never a file with a hole.
 */
export function createUploadService({ db, config, storage, now, attachments }: UploadDeps) {
  /**
   * Begins an upload, or says how much of it is here. When all of it is, it becomes an attachment.
   * @throws name_needed, too_large, file_type_refused – before a byte is sent
   * @throws same_id_other_content – this person used the `clientId` for another file
   * @throws rate_limited – too many uploads of this person are unfinished, or were begun within an hour
   */
  async function begin(actor: Actor, offered: BeginUpload): Promise<UploadProgress> {
    if (!attachmentPolicy.upload(actor)) throw fail('name_needed', {});
    const { clientId, sizeBytes, sha256 = null } = offered;
    if (sizeBytes > config.fileMaxBytes) {
      throw fail('too_large', { limitBytes: config.fileMaxBytes });
    }
    const name = cleanName(offered.name);
    if (!isExtension(extensionOf(name))) throw fail('file_type_refused', { name });

    const isSame = (known: Pick<UnfinishedUpload, 'name' | 'size_bytes' | 'sha256'>) =>
      known.name === name &&
      known.size_bytes === sizeBytes &&
      (sha256 === null || known.sha256 === null || known.sha256 === sha256);
    const sent = await attachmentRepository.findSent(db, actor.personId, clientId);
    if (sent && isSame(sent)) return finished(sent);
    const upload = sent ?? (await findOrInsert(actor, { clientId, name, sizeBytes, sha256 }));
    if (!('parts' in upload) || !isSame(upload)) throw fail('same_id_other_content', { clientId });
    return upload.received_bytes === upload.size_bytes ? finish(actor, upload) : progressOf(upload);
  }

  async function findOrInsert(
    { personId }: Actor,
    file: { clientId: string; name: string; sizeBytes: number; sha256: string | null },
  ): Promise<UnfinishedUpload> {
    const known = await unfinishedRepository.find(db, personId, file.clientId);
    if (known) return known;
    await countUpload(db, { personId, at: now(), most: config.uploadsPerHour });
    return db.transaction(async (tx) => {
      const count = await unfinishedRepository.lockCount(tx, personId);
      // Begun in another window while this one waited for its turn.
      const rival = await unfinishedRepository.find(tx, personId, file.clientId);
      if (rival) return rival;
      if (count >= MOST_UNFINISHED) {
        throw fail('rate_limited', { retryAfterSeconds: TRY_LATER_SECONDS });
      }
      const upload = { id: randomUUID(), uploadedBy: personId, at: now(), ...file };
      return unfinishedRepository.insert(tx, upload);
    });
  }

  /** @throws not_found – this person began no such upload */
  async function get(actor: Actor, clientId: string): Promise<UploadProgress> {
    const upload = await unfinishedRepository.find(db, actor.personId, clientId);
    if (upload) return progressOf(upload);
    const sent = await attachmentRepository.findSent(db, actor.personId, clientId);
    if (sent === null) throw fail('not_found', { what: 'upload' });
    return finished(sent);
  }

  /**
   * Takes the next part; with the last one the file becomes an attachment. The last one sent again gives the same attachment.
   * @throws not_found – this person began no such upload, or it was cancelled
   * @throws wrong_offset – the part does not begin where the received bytes end
   * @throws too_large – it goes beyond the end of the file
   * @throws upload_broken – it did not arrive whole, or the parts are not the file that was promised
   * @throws storage_refused, not_signed_in, session_ended, name_needed, file_type_refused
   */
  async function addPart(actor: Actor, part: ArrivingPart): Promise<UploadProgress> {
    if (!attachmentPolicy.upload(actor)) throw fail('name_needed', {});
    const { clientId, offset, sizeBytes } = part;
    const upload = await unfinishedRepository.find(db, actor.personId, clientId);
    if (upload === null) return get(actor, clientId);
    if (offset !== upload.received_bytes) throw wrongOffset(upload);
    const rest = upload.size_bytes - offset;
    if (sizeBytes > rest) throw fail('too_large', { limitBytes: rest });

    const id = randomUUID();
    await receive(upload.id, id, part);
    try {
      await part.stillSignedIn();
    } catch (error) {
      await storage.removePart(upload.id, id);
      throw error;
    }
    // When the database does not answer, the row may name the part all the same: it stays, and is swept with the rest.
    const longer = await unfinishedRepository.append(db, upload.id, {
      ...{ id, offset, sizeBytes },
      at: now(),
    });
    if (longer) {
      return longer.received_bytes === longer.size_bytes
        ? finish(actor, longer)
        : progressOf(longer);
    }
    await storage.removePart(upload.id, id);
    const other = await unfinishedRepository.find(db, actor.personId, clientId);
    if (other) throw wrongOffset(other);
    // Ended meanwhile; a folder that the part made again goes too.
    await storage.removeParts(upload.id);
    return get(actor, clientId);
  }

  async function receive(wholeId: string, id: string, part: ArrivingPart): Promise<void> {
    let arrived: number;
    try {
      arrived = await storage.receivePart(wholeId, id, part.source);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      throw fail('upload_broken', {}, { cause: error });
    }
    if (arrived === part.sizeBytes) return;
    await storage.removePart(wholeId, id);
    throw fail('upload_broken', {});
  }

  /** Everything is here. Asked by two at once, both get the same attachment. */
  async function finish(actor: Actor, upload: UnfinishedUpload): Promise<UploadProgress> {
    const { id: unfinishedId, client_id: clientId, name } = upload;
    const received = await storage.join(randomUUID(), unfinishedId, upload.parts);
    if (received === null || !isWhole(upload, received)) {
      if (received) await storage.discard(received);
      // Its parts go when it has become an attachment.
      const sent = await attachmentRepository.findSent(db, actor.personId, clientId);
      await drop(unfinishedId);
      if (sent) return finished(sent);
      throw fail('upload_broken', {});
    }
    try {
      const attachment = await attachments.add(actor, { clientId, name, received, unfinishedId });
      await storage.removeParts(unfinishedId);
      return { receivedBytes: attachment.sizeBytes, attachment };
    } catch (error) {
      if (error instanceof AppError && FINAL.has(error.code)) await drop(unfinishedId);
      throw error;
    }
  }

  async function drop(unfinishedId: string): Promise<void> {
    await unfinishedRepository.end(db, unfinishedId);
    await storage.removeParts(unfinishedId);
  }

  /**
   * Throws away what has arrived of an upload, or the attachment it has become meanwhile.
   * @throws not_found – there is neither, or a message has it
   */
  async function cancel(actor: Actor, clientId: string): Promise<void> {
    const upload = await unfinishedRepository.find(db, actor.personId, clientId);
    if (upload) await drop(upload.id);
    const sent = await attachmentRepository.findSent(db, actor.personId, clientId);
    if (sent) await attachments.discard(actor, sent.id);
    else if (upload === null) throw fail('not_found', { what: 'upload' });
  }

  /** Removes uploads that nobody went on with in time, and parts that no row names. */
  async function sweepUnfinished(): Promise<void> {
    const until = new Date(now().getTime() - UNFINISHED_MS);
    for (const id of await unfinishedRepository.endExpired(db, until)) {
      await storage.removeParts(id);
    }
    await storage.removeAbandonedParts(until);
  }

  return { begin, get, addPart, cancel, sweepUnfinished };
}

const isWhole = (promised: UnfinishedUpload, received: ReceivedFile) =>
  received.sizeBytes === promised.size_bytes &&
  (promised.sha256 === null || promised.sha256 === received.sha256);

const wrongOffset = ({ received_bytes: receivedBytes }: UnfinishedUpload) =>
  fail('wrong_offset', { receivedBytes });

const progressOf = ({ received_bytes: receivedBytes }: UnfinishedUpload): UploadProgress => ({
  receivedBytes,
  attachment: null,
});

const finished = (row: AttachmentRow): UploadProgress => ({
  receivedBytes: row.size_bytes,
  attachment: attachmentView(row),
});
