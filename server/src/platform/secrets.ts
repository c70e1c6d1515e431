import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Seals what the database may keep and not read. */
export interface Secrets {
  /** @param about what it belongs to; it opens for nothing else */
  seal(plain: Buffer, about: string): Promise<Buffer>;
  /** @throws Error – sealed with another key, about something else, or changed since */
  open(sealed: Buffer, about: string): Promise<Buffer>;
}

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Secrets under the key of this installation: `given` by the settings, else a random one kept in a file of `dataDir`, made when it is
 * first needed. Several nodes need the same.
 */
export function createSecrets({
  given,
  dataDir,
}: {
  given: string | undefined;
  dataDir: string;
}): Secrets {
  let known: Promise<Buffer> | undefined;
  const key = () => {
    known ??= (given === undefined ? ownKey(dataDir) : Promise.resolve(Buffer.from(given))).then(
      (bytes) => Buffer.from(hkdfSync('sha256', bytes, '', 'otklik secrets', KEY_BYTES)),
    );
    // A disk that was away may be back at the next try.
    known.catch(() => (known = undefined));
    return known;
  };
  return {
    async seal(plain, about) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', await key(), iv).setAAD(hashOf(about));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]);
    },
    async open(sealed, about) {
      const iv = sealed.subarray(0, IV_BYTES);
      const tag = sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', await key(), iv, {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(hashOf(about)).setAuthTag(tag);
      const body = sealed.subarray(IV_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]);
    },
  };
}

const hashOf = (text: string) => createHash('sha256').update(text).digest();

/** The key in the data folder; of two processes that make it at once both read the same one. */
async function ownKey(dataDir: string): Promise<Buffer> {
  const path = join(dataDir, 'secrets.key');
  const read = async () => Buffer.from((await readFile(path, 'utf8')).trim(), 'base64url');
  const isMissing = (error: unknown) =>
    error instanceof Error && 'code' in error && error.code === 'ENOENT';
  try {
    return await read();
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  await mkdir(dataDir, { recursive: true });
  // Written whole beside its place and put there in one step, unless somebody else was first.
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${randomBytes(KEY_BYTES).toString('base64url')}\n`, { mode: 0o600 });
  try {
    await link(draft, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return read();
}
