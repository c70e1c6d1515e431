import type {
  DealerEntry,
  DeleteEntry,
  EditEntry,
  EntryPage,
  ListEntries,
  PostEntry,
} from '@otklik/shared/appeals';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type * as outboxModule from '../../platform/outbox';
import type { OutboxStorage } from '../../platform/outbox';
import { Offline, Refusal } from '../../platform/problem';
import { useSession } from '../session';
import { aCard, aDealerAppeal, aDealerEntry, aPerson } from './appeal.factory';
import type { AppealCommand } from './appeal.outbox';
import { useAppeals } from './appeals.store';
import { aFakeServer } from './fake.server.factory';
import { useThreads } from './thread.store';
import { keepFile, keptFile } from './upload.bytes';

vi.mock('../../platform/api', () => ({
  call: (...args: Parameters<ReturnType<typeof aFakeServer>['call']>) => fake.call(...args),
}));
vi.mock('../session', () => import('../session/session.store'));
vi.mock('../../platform/socket', () => ({
  connection: { state: 'online', since: 0 },
  on: () => () => undefined,
  onConnected: () => () => undefined,
  startSocket: async () => undefined,
  stopSocket: () => undefined,
}));
const kept = vi.hoisted<{ storage: OutboxStorage<AppealCommand> | null }>(() => ({
  storage: null,
}));
vi.mock('../../platform/outbox', async (original) => {
  const outbox = await original<typeof outboxModule>();
  return { ...outbox, browserStorage: () => (kept.storage ??= outbox.memoryStorage()) };
});
const uploading = vi.hoisted<{ answer: (name: string) => Promise<unknown>; tried: string[] }>(
  () => ({
    answer: () => Promise.reject(new Error('nobody answers')),
    tried: [],
  }),
);
vi.mock('./upload.request', () => ({
  uploadFile: (file: File, clientId: string) => {
    uploading.tried.push(clientId);
    return { done: uploading.answer(file.name), abort: () => undefined };
  },
}));
let fake = aFakeServer();

const anna = { id: 'anna', name: 'Anna', side: 'dealer', jobTitle: '' } as const;
const refused = (
  code: 'stale' | 'same_id_other_content' | 'edit_window_over' | 'not_signed_in',
) => {
  const facts = {
    stale: { messages: 1, by: 'Boris', lastSeq: 2 },
    same_id_other_content: { clientId: 'c' },
    edit_window_over: { minutes: 15 },
    not_signed_in: {},
  }[code];
  return new Refusal({ code, facts, status: code === 'not_signed_in' ? 401 : 409, requestId: 'r' });
};

/** A server with one appeal, which refuses the same id with other words and can be taken offline. */
function aServer(count = 1) {
  const entries: DealerEntry[] = Array.from({ length: count }, (_, index) =>
    aDealerEntry(index + 1),
  );
  const posts: Partial<PostEntry>[] = [];
  const is = { offline: false, losesAnswers: false };
  const appeal = () =>
    aDealerAppeal({
      ...{
        rev: entries.length + (status === 'resolved' ? 1 : 0),
        lastPublicSeq: entries.length,
        messages: entries.length,
      },
      status,
    });
  let status: 'in_work' | 'resolved' = 'in_work';
  const answered = <Value>(value: Value): Value => {
    if (is.losesAnswers) throw new Offline(true);
    return value;
  };
  const reached = () => {
    if (is.offline) throw new Offline(false);
  };
  fake.answer('GET /appeals/by-number/:no', () => aCard(appeal(), count));
  fake.answer('GET /appeals/:appealId', () => aCard(appeal(), count));
  fake.answer('GET /appeals/counts', () => ({}));
  fake.answer('GET /appeals/:appealId/entries', (input): EntryPage => {
    reached();
    const { afterSeq = 0 }: Partial<ListEntries> = input;
    const page = entries.filter(({ publicSeq }) => publicSeq > Number(afterSeq));
    return { entries: page, changed: [], hasMore: false };
  });
  fake.answer('POST /appeals/:appealId/entries', (input: Partial<PostEntry>) => {
    reached();
    posts.push(input);
    const known = entries.find(({ clientId }) => clientId === input.clientId);
    if (known && known.body !== input.body) throw refused('same_id_other_content');
    const entry =
      known ??
      aDealerEntry(entries.length + 1, {
        ...{ author: anna, clientId: input.clientId ?? null, body: input.body ?? '' },
      });
    if (!known) entries.push(entry);
    return answered({ entry, appeal: appeal() });
  });
  fake.answer('PUT /appeals/:appealId/entries/:entryId/body', (input: Partial<EditEntry>) => {
    reached();
    const before = entries.find(({ id }) => id === input.entryId)!;
    const entry = { ...before, body: input.body ?? '', version: before.version + 1 };
    entries[entries.indexOf(before)] = { ...entry, editedAt: new Date().toISOString() };
    return answered({ entry, appeal: appeal() });
  });
  fake.answer('DELETE /appeals/:appealId/entries/:entryId', (input: Partial<DeleteEntry>) => {
    reached();
    const before = entries.find(({ id }) => id === input.entryId)!;
    const deletedAt = new Date().toISOString();
    return {
      entry: { ...before, body: '', version: before.version + 1, deletedAt },
      appeal: appeal(),
    };
  });
  fake.answer('PUT /appeals/:appealId/status', () => {
    reached();
    status = 'resolved';
    return appeal();
  });
  return { entries, posts, is, appeal };
}
type Threads = ReturnType<typeof useThreads>;
async function signedIn(id = 'anna') {
  const session = useSession();
  session.me = aPerson(id);
  const threads = useThreads();
  await threads.open(1);
  return { session, threads, appeals: useAppeals() };
}
const settle = () => vi.advanceTimersByTimeAsync(0);
const shown = (threads: Threads) =>
  threads
    .items('appeal-1')
    .filter(({ is, key }) => is === 'pending' || !key.startsWith('entry'))
    .map((item) =>
      item.is === 'pending' ? [item.body, item.messageState] : [item.entry.body, 'stored'],
    );
const say = (threads: Threads, body: string) =>
  threads.send('appeal-1', { kind: 'message', body })!;

beforeEach(() => {
  vi.useFakeTimers();
  fake = aFakeServer();
  kept.storage = null;
  uploading.tried.length = 0;
  setActivePinia(createPinia());
});
afterEach(() => void vi.useRealTimers());

describe('words on their way', () => {
  it('are changed themselves while nobody has heard them', async () => {
    const server = aServer();
    const { threads } = await signedIn();
    server.is.offline = true;
    const clientId = say(threads, 'ten');
    await settle();
    threads.editUnsent(clientId, 'twelve');
    expect(shown(threads)).toEqual([['twelve', 'queued']]);
    server.is.offline = false;
    threads.wake();
    await settle();
    expect(shown(threads)).toEqual([['twelve', 'stored']]);
    expect(server.entries.map(({ body, version }) => [body, version])).toEqual([
      ['message 1', 1],
      ['twelve', 1],
    ]);
  });

  it('are edited, not doubled, when they had arrived and only the answer was lost', async () => {
    const server = aServer();
    const { threads } = await signedIn();
    server.is.losesAnswers = true;
    const clientId = say(threads, 'ten');
    await settle();
    threads.editUnsent(clientId, 'twelve');
    server.is.losesAnswers = false;
    threads.wake();
    await settle();
    expect(server.entries.map(({ body, version }) => [body, version])).toEqual([
      ['message 1', 1],
      ['twelve', 2],
    ]);
    expect(shown(threads)).toEqual([['twelve', 'stored']]);
  });

  it('survive the page and a session that is over, and are shown to nobody else', async () => {
    const server = aServer();
    const { threads, session } = await signedIn();
    fake.answer('POST /appeals/:appealId/entries', () => {
      throw refused('not_signed_in');
    });
    say(threads, 'ten');
    await settle();
    session.me = null;
    setActivePinia(createPinia());
    const other = await signedIn('boris');
    await settle();
    expect(shown(other.threads)).toEqual([]);
    other.session.me = null;
    setActivePinia(createPinia());
    fake = aFakeServer();
    const again = aServer();
    const back = await signedIn();
    await settle();
    expect(again.posts).toHaveLength(1);
    expect(shown(back.threads)).toEqual([['ten', 'stored']]);
    expect(server.posts).toEqual([]);
  });

  it('wait for their files, which go again until they arrive', async () => {
    const server = aServer();
    const { threads } = await signedIn();
    await keepFile('anna', 'file-1', new File(['x'], 'a.pdf'));
    uploading.answer = () => Promise.reject(new Offline(false));
    const file = { clientId: 'file-1', name: 'a.pdf', mime: '', sizeBytes: 1 };
    threads.send('appeal-1', { kind: 'message', body: 'see', files: [file] });
    say(threads, 'and this');
    await settle();
    expect(threads.items('appeal-1').at(-2)).toMatchObject({ files: [file] });
    expect(server.posts).toEqual([]);
    uploading.answer = (name) => Promise.resolve({ id: `id of ${name}`, name });
    threads.wake();
    await settle();
    expect(server.posts).toMatchObject([
      { body: 'see', attachmentIds: ['id of a.pdf'] },
      { body: 'and this', attachmentIds: [] },
    ]);
    expect(uploading.tried).toEqual(['file-1', 'file-1']);
  });

  it('deleted before they went take back what the server has of their files', async () => {
    aServer();
    const cancelled: object[] = [];
    fake.answer('DELETE /uploads/:clientId', (input) => {
      cancelled.push(input);
      return { done: true };
    });
    const { threads } = await signedIn();
    await keepFile('anna', 'file-3', new File(['x'], 'c.pdf'));
    uploading.answer = () => Promise.reject(new Offline(false));
    const file = { clientId: 'file-3', name: 'c.pdf', mime: '', sizeBytes: 1 };
    const held = threads.send('appeal-1', { kind: 'message', body: 'see', files: [file] });
    await settle();
    threads.deleteUnsent(held ?? '');
    await settle();
    expect(cancelled).toEqual([{ clientId: 'file-3' }]);
    expect(await keptFile('anna', 'file-3')).toBeNull();
  });

  it('keep a file whose upload was cut off when the session ended', async () => {
    const server = aServer();
    const { threads, session } = await signedIn();
    await keepFile('anna', 'file-2', new File(['x'], 'b.pdf'));
    let cut = () => {};
    uploading.answer = () =>
      new Promise((_arrive, fail) => (cut = () => fail(new DOMException('', 'AbortError'))));
    const file = { clientId: 'file-2', name: 'b.pdf', mime: '', sizeBytes: 1 };
    threads.send('appeal-1', { kind: 'message', body: 'see', files: [file] });
    await settle();
    session.me = null;
    cut();
    await settle();
    uploading.answer = (name) => Promise.resolve({ id: `id of ${name}`, name });
    session.me = aPerson('anna');
    await settle();
    expect(server.posts).toMatchObject([{ body: 'see', attachmentIds: ['id of b.pdf'] }]);
  });
});

describe('a thread that is not level', () => {
  it('is caught up before anything is said into it', async () => {
    const server = aServer();
    const { threads, appeals } = await signedIn();
    server.entries.push(aDealerEntry(2));
    server.is.offline = true;
    appeals.put(server.appeal());
    await settle();
    say(threads, 'ten');
    await vi.advanceTimersByTimeAsync(10_000);
    // Not even tried: there is something to be looked at first.
    expect(fake.times('POST /appeals/:appealId/entries')).toBe(0);
    server.is.offline = false;
    await vi.advanceTimersByTimeAsync(2_500);
    expect(server.posts).toMatchObject([{ body: 'ten', seenSeq: 1 }]);
    expect(shown(threads)).toEqual([['ten', 'stored']]);
  });

  it('waits for the rows after the connection was away', async () => {
    const server = aServer();
    const { threads } = await signedIn();
    let arrive = () => {};
    threads.wake(() => new Promise((resolve) => (arrive = resolve)));
    say(threads, 'ten');
    await settle();
    expect(server.posts).toEqual([]);
    arrive();
    await settle();
    expect(server.posts).toHaveLength(1);
  });
});

it('is never gone from the screen when it arrives while its thread is being opened', async () => {
  const server = aServer();
  const before = await signedIn();
  server.is.offline = true;
  say(before.threads, 'ten');
  await settle();
  before.session.me = null;

  setActivePinia(createPinia());
  const session = useSession();
  const threads = useThreads();
  // The page was read before the message came, and arrives after its acknowledgement.
  let arrive = () => {};
  const page = { entries: [...server.entries], changed: [], hasMore: false };
  fake.answer('GET /appeals/:appealId/entries', () =>
    server.posts.length ? { ...page, entries: server.entries } : opened.then(() => page),
  );
  const opened = new Promise<void>((resolve) => (arrive = resolve));
  server.is.offline = false;
  session.me = aPerson('anna');
  void threads.open(1);
  await settle();
  expect(server.posts).toHaveLength(1);
  expect(shown(threads)).toEqual([['ten', 'stored']]);
  arrive();
  await settle();
  expect(shown(threads)).toEqual([['ten', 'stored']]);
});

/** Somebody of the own side has answered as number 2; what was written before it is held. */
function aGuardedServer() {
  const server = aServer();
  fake.answer('POST /appeals/:appealId/entries', (input: Partial<PostEntry>) => {
    server.posts.push(input);
    if (input.kind === 'message' && (input.seenSeq ?? 0) < 2 && !input.sendAnyway) {
      if (server.entries.length === 1) server.entries.push(aDealerEntry(2));
      throw refused('stale');
    }
    const entry = aDealerEntry(server.entries.length + 1, {
      ...{ author: anna, clientId: input.clientId ?? null, body: input.body ?? '' },
    });
    server.entries.push(entry);
    return { entry, appeal: server.appeal() };
  });
  return server;
}

describe('the collision guard', () => {
  it('holds the lane until its author has decided', async () => {
    const server = aGuardedServer();
    const { threads } = await signedIn();
    const first = say(threads, 'ten');
    say(threads, 'on Wednesday');
    await settle();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.posts).toMatchObject([{ body: 'ten', seenSeq: 1 }]);
    expect(shown(threads)).toEqual([
      ['ten', 'failed'],
      ['on Wednesday', 'queued'],
    ]);
    // What is new was fetched, so that it can be looked at.
    expect(threads.items('appeal-1')[1]).toMatchObject({ number: 2 });
    threads.sendAnyway(first);
    await settle();
    expect(server.posts.slice(1)).toMatchObject([
      { body: 'ten', sendAnyway: true, clientId: first },
      { body: 'on Wednesday', seenSeq: 2 },
    ]);
  });

  it.each([
    ['deleted', (threads: Threads, held: string) => threads.deleteUnsent(held), []],
    [
      'changed',
      (threads: Threads, held: string) => threads.editUnsent(held, 'twelve'),
      [{ body: 'twelve', seenSeq: 2 }],
    ],
  ])('asks once: a held message that is %s takes the question with it', async (_, decide, goes) => {
    const server = aGuardedServer();
    const { threads } = await signedIn();
    const held = say(threads, 'ten');
    say(threads, 'on Wednesday');
    threads.send('appeal-1', { kind: 'note', body: 'ask them' });
    say(threads, 'before noon');
    await settle();
    decide(threads, held);
    await vi.advanceTimersByTimeAsync(100);
    expect(server.posts.slice(1)).toMatchObject([
      ...goes,
      { body: 'on Wednesday', seenSeq: 2 },
      { body: 'ask them' },
      { body: 'before noon', seenSeq: 2 },
    ]);
    expect(shown(threads).every(([, state]) => state === 'stored')).toBe(true);
  });

  it('holds what is behind once more when somebody answered again', async () => {
    const server = aGuardedServer();
    const { threads } = await signedIn();
    const held = say(threads, 'ten');
    say(threads, 'on Wednesday');
    await settle();
    fake.answer('POST /appeals/:appealId/entries', () => {
      server.entries.push(aDealerEntry(3));
      throw refused('stale');
    });
    threads.deleteUnsent(held);
    await settle();
    expect(shown(threads)).toEqual([['on Wednesday', 'failed']]);
  });

  it('keeps what is behind a held message that is taken out to be changed', async () => {
    const server = aGuardedServer();
    const { threads } = await signedIn();
    const held = say(threads, 'ten');
    say(threads, 'on Wednesday');
    await settle();
    expect(threads.takeBack(held)).toMatchObject({ body: 'ten' });
    await settle();
    expect(shown(threads)).toEqual([['on Wednesday', 'failed']]);
    expect(server.entries).toHaveLength(2);
  });
});

describe('changes', () => {
  it('of a stored message are shown at once, and several presses are one edit', async () => {
    const server = aServer();
    const { threads } = await signedIn();
    server.is.offline = true;
    say(threads, 'before');
    await settle();
    threads.editEntry('appeal-1', 'entry-1', 'better');
    threads.editEntry('appeal-1', 'entry-1', 'best');
    expect(threads.items('appeal-1')[0]).toMatchObject({ change: { body: 'best' } });
    server.is.offline = false;
    threads.wake();
    await settle();
    expect(server.entries[0]).toMatchObject({ body: 'best', version: 2 });
    expect(threads.items('appeal-1')[0]).toMatchObject({ entry: { body: 'best' }, change: null });
  });

  it('that are refused fall back: an edit keeps its words, a deletion is told', async () => {
    aServer();
    const { threads } = await signedIn();
    fake.answer('PUT /appeals/:appealId/entries/:entryId/body', () => {
      throw refused('edit_window_over');
    });
    fake.answer('DELETE /appeals/:appealId/entries/:entryId', () => {
      throw refused('edit_window_over');
    });
    threads.editEntry('appeal-1', 'entry-1', 'better');
    await settle();
    expect(threads.items('appeal-1')[0]).toMatchObject({
      change: { body: 'better', state: 'failed', problem: { code: 'edit_window_over' } },
    });
    threads.deleteEntry('appeal-1', 'entry-1');
    await settle();
    expect(threads.items('appeal-1')[0]).toMatchObject({ change: null });
    expect(threads.takenBack).toMatchObject({ what: 'delete', appealId: 'appeal-1' });
  });

  it('of the status are shown at once, wait for the connection and go once', async () => {
    const server = aServer();
    const { threads, appeals } = await signedIn();
    server.is.offline = true;
    const answer = threads.changeStatus('appeal-1', 'resolved', true);
    expect(appeals.row('appeal-1')?.appeal.status).toBe('resolved');
    await settle();
    expect(await answer).toMatchObject({ ok: true });
    expect(appeals.row('appeal-1')?.appeal.status).toBe('resolved');
    server.is.offline = false;
    threads.wake();
    await settle();
    const asked = fake.asked.filter(({ name }) => name === 'PUT /appeals/:appealId/status');
    expect(new Set(asked.map(({ input }) => JSON.stringify(input))).size).toBe(1);
    expect(appeals.byId.get('appeal-1')?.status).toBe('resolved');
  });
});
