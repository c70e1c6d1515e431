import { expect, it } from 'vitest';

import { pastedName, refusalBeforeUpload } from './upload.checks';

const limits = { filesPerMessage: 2, fileBytes: 1_000, fileExtensions: ['jpg', 'pdf'] };

it.each([
  ['fits', { name: 'акт.PDF', size: 1_000 }, 0, null],
  ['too large', { name: 'a.jpg', size: 1_001 }, 0, 'too_large'],
  ['of a kind that is not taken', { name: 'a.exe', size: 1 }, 0, 'file_type_refused'],
  ['without an ending', { name: 'README', size: 1 }, 0, 'file_type_refused'],
  ['empty', { name: 'a.jpg', size: 0 }, 0, 'upload_broken'],
  ['one too many', { name: 'a.jpg', size: 1 }, 2, 'too_many_files'],
])('a file that is %s', (_name, file, before, code) => {
  expect(refusalBeforeUpload(file, before, limits)?.code ?? null).toBe(code);
});

it('names the limit that was passed', () => {
  expect(refusalBeforeUpload({ name: 'a.jpg', size: 2_000 }, 0, limits)?.facts).toEqual({
    limitBytes: 1_000,
  });
});

it('names pasted pictures by the minute, twice in a minute too', () => {
  const at = new Date(2025, 10, 9, 16, 5);
  expect(pastedName(at, 'image/png', [])).toBe('image-2025-11-09-1605.png');
  expect(pastedName(at, 'image/png', ['image-2025-11-09-1605.png'])).toBe(
    'image-2025-11-09-1605-2.png',
  );
  expect(pastedName(at, 'image/jpeg', [])).toBe('image-2025-11-09-1605.jpg');
});
