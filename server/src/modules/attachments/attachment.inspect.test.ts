import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDeflateRaw } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectFile } from './attachment.inspect';

const MB = 1024 * 1024;
/** What the archive would unpack to. */
const UNPACKED = 512 * MB;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otklik-inspect-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** An archive whose only entry, the one that says what a document is, is half a gigabyte of blanks. */
async function bomb(): Promise<Buffer> {
  const packer = createDeflateRaw({ level: 1 });
  const packed: Buffer[] = [];
  packer.on('data', (data: Buffer) => void packed.push(data));
  const done = new Promise((resolve) => packer.once('end', resolve));
  const blanks = Buffer.alloc(MB, 32);
  for (let left = UNPACKED; left > 0; left -= MB)
    if (!packer.write(blanks)) await new Promise((resolve) => packer.once('drain', resolve));
  packer.end();
  await done;
  const body = Buffer.concat(packed);
  const name = Buffer.from('[Content_Types].xml');
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(20, 4);
  head.writeUInt16LE(8, 8);
  head.writeUInt32LE(body.length, 18);
  head.writeUInt32LE(UNPACKED, 22);
  head.writeUInt16LE(name.length, 26);
  return Buffer.concat([head, name, body]);
}

describe('looking into an archive', () => {
  it('stops long before the archive has unpacked itself', async () => {
    const file = join(folder, 'a.docx');
    await writeFile(file, await bomb());
    // Kilobytes at the highest point so far.
    const before = process.resourceUsage().maxRSS;
    const kind = await inspectFile(file, 'a.docx');
    const grown = (process.resourceUsage().maxRSS - before) / 1024;
    expect(kind === null || kind.extension === 'docx').toBe(true);
    expect(grown).toBeLessThan(200);
  });
});
