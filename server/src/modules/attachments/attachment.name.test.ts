import { describe, expect, it } from 'vitest';
import { cleanName, extensionOf } from './attachment.name';

describe('the name of a file', () => {
  it.each([
    ['as it is', 'акт приёмки №5.pdf', 'акт приёмки №5.pdf'],
    ['without Unix folders', '../../etc/passwd.txt', 'passwd.txt'],
    ['without Windows folders', 'C:\\Users\\anna\\фото.jpg', 'фото.jpg'],
    ['without control characters', 'a\0b\n\u0085c\u007f.txt', 'abc.txt'],
    ['a turned-around extension shows itself', 'photo\u202egpj.exe', 'photogpj.exe'],
    ['without what nobody sees', 'a\u200bb\ufeff\u2066c.txt', 'abc.txt'],
    ['composed', 'и\u0306.txt', 'й.txt'],
    ['half a character', 'a\ud800.txt', 'a\ufffd.txt'],
    ['nothing', '', 'file'],
    ['only blanks', '  \t ', 'file'],
    ['only a folder', 'folder/', 'file'],
    ['only dots', '..', 'file'],
    ['only an extension', '.jpg', 'file.jpg'],
    ['dots Windows would drop', 'run.exe. . ', 'run.exe'],
    ['blanks before the extension', 'a .txt', 'a.txt'],
    ['several dots', 'a.tar.gz', 'a.tar.gz'],
  ])('%s', (_case, sent, clean) => {
    expect(cleanName(sent)).toBe(clean);
  });

  it('is cut to 200 characters and keeps its extension', () => {
    const name = cleanName(`${'я😀'.repeat(300)}.jpeg`);
    expect([...name]).toHaveLength(200);
    expect(name.endsWith('.jpeg')).toBe(true);
    expect(name.isWellFormed()).toBe(true);
  });

  it.each([
    ['a.JPG', 'jpg'],
    ['a', ''],
    ['a.', ''],
    ['a.b c', ''],
    [`a.${'x'.repeat(21)}`, ''],
  ])('%s has the extension "%s"', (name, extension) => {
    expect(extensionOf(name)).toBe(extension);
  });
});
