import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalFiles, StorageError } from './files';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'otklik-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const id = 'ab12cd34';
const filesOnDisk = async () =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));

describe('files on the local disk', () => {
  it('have no place until they are kept', async () => {
    const files = createLocalFiles(folder);
    const received = await files.receive(id, Readable.from([Buffer.from('ab'), Buffer.from('c')]));
    expect(received).toMatchObject({
      id,
      sizeBytes: 3,
      sha256: createHash('sha256').update('abc').digest('hex'),
    });
    expect(await filesOnDisk()).toEqual(['incoming/ab12cd34.part']);
    await files.keep(received);
    expect(await filesOnDisk()).toEqual(['ab/12/ab12cd34']);
    expect(await readFile(path.join(folder, files.place(id, 'file')), 'utf8')).toBe('abc');
    await files.discard(received);
    expect(await filesOnDisk()).toEqual(['ab/12/ab12cd34']);
  });

  it('are removed with what lies beside them, any number of times', async () => {
    const files = createLocalFiles(folder);
    await files.keep(await files.receive(id, Readable.from([Buffer.from('abc')])));
    await files.write(id, 'preview', Buffer.from('small'));
    expect((await filesOnDisk()).sort()).toEqual(['ab/12/ab12cd34', 'ab/12/ab12cd34.preview']);
    await files.remove(id);
    await files.remove(id);
    expect(await filesOnDisk()).toEqual([]);
  });

  it('leave nothing when their source breaks, and say what the source said', async () => {
    const files = createLocalFiles(folder);
    const broken = new Error('gone');
    const source = Readable.from(
      (async function* () {
        yield Buffer.from('abc');
        await Promise.resolve();
        throw broken;
      })(),
    );
    await expect(files.receive(id, source)).rejects.toBe(broken);
    expect(await filesOnDisk()).toEqual([]);
  });

  it('say when it is the disk that refuses', async () => {
    const occupied = path.join(folder, 'occupied');
    await writeFile(occupied, '');
    const files = createLocalFiles(occupied);
    const source = () => Readable.from([Buffer.from('abc')]);
    await expect(files.receive(id, source())).rejects.toBeInstanceOf(StorageError);
    await expect(files.write(id, 'preview', Buffer.from('x'))).rejects.toBeInstanceOf(StorageError);
    // Two uploads never share an id; if they did, they would not share bytes.
    const shared = createLocalFiles(folder);
    await shared.receive(id, source());
    await expect(shared.receive(id, source())).rejects.toBeInstanceOf(StorageError);
  });

  it('that nobody wrote to for long are removed, the others stay', async () => {
    const files = createLocalFiles(folder);
    expect(await files.removeAbandoned(new Date())).toBe(0);
    const { path: file } = await files.receive(id, Readable.from([Buffer.from('abc')]));
    const { mtime } = await stat(file);
    expect(await files.removeAbandoned(new Date(mtime.getTime() - 1))).toBe(0);
    expect(await files.removeAbandoned(new Date(mtime.getTime() + 1))).toBe(1);
    expect(await filesOnDisk()).toEqual([]);
  });

  it('arrive in parts, one file each, and are joined in the order that is asked for', async () => {
    const files = createLocalFiles(folder);
    const part = (name: string, text: string) =>
      files.receivePart(id, name, Readable.from([Buffer.from(text)]));
    expect(await part('one', 'abc')).toBe(3);
    await part('stray', 'xyz');
    await part('two', 'de');
    const received = await files.join('ef56', id, ['one', 'two']);
    expect(received).toMatchObject({
      id: 'ef56',
      sizeBytes: 5,
      sha256: createHash('sha256').update('abcde').digest('hex'),
    });
    await files.removePart(id, 'two');
    expect(await files.join('gh78', id, ['one', 'two'])).toBeNull();
    await files.removeParts(id);
    await files.removeParts(id);
    expect(await filesOnDisk()).toEqual(['incoming/ef56.part']);
  });

  it('leave no part when its source breaks, and say when the disk refuses it', async () => {
    const files = createLocalFiles(folder);
    const broken = new Error('gone');
    const source = Readable.from(
      (async function* () {
        yield Buffer.from('abc');
        await Promise.resolve();
        throw broken;
      })(),
    );
    await expect(files.receivePart(id, 'one', source)).rejects.toBe(broken);
    expect(await filesOnDisk()).toEqual([]);
    await writeFile(path.join(folder, 'occupied'), '');
    const full = createLocalFiles(path.join(folder, 'occupied'));
    await expect(
      full.receivePart(id, 'one', Readable.from([Buffer.from('abc')])),
    ).rejects.toBeInstanceOf(StorageError);
  });

  it('whose parts stopped coming are removed, the others stay', async () => {
    const files = createLocalFiles(folder);
    await files.removeAbandonedParts(new Date());
    await files.receivePart(id, 'one', Readable.from([Buffer.from('abc')]));
    const { mtime } = await stat(path.join(folder, 'parts', id));
    await files.removeAbandonedParts(mtime);
    expect(await filesOnDisk()).toEqual(['parts/ab12cd34/one']);
    await files.removeAbandonedParts(new Date(mtime.getTime() + 1));
    expect(await filesOnDisk()).toEqual([]);
  });
});
