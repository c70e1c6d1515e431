import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inflateSync } from 'node:zlib';
import { create } from 'fontkit';
import type { Font } from 'fontkit';

const require = createRequire(import.meta.url);

/** The interface's own face, so that pictures and papers need no font of the machine. */
const subsets = ['cyrillic', 'latin', 'latin-ext'] as const;

export type Weight = 400 | 700;
export type Subset = (typeof subsets)[number];

interface FontPart {
  subset: Subset;
  bytes: Buffer;
  font: Font;
}

/** A piece of text that one font file can draw. */
export interface FontRun {
  subset: Subset;
  font: Font;
  text: string;
}

const loaded = new Map<Weight, FontPart[]>();

/** The files of one weight; read once per process. The face is cut by script, so a line may need several. */
export function fontParts(weight: Weight): readonly FontPart[] {
  const known = loaded.get(weight);
  if (known) return known;
  const parts = subsets.map((subset) => {
    const path = require.resolve(
      `@fontsource/golos-text/files/golos-text-${subset}-${weight}-normal.woff`,
    );
    const bytes = unpackWoff(readFileSync(path));
    const font = create(bytes);
    if (!('layout' in font)) {
      throw new Error(`${path} holds a collection, not one font`);
    }
    return { subset, bytes, font };
  });
  loaded.set(weight, parts);
  return parts;
}

/**
 * Cuts a line where the font file must change.
 * @throws RangeError for a character that no file has
 */
export function fontRuns(text: string, weight: Weight): FontRun[] {
  const runs: FontRun[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const current = runs.at(-1);
    if (current?.font.hasGlyphForCodePoint(code)) {
      current.text += char;
      continue;
    }
    const part = fontParts(weight).find(({ font }) => font.hasGlyphForCodePoint(code));
    if (!part) throw new RangeError(`No glyph for “${char}”`);
    runs.push({ subset: part.subset, font: part.font, text: char });
  }
  return runs;
}

/**
 * The plain OpenType file inside a WOFF: table directory and tables, uncompressed.
 * Both libraries read WOFF too, but inflate every table anew in JavaScript, which made a paper cost 0.1 s.
 */
function unpackWoff(woff: Buffer): Buffer {
  const count = woff.readUInt16BE(12);
  const tables = Array.from({ length: count }, (_, index) => {
    const at = 44 + index * 20;
    const offset = woff.readUInt32BE(at + 4);
    const packedLength = woff.readUInt32BE(at + 8);
    const length = woff.readUInt32BE(at + 12);
    const packed = woff.subarray(offset, offset + packedLength);
    return {
      tag: woff.subarray(at, at + 4),
      checksum: woff.readUInt32BE(at + 16),
      bytes: packedLength < length ? inflateSync(packed) : packed,
    };
  });

  const power = Math.floor(Math.log2(count));
  const directory = Buffer.alloc(12 + count * 16);
  woff.copy(directory, 0, 4, 8);
  directory.writeUInt16BE(count, 4);
  directory.writeUInt16BE(16 * 2 ** power, 6);
  directory.writeUInt16BE(power, 8);
  directory.writeUInt16BE(16 * (count - 2 ** power), 10);
  let offset = directory.length;
  const parts = tables.flatMap(({ tag, checksum, bytes }, index) => {
    const at = 12 + index * 16;
    tag.copy(directory, at);
    directory.writeUInt32BE(checksum, at + 4);
    directory.writeUInt32BE(offset, at + 8);
    directory.writeUInt32BE(bytes.length, at + 12);
    const padding = Buffer.alloc((4 - (bytes.length % 4)) % 4);
    offset += bytes.length + padding.length;
    return [bytes, padding];
  });
  return Buffer.concat([directory, ...parts]);
}
