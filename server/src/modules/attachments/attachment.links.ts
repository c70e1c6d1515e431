import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Db } from '../../platform/db';
import type { FileKind } from '../../platform/files';

/** What an address of a file stands for: a file, and the session it was given to. */
export interface FileLink {
  attachmentId: string;
  kind: FileKind;
  sessionId: string;
}

export type FileLinks = ReturnType<typeof createFileLinks>;

const HOUR_MS = 3_600_000;
const MAC_BYTES = 16;
/** Two ids, the kind, the hour. */
const WORD_BYTES = 16 + 16 + 1 + 4;
const KINDS: readonly FileKind[] = ['file', 'preview'];

/**
 * Addresses of files that need no cookie. Signed, not secret in what they say, and good for one to two hours as long as the session lives;
 * within an hour the same file has the same address in the same session, so that a browser's cache finds it again.
 */
export function createFileLinks({ db, now }: { db: Pick<Db, 'query'>; now: () => Date }) {
  let known: Promise<Buffer> | undefined;
  /** The installation's own, the same for all nodes. */
  function key(): Promise<Buffer> {
    known ??= db
      .query<{ cursor_key: Buffer }>(`SELECT cursor_key FROM installation`)
      .then(([row]) => {
        if (!row) throw new Error('the installation is missing: run the migrations');
        return createHmac('sha256', row.cursor_key).update('addresses of files').digest();
      });
    // A database that was away is asked again.
    known.catch(() => (known = undefined));
    return known;
  }
  const hourNow = () => Math.floor(now().getTime() / HOUR_MS);
  const macOf = async (word: Buffer) =>
    createHmac('sha256', await key())
      .update(word)
      .digest()
      .subarray(0, MAC_BYTES);

  return {
    /** The last part of the address. */
    async seal({ attachmentId, kind, sessionId }: FileLink): Promise<string> {
      const word = Buffer.alloc(WORD_BYTES);
      word.write(attachmentId.replaceAll('-', ''), 0, 'hex');
      word.write(sessionId.replaceAll('-', ''), 16, 'hex');
      word.writeUInt8(KINDS.indexOf(kind), 32);
      word.writeUInt32BE(hourNow(), 33);
      return Buffer.concat([word, await macOf(word)]).toString('base64url');
    },

    /** Null for anything we did not make, or made too long ago. */
    async open(text: string): Promise<FileLink | null> {
      const bytes = Buffer.from(text, 'base64url');
      // One address a link: what decodes alike without being the same is none of ours.
      if (bytes.length !== WORD_BYTES + MAC_BYTES || bytes.toString('base64url') !== text)
        return null;
      const word = bytes.subarray(0, WORD_BYTES);
      if (!timingSafeEqual(bytes.subarray(WORD_BYTES), await macOf(word))) return null;
      const age = hourNow() - word.readUInt32BE(33);
      const kind = KINDS[word.readUInt8(32)];
      if (age < 0 || age > 1 || kind === undefined) return null;
      return { attachmentId: idAt(word, 0), kind, sessionId: idAt(word, 16) };
    },
  };
}

const idAt = (bytes: Buffer, at: number) =>
  bytes.toString('hex', at, at + 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
