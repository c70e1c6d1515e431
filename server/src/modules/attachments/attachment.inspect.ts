import { open } from 'node:fs/promises';
import { fileTypeFromFile } from 'file-type';
import { kindOf, type Kind } from './attachment.kind';
import { extensionOf } from './attachment.name';

const HEAD_BYTES = 64 * 1024;

/** Looks into a file on disk and decides what it is; null: refused. */
export async function inspectFile(path: string, name: string): Promise<Kind | null> {
  const extension = extensionOf(name);
  const head = await headOf(path);
  // What breaks off or packs itself strangely in the middle of being recognised is simply not recognised.
  const recognised = await fileTypeFromFile(path).catch(() => undefined);
  return kindOf(extension, recognised?.mime, head);
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
