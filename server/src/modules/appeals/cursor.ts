import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import * as z from 'zod';

/** Where a client stands in the stream of changes. */
export interface SyncCursor {
  /** Another database, or a restored one: the numbers below mean nothing there. */
  epoch: string;
  personId: string;
  rightsVersion: number;
  /** Everything that changed in this transaction or later is still to come. */
  since: bigint;
  /** In the middle of an answer too large for one page: what was given last, and where the whole answer ends. */
  page: { xid: bigint; id: string; until: bigint } | null;
}

const Wire = z.tuple([
  z.string(),
  z.string(),
  z.number(),
  z.string(),
  z.tuple([z.string(), z.string(), z.string()]).nullable(),
]);

/**
 * Cursors are encrypted. Transaction ids grow with everything that happens in the database, private notes of other
 * dealers' managers included, so a dealer must not be able to read them out of his cursor; and nobody can forge one.
 */
export function createCursorSeal(key: Buffer) {
  return {
    seal({ epoch, personId, rightsVersion, since, page }: SyncCursor): string {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const wire: z.input<typeof Wire> = [
        epoch,
        personId,
        rightsVersion,
        String(since),
        page && [String(page.xid), page.id, String(page.until)],
      ];
      const sealed = Buffer.concat([cipher.update(JSON.stringify(wire), 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
    },

    /** Null for anything we did not seal ourselves: the caller starts afresh. */
    open(text: string): SyncCursor | null {
      const bytes = Buffer.from(text, 'base64url');
      if (bytes.length < 29) return null;
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), {
          authTagLength: 16,
        });
        decipher.setAuthTag(bytes.subarray(12, 28));
        const plain = Buffer.concat([
          decipher.update(bytes.subarray(28)),
          decipher.final(),
        ]).toString('utf8');
        const [epoch, personId, rightsVersion, since, page] = Wire.parse(JSON.parse(plain));
        return {
          epoch,
          personId,
          rightsVersion,
          since: BigInt(since),
          page: page && { xid: BigInt(page[0]), id: page[1], until: BigInt(page[2]) },
        };
      } catch {
        // Any damage means "not ours"; there is nothing to tell apart.
        return null;
      }
    },
  };
}
export type CursorSeal = ReturnType<typeof createCursorSeal>;
