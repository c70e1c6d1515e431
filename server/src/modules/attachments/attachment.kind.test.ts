import { ATTACHMENT_EXTENSIONS } from '@otklik/shared/attachments';
import { describe, expect, it } from 'vitest';
import { kindOf } from './attachment.kind';

const words = Buffer.from('Добрый день');
const bytes = Buffer.from([1, 0, 2]);

describe('extension and content decide together', () => {
  it.each([
    ['a photo', 'jpg', 'image/jpeg', bytes, 'image/jpeg'],
    ['a renamed picture is what it is', 'jpg', 'image/webp', bytes, 'image/webp'],
    ['an old document', 'doc', 'application/x-cfb', bytes, 'application/msword'],
    ['rich text under the name of a document', 'doc', 'application/rtf', bytes, 'application/rtf'],
    ['an archive', 'zip', 'application/zip', bytes, 'application/zip'],
    [
      'a table whose parts were not recognised',
      'xlsx',
      'application/zip',
      bytes,
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    ],
    ['parameters of a type', 'ogg', 'audio/ogg; codecs=opus', bytes, 'audio/ogg'],
    ['text', 'txt', undefined, words, 'text/plain'],
    ['text that begins like a picture', 'csv', 'image/bmp', Buffer.from('BMW;1'), 'text/csv'],
    ['text in UTF-16', 'csv', undefined, Buffer.from('\ufeffa;b', 'utf16le'), 'text/csv'],
    ['a drawing', 'svg', 'application/xml', words, 'image/svg+xml'],
    ['a page', 'html', undefined, words, 'text/html'],
  ])('%s is kept', (_case, extension, recognised, head, mime) => {
    expect(kindOf(extension, recognised, head)?.mime).toBe(mime);
  });

  it.each([
    ['an unknown extension', 'exe', 'application/x-msdownload', bytes],
    ['a name of every object', 'constructor', undefined, words],
    ['no extension', '', undefined, words],
    ['a program as a photo', 'jpg', 'application/x-msdownload', bytes],
    ['a page as a picture', 'png', undefined, words],
    ['a drawing as a picture', 'png', 'application/xml', words],
    ['a program as text', 'txt', 'application/x-msdownload', Buffer.from('MZ\0')],
    ['a document as text', 'txt', 'application/pdf', words],
    ['unknown bytes as text', 'csv', undefined, bytes],
    ['unknown bytes as UTF-16', 'csv', undefined, Buffer.from([0xff, 0xfe, 0, 0])],
    ['unknown bytes as an archive', 'zip', undefined, bytes],
    ['a program archive as an archive', 'zip', 'application/java-archive', bytes],
  ])('%s is refused', (_case, extension, recognised, head) => {
    expect(kindOf(extension, recognised, head)).toBeNull();
  });

  it('knows every extension of the contract', () => {
    for (const extension of ATTACHMENT_EXTENSIONS) {
      const text = kindOf(extension, undefined, words);
      const packed = ['application/zip', 'application/x-cfb', 'application/rtf', 'application/pdf'];
      const others = ['image/png', 'video/mp4', 'video/webm', 'audio/mpeg', 'audio/ogg'];
      const archives = ['application/x-rar-compressed', 'application/x-7z-compressed'];
      const kinds = [...packed, ...others, ...archives].map((mime) =>
        kindOf(extension, mime, bytes),
      );
      expect([text, ...kinds].some((kind) => kind !== null)).toBe(true);
    }
  });
});
