import type { AttachmentView } from '@otklik/shared/attachments';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Offline, Refusal } from '../../platform/problem';
import { useSession } from '../session';
import { aPerson } from './appeal.factory';
import { composerKey, useUploads } from './uploads.store';

interface Running {
  name: string;
  clientId: string;
  progress: (share: number) => void;
  resolve: (attachment: AttachmentView) => void;
  reject: (error: Error) => void;
}
const running: Running[] = [];
const discarded = vi.hoisted<unknown[]>(() => []);
vi.mock('./upload.request', () => ({
  uploadFile: (file: File, clientId: string, progress: Running['progress']) => {
    let abort = () => {};
    const done = new Promise<AttachmentView>((resolve, reject) => {
      running.push({ name: file.name, clientId, progress, resolve, reject });
      abort = () => reject(new DOMException('', 'AbortError'));
    });
    return { done, abort: () => abort() };
  },
}));
vi.mock('../../platform/api', () => ({
  call: async (_route: object, input: object) => discarded.push(input),
}));
vi.mock('../session', () => import('../session/session.store'));
vi.mock('../../platform/socket', () => ({
  on: () => () => undefined,
  onConnected: () => () => undefined,
  startSocket: async () => undefined,
  stopSocket: () => undefined,
}));

const KEY = composerKey('appeal-1', 'reply');
const aFile = (name: string, type = 'application/pdf', size = 10) =>
  new File(['x'.repeat(size)], name, { type });
const anAttachment = (name: string): AttachmentView => ({
  id: `id of ${name}`,
  name,
  mime: 'application/pdf',
  sizeBytes: 10,
  image: null,
  fileUrl: '',
  previewUrl: null,
});
const settle = () => new Promise((resolve) => setTimeout(resolve));
const live = new Set<string>();
const leaving = vi.fn();

function signedIn() {
  const session = useSession();
  session.me = aPerson('anna');
  return { session, uploads: useUploads() };
}

beforeEach(() => {
  setActivePinia(createPinia());
  running.length = 0;
  discarded.length = 0;
  live.clear();
  let made = 0;
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => {
    const url = `blob:${(made += 1)}`;
    live.add(url);
    return url;
  });
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation((url) => void live.delete(url));
  vi.stubGlobal('addEventListener', leaving);
  vi.stubGlobal('removeEventListener', vi.fn());
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it('sends two at once, shows progress, and hands the finished ones over', async () => {
  const { uploads } = signedIn();
  uploads.add(KEY, [aFile('a.pdf'), aFile('b.png', 'image/png'), aFile('c.pdf')]);
  expect(running.map(({ name }) => name)).toEqual(['a.pdf', 'b.png']);
  running[0]!.progress(0.62);
  expect(uploads.files(KEY).map(({ state, progress }) => [state, progress])).toEqual([
    ['uploading', 0.62],
    ['uploading', 0],
    ['waiting', 0],
  ]);
  for (const name of ['a.pdf', 'b.png', 'c.pdf']) {
    running.find((one) => one.name === name)!.resolve(anAttachment(name));
    await settle();
  }
  expect(uploads.isBusy(KEY)).toBe(false);
  expect(live.size).toBe(1);
  expect(uploads.take(KEY).attachments.map(({ id }) => id)).toEqual([
    'id of a.pdf',
    'id of b.png',
    'id of c.pdf',
  ]);
  expect(uploads.files(KEY)).toEqual([]);
  expect(live.size).toBe(0);
});

it('says what cannot be sent and lets the others go', () => {
  const { uploads } = signedIn();
  uploads.add(KEY, [
    aFile('virus.exe'),
    aFile('big.pdf', 'application/pdf', 2_000),
    ...['1', '2', '3', '4'].map((name) => aFile(`${name}.pdf`)),
  ]);
  expect(uploads.files(KEY).map(({ state, problem }) => problem?.code ?? state)).toEqual([
    'file_type_refused',
    'too_large',
    'uploading',
    'uploading',
    'waiting',
    'too_many_files',
  ]);
});

it('tries again under the same id after the network failed, not after a refusal', async () => {
  const { uploads } = signedIn();
  uploads.add(KEY, [aFile('a.pdf'), aFile('b.pdf')]);
  running[0]!.reject(new Offline(false));
  const facts = { name: 'b.pdf' };
  running[1]!.reject(
    new Refusal({ code: 'file_type_refused', status: 415, facts, requestId: 'r' }),
  );
  await settle();
  const [a, b] = uploads.files(KEY);
  expect([a?.canRetry, b?.canRetry]).toEqual([true, false]);
  uploads.retry(KEY, b!.clientId);
  uploads.retry(KEY, a!.clientId);
  expect(running.map(({ name }) => name)).toEqual(['a.pdf', 'b.pdf', 'a.pdf']);
  expect(running[2]!.clientId).toBe(running[0]!.clientId);
});

it('goes on from where it was when the line was cut, and never shows less', async () => {
  const { uploads } = signedIn();
  uploads.add(KEY, [aFile('a.pdf'), aFile('b.pdf'), aFile('c.pdf')]);
  running[0]!.progress(0.62);
  running[0]!.reject(new Offline(false));
  await settle();
  const progress = () => uploads.files(KEY)[0]?.progress;
  // Its turn comes after the others.
  uploads.retry(KEY, running[0]!.clientId);
  expect([uploads.files(KEY)[0]?.state, progress()]).toEqual(['waiting', 0.62]);
  running[1]!.resolve(anAttachment('b.pdf'));
  await settle();
  expect([uploads.files(KEY)[0]?.state, progress()]).toEqual(['uploading', 0.62]);
});

it('cancels on its way, and gives a finished one back to the server', async () => {
  const { uploads } = signedIn();
  uploads.add(KEY, [aFile('a.pdf'), aFile('b.pdf')]);
  running[1]!.resolve(anAttachment('b.pdf'));
  await settle();
  for (const { clientId } of uploads.files(KEY)) uploads.remove(KEY, clientId);
  await settle();
  expect(uploads.files(KEY)).toEqual([]);
  expect(uploads.anyBusy).toBe(false);
  expect(discarded).toEqual([{ clientId: running[0]!.clientId }, { attachmentId: 'id of b.pdf' }]);
});

it('names pasted pictures', () => {
  const { uploads } = signedIn();
  uploads.addPasted(KEY, [aFile('image.png', 'image/png')], new Date(2025, 10, 19, 16, 5));
  expect(uploads.files(KEY)[0]?.name).toBe('image-2025-11-19-1605.png');
});

it('asks before the page is left while something is on its way', async () => {
  const { uploads } = signedIn();
  leaving.mockClear();
  uploads.add(KEY, [aFile('a.pdf')]);
  await settle();
  expect(leaving).toHaveBeenCalledWith('beforeunload', expect.any(Function));
});

it('forgets the files of the person before', () => {
  const { session, uploads } = signedIn();
  uploads.add(KEY, [aFile('a.png', 'image/png')]);
  session.me = aPerson('boris');
  expect(uploads.files(KEY)).toEqual([]);
  expect(live.size).toBe(0);
});

it('gives a message also the files that are not there yet, and goes on with them', async () => {
  const { uploads } = signedIn();
  uploads.add(KEY, [aFile('a.pdf'), aFile('b.pdf'), aFile('virus.exe')]);
  running[0]!.resolve(anAttachment('a.pdf'));
  running[1]!.reject(new Offline(false));
  await settle();
  const { attachments, files } = uploads.take(KEY);
  expect(attachments.map(({ name }) => name)).toEqual(['a.pdf']);
  expect(files).toEqual([
    { clientId: running[1]!.clientId, name: 'b.pdf', mime: 'application/pdf', sizeBytes: 10 },
  ]);
  expect(uploads.files(KEY).map(({ name }) => name)).toEqual(['virus.exe']);
  await uploads.giveBackFiles(KEY, files);
  expect(running[2]).toMatchObject({ name: 'b.pdf', clientId: running[1]!.clientId });
});

it('tries again what the network broke when the connection is back', async () => {
  const { uploads } = signedIn();
  uploads.add(KEY, [aFile('a.pdf')]);
  running[0]!.reject(new Offline(false));
  await settle();
  uploads.wake();
  expect(running.map(({ name }) => name)).toEqual(['a.pdf', 'a.pdf']);
});
