import type { ATTACHMENT_EXTENSIONS } from '@otklik/shared/attachments';

type Extension = (typeof ATTACHMENT_EXTENSIONS)[number];

/** What a file with an extension may hold. */
interface Expected {
  /** Its usual type: stored when the content alone says less. */
  mime: string;
  /** Types of content that agree with the extension. */
  content: readonly string[];
  /** Plain text has no mark of its own. */
  text?: true;
}

/** Pictures made of pixels. People rename them freely, so any of them agrees with any extension of another. */
const RASTER = [
  'image/jpeg',
  'image/png',
  'image/apng',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/heic',
  'image/heif',
  'image/heic-sequence',
  'image/heif-sequence',
];
const ZIP = 'application/zip';
const XML = 'application/xml';
const RTF = 'application/rtf';
/** The container of old office files, and of new ones with a password. */
const COMPOUND = 'application/x-cfb';
const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const ODT = 'application/vnd.oasis.opendocument.text';
const ODS = 'application/vnd.oasis.opendocument.spreadsheet';
/** One container with many brands; a phone's choice of brand and extension is a matter of taste. */
const ISO_MEDIA = [
  'video/mp4',
  'video/quicktime',
  'video/x-m4v',
  'video/3gpp',
  'video/3gpp2',
  'audio/mp4',
  'audio/x-m4a',
];
/** These say how the bytes are packed, not what they are; the extension knows better. */
const PACKING = new Set([COMPOUND, ZIP, XML]);
/** Recognised by two ordinary letters, so that a text may begin with them: "BMW", "MZ". A real one holds NUL. */
const TWO_LETTERS = new Set(['image/bmp', 'application/x-msdownload']);

const raster = (mime: string): Expected => ({ mime, content: RASTER });
const text = (mime: string, ...content: string[]): Expected => ({
  mime,
  content: [XML, 'text/vcard', 'text/calendar', 'text/vtt', ...content],
  text: true,
});

const EXPECTED: Record<Extension, Expected> = {
  jpg: raster('image/jpeg'),
  jpeg: raster('image/jpeg'),
  png: raster('image/png'),
  gif: raster('image/gif'),
  webp: raster('image/webp'),
  heic: raster('image/heic'),
  heif: raster('image/heif'),
  avif: raster('image/avif'),
  svg: text('image/svg+xml'),
  pdf: { mime: 'application/pdf', content: ['application/pdf'] },
  doc: { mime: 'application/msword', content: [COMPOUND, RTF, DOCX] },
  docx: { mime: DOCX, content: [DOCX, ZIP, COMPOUND] },
  xls: { mime: 'application/vnd.ms-excel', content: [COMPOUND, XLSX, XML] },
  xlsx: { mime: XLSX, content: [XLSX, ZIP, COMPOUND] },
  csv: text('text/csv'),
  txt: text('text/plain'),
  rtf: { mime: RTF, content: [RTF] },
  odt: { mime: ODT, content: [ODT, ZIP] },
  ods: { mime: ODS, content: [ODS, ZIP] },
  xml: text('application/xml'),
  html: text('text/html'),
  zip: { mime: ZIP, content: [ZIP, DOCX, XLSX, ODT, ODS] },
  rar: { mime: 'application/x-rar-compressed', content: ['application/x-rar-compressed'] },
  '7z': { mime: 'application/x-7z-compressed', content: ['application/x-7z-compressed'] },
  mp4: { mime: 'video/mp4', content: ISO_MEDIA },
  mov: { mime: 'video/quicktime', content: ISO_MEDIA },
  webm: { mime: 'video/webm', content: ['video/webm', 'video/matroska'] },
  mp3: { mime: 'audio/mpeg', content: ['audio/mpeg'] },
  ogg: { mime: 'audio/ogg', content: ['audio/ogg', 'video/ogg', 'application/ogg'] },
  m4a: { mime: 'audio/mp4', content: ISO_MEDIA },
  eml: text('message/rfc822', 'application/mbox'),
};

export const isExtension = (extension: string): extension is Extension =>
  Object.hasOwn(EXPECTED, extension);

/** True when bytes read as text: no NUL, or UTF-16 that says so at its start (spreadsheets save such files). */
function looksLikeText(head: Uint8Array): boolean {
  const utf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (!utf16) return !head.includes(0);
  for (let at = 2; at + 1 < head.length; at += 2) {
    if (head[at] === 0 && head[at + 1] === 0) return false;
  }
  return true;
}

export interface Kind {
  extension: string;
  mime: string;
  /** A picture that may be tried for a preview. */
  raster: boolean;
}

/**
 * Decides by extension and content together what a file is.
 * @param recognised the type that the content's marks name, if any
 * @param head the first bytes
 * @returns null when the file is refused: an unknown extension, or one that the content belies
 */
export function kindOf(
  extension: string,
  recognised: string | undefined,
  head: Uint8Array,
): Kind | null {
  if (!isExtension(extension)) return null;
  const expected = EXPECTED[extension];
  // "audio/ogg; codecs=opus"
  const mime = recognised?.split(';')[0];
  if (mime === undefined || (expected.text && TWO_LETTERS.has(mime))) {
    const fits = expected.text === true && looksLikeText(head);
    return fits ? { extension, mime: expected.mime, raster: false } : null;
  }
  if (!expected.content.includes(mime)) return null;
  const told = PACKING.has(mime) || expected.text === true ? expected.mime : mime;
  return { extension, mime: told, raster: RASTER.includes(told) };
}

/** Pictures every browser draws itself and that cannot hold a program: only these are shown inside a page. */
export const INLINE_TYPES: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/apng',
  'image/gif',
  'image/webp',
  'image/avif',
]);
