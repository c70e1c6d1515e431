import type { Entry } from '@otklik/shared/appeals';

/** What of an entry is compared with the server. */
export type Proven = Pick<Entry, 'id' | 'version' | 'body'>;

const bytes = new TextEncoder();

/** The bytes of a stretch, as `Digest` in shared/proof.ts describes them. */
function textOf(
  stretch: readonly (readonly [number: number, entry: Proven])[],
): Uint8Array<ArrayBuffer> {
  const lines = stretch.map(
    ([number, { id, version, body }]) =>
      `${number} ${id} ${version} ${bytes.encode(body).length} ${body}\n`,
  );
  return bytes.encode(lines.join(''));
}

/**
 * Hex SHA-256 of a stretch, the same that the server computes.
 * @param stretch entries by number, in rising order
 */
export async function fingerprint(
  stretch: readonly (readonly [number: number, entry: Proven])[],
): Promise<string> {
  const text = textOf(stretch);
  return hex(await sha256(text));
}

async function sha256(text: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  // Browsers keep theirs for secure pages; a server in a company's own network is often plain http.
  if (globalThis.isSecureContext && globalThis.crypto?.subtle)
    return new Uint8Array(await crypto.subtle.digest('SHA-256', text));
  const { sha256: plain } = await import('@noble/hashes/sha2');
  return plain(text);
}

const hex = (hash: Uint8Array) =>
  [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
