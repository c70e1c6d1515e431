import 'fake-indexeddb/auto';

import type { Appeal, Entry, EntryPage, ListEntries, PostEntry } from '@otklik/shared/appeals';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type * as outboxModule from '../../platform/outbox';
import { own } from '../../platform/kept';
import { Offline, Refusal } from '../../platform/problem';
import { useSession } from '../session';
import {
  aCard,
  aDealerAppeal,
  aDealerEntry,
  aPerson,
  aStaffAppeal,
  aStaffEntry,
} from './appeal.factory';
import { keepThread } from './appeals.kept';
import { useAppeals } from './appeals.store';
import { NEW_APPEAL } from './drafts';
import { aFakeServer } from './fake.server.factory';
import { useThreads } from './thread.store';

vi.mock('../../platform/api', () => ({
  call: (...args: Parameters<ReturnType<typeof aFakeServer>['call']>) => fake.call(...args),
}));
// The index of the feature draws in screens, which need a browser.
vi.mock('../session', () => import('../session/session.store'));
vi.mock('../../platform/socket', () => ({
  connection: { state: 'online', since: 0 },
  on: () => () => undefined,
  onConnected: () => () => undefined,
  startSocket: async () => undefined,
  stopSocket: () => undefined,
}));
vi.mock('../../platform/outbox', async (original) => {
  const outbox = await original<typeof outboxModule>();
  return { ...outbox, browserStorage: outbox.memoryStorage };
});
let fake = aFakeServer();

/** A server with one appeal of Anna's dealer, its entries and her read mark. */
function aServer(said: Entry[], readSeq = 0) {
  const entries = [...said];
  const appeal = (fields: Partial<Appeal> = {}): Appeal =>
    aDealerAppeal({
      rev: entries.length,
      lastPublicSeq: entries.length,
      messages: entries.filter(({ kind }) => kind !== 'event').length,
      last: lastWord(entries),
      ...Object.fromEntries(Object.entries(fields)),
    });
  fake.answer('GET /appeals/by-number/:no', () => aCard(appeal(), readSeq));
  fake.answer('GET /appeals/:appealId', () => aCard(appeal(), readSeq));
  fake.answer('GET /appeals/counts', () => ({}));
  fake.answer('GET /appeals/:appealId/entries', (input): EntryPage => {
    const { afterSeq, beforeSeq, limit = 50 }: Partial<ListEntries> = input;
    const numbered = entries.filter(({ publicSeq }) => publicSeq !== null);
    if (afterSeq !== undefined) {
      const page = numbered.filter(({ publicSeq }) => (publicSeq ?? 0) > Number(afterSeq));
      return {
        entries: page.slice(0, Number(limit)),
        changed: [],
        hasMore: page.length > Number(limit),
      };
    }
    const page = numbered.filter(
      ({ publicSeq }) => beforeSeq === undefined || (publicSeq ?? 0) < Number(beforeSeq),
    );
    return {
      entries: page.slice(-Number(limit)),
      changed: [],
      hasMore: page.length > Number(limit),
    };
  });
  fake.answer('POST /appeals/:appealId/entries', (input) => post(input));

  function post(input: Partial<PostEntry>) {
    const known = entries.find(({ clientId }) => clientId === input.clientId);
    const entry = known ?? mine(entries.length + 1, input.clientId ?? '', input.body ?? '');
    if (!known) entries.push(entry);
    return { entry, appeal: appeal() };
  }
  return { entries, appeal, post };
}

const mine = (number: number, clientId: string | null = null, body = `mine ${number}`) =>
  aDealerEntry(number, {
    clientId,
    body,
    author: { id: 'anna', name: 'Anna', side: 'dealer', jobTitle: '' },
  });
function lastWord(entries: Entry[]): Appeal['last'] {
  const last = entries.findLast(({ kind }) => kind !== 'event');
  if (!last?.author) return null;
  const { author, at, body } = last;
  return {
    kind: 'message',
    authorId: author.id,
    authorName: author.name,
    side: author.side,
    text: body,
    files: 0,
    at,
  };
}
const messages = (count: number) =>
  Array.from({ length: count }, (_, index) => aDealerEntry(index + 1));

function signedIn(id = 'anna', side: 'dealer' | 'staff' = 'dealer') {
  const session = useSession();
  session.me = aPerson(id, side);
  return { session, appeals: useAppeals(), threads: useThreads() };
}
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  fake = aFakeServer();
  setActivePinia(createPinia());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Numbers and texts as the screen has them. */
const lines = (threads: ReturnType<typeof useThreads>) =>
  threads
    .items('appeal-1')
    .map((item) => (item.is === 'entry' ? item.number : `${item.body}: ${item.messageState}`));

describe('a thread that this browser has kept', () => {
  /** Its first `count` entries are kept, and the page begins without having asked anybody. */
  async function kept(count: number) {
    vi.useRealTimers();
    vi.stubGlobal('document', { baseURI: 'http://localhost/' });
    const signed = signedIn();
    signed.session.fromMemory = true;
    await own({ personId: 'anna', sessionId: 's', me: null, offsetMs: 0 });
    const entries = messages(count);
    const card = aCard(aDealerAppeal({ lastPublicSeq: count }), count);
    await keepThread({ no: 1, appealId: 'appeal-1', card, entries, hasOlder: false }, 0);
    return signed;
  }
  const numbers = (count: number) => messages(count).map(({ publicSeq }) => publicSeq);

  it('stays whole when news runs ahead of the answer', async () => {
    const { threads } = await kept(120);
    const { appeal } = aServer(messages(120), 120);
    const asOfThen = aCard(appeal(), 120);
    const { appeal: later } = aServer(messages(121), 120);
    fake.answer('GET /appeals/by-number/:no', () => {
      threads.putEntries(later(), [aDealerEntry(121)]);
      return asOfThen;
    });
    await threads.open(1);
    expect(lines(threads)).toEqual(numbers(121));
  });

  it('goes on from where it ended, once the server answers', async () => {
    const { threads, session } = await kept(120);
    session.fromMemory = false;
    const { appeal } = aServer(messages(130), 130);
    let cut = true;
    fake.answer('GET /appeals/by-number/:no', () => {
      if (cut) throw new Offline(true);
      return aCard(appeal(), 130);
    });
    await threads.open(1);
    expect(lines(threads)).toEqual(numbers(120));
    expect(threads.thread(1)?.keptAt).not.toBeNull();
    cut = false;
    await threads.open(1);
    expect(lines(threads)).toEqual(numbers(130));
    expect(threads.thread(1)?.keptAt).toBeNull();
  });

  it('gives way to a server that knows less, as after a restored backup', async () => {
    const { threads } = await kept(120);
    aServer(messages(100), 100);
    await threads.open(1);
    expect(lines(threads)).toEqual(numbers(100).slice(50));
  });
});

describe('opening', () => {
  it('loads the card and the newest page, then older ones', async () => {
    aServer(messages(120), 120);
    const { threads } = signedIn();
    expect(await threads.open(1)).toBe('appeal-1');
    expect(lines(threads)).toEqual(
      messages(120)
        .map(({ publicSeq }) => publicSeq)
        .slice(70),
    );
    expect(threads.thread(1)).toMatchObject({
      hasOlder: true,
      firstUnread: null,
      readAtOpening: 120,
    });
    await threads.loadOlder(1);
    await threads.loadOlder(1);
    expect(lines(threads)).toHaveLength(120);
    expect(threads.thread(1)?.hasOlder).toBe(false);
  });

  it('reaches back to the first unread message, and keeps the divider until the thread is left', async () => {
    const { entries, appeal } = aServer(messages(150), 10);
    const { threads, appeals } = signedIn();
    await threads.open(1);
    expect(threads.thread(1)?.firstUnread).toBe(11);
    fake.answer('POST /appeals/:appealId/read', () => ({
      appealId: 'appeal-1',
      seq: 150,
      messages: 150,
    }));
    threads.markRead('appeal-1', 150);
    await settle();
    expect(appeals.row('appeal-1')?.unread).toBe(0);
    expect(threads.thread(1)?.firstUnread).toBe(11);
    threads.close(1);
    entries.push(aDealerEntry(151));
    appeals.put(appeal());
    await threads.open(1);
    expect(threads.thread(1)?.firstUnread).toBe(151);
  });

  it('says what is wrong, and drops a row that may not be seen any more', async () => {
    const { threads, appeals } = signedIn();
    appeals.put(aDealerAppeal());
    fake.answer('GET /appeals/by-number/:no', () => {
      throw new Refusal({
        code: 'not_found',
        status: 404,
        facts: { what: 'appeal' },
        requestId: 'r',
      });
    });
    fake.answer('GET /appeals/:appealId/entries', () => ({
      entries: [],
      changed: [],
      hasMore: false,
    }));
    await threads.open(1);
    expect(threads.thread(1)?.loading).toMatchObject({
      state: 'error',
      problem: { code: 'not_found' },
    });
    expect(appeals.row('appeal-1')).toBeNull();
  });

  it('shows a thread that is held while the connection is away', async () => {
    aServer(messages(3), 3);
    const { threads } = signedIn();
    await threads.open(1);
    threads.close(1);
    fake.answer('GET /appeals/by-number/:no', () => {
      throw new Offline(false);
    });
    const opening = threads.open(1);
    expect(lines(threads)).toEqual([1, 2, 3]);
    await opening;
    expect(threads.thread(1)?.loading).toMatchObject({
      state: 'ready',
      problem: { code: 'offline' },
    });
  });
});

describe('staying true', () => {
  it('ends in the same state whatever comes first: news, answer or pages', async () => {
    const news = [4, 5, 6].map((number) => aDealerEntry(number));
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
      [2, 0, 1],
      [1, 2, 0],
      [0, 2, 1],
    ]) {
      setActivePinia(createPinia());
      const { entries, appeal } = aServer(messages(3), 3);
      const { threads, appeals } = signedIn();
      await threads.open(1);
      const told = news.map((entry) => {
        entries.push(entry);
        return { entry, row: appeal() };
      });
      for (const index of [...order, ...order]) {
        const { entry, row } = told[index]!;
        appeals.put(row);
        threads.putEntries(row, [entry]);
      }
      await settle();
      expect(lines(threads)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(appeals.byId.get('appeal-1')).toEqual(appeal());
    }
  });

  it('fetches what is missing when news leaves a gap', async () => {
    const { entries, appeal } = aServer(messages(3), 3);
    const { threads, appeals } = signedIn();
    await threads.open(1);
    entries.push(...[4, 5, 6].map((number) => aDealerEntry(number)));
    appeals.put(appeal());
    threads.putEntries(appeal(), [aDealerEntry(6)]);
    expect(lines(threads)).toEqual([1, 2, 3, 6]);
    await settle();
    expect(lines(threads)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('fetches when a row says more than is held, also after the connection was away', async () => {
    const { entries, appeal } = aServer(messages(3), 3);
    const { threads, appeals } = signedIn();
    await threads.open(1);
    entries.push(aDealerEntry(4));
    const answers = fake.times('GET /appeals/:appealId/entries');
    fake.answer('GET /appeals/:appealId/entries', () => {
      throw new Offline(false);
    });
    appeals.put(appeal());
    await settle();
    expect(lines(threads)).toEqual([1, 2, 3]);
    fake.answer('GET /appeals/:appealId/entries', () => ({
      entries: [entries[3]],
      changed: [],
      hasMore: false,
    }));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(lines(threads)).toEqual([1, 2, 3, 4]);
    expect(fake.times('GET /appeals/:appealId/entries')).toBe(answers + 2);
  });

  it('does not fetch for its own news without a gap', async () => {
    const { entries, appeal } = aServer(messages(3), 3);
    const { threads, appeals } = signedIn();
    await threads.open(1);
    const before = fake.times('GET /appeals/:appealId/entries');
    entries.push(aDealerEntry(4));
    appeals.put(appeal());
    threads.putEntries(appeal(), [aDealerEntry(4)]);
    await settle();
    expect(fake.times('GET /appeals/:appealId/entries')).toBe(before);
  });

  it('numbers staff threads by seq', async () => {
    const { threads, appeals } = signedIn('manager', 'staff');
    const said = [
      aStaffEntry(1),
      aStaffEntry(2, { kind: 'note', publicSeq: null }),
      aStaffEntry(3, { publicSeq: 2 }),
    ];
    const appeal = aStaffAppeal({ lastSeq: 3, lastPublicSeq: 2, messages: 3 });
    fake.answer('GET /appeals/by-number/:no', () => aCard(appeal, 3));
    fake.answer('GET /appeals/:appealId/entries', () => ({
      entries: said,
      changed: [],
      hasMore: false,
    }));
    await threads.open(1);
    expect(lines(threads)).toEqual([1, 2, 3]);
    expect(appeals.row('appeal-1')?.unread).toBe(0);
  });
});

describe('sending', () => {
  it('shows the message in the same tick, and turns it into the entry of the answer', async () => {
    aServer(messages(3), 3);
    const { threads, appeals } = signedIn();
    await threads.open(1);
    threads.setDraft('appeal-1', 'reply', { body: 'hello' });
    threads.send('appeal-1', { kind: 'message', body: ' hello ' });
    expect(lines(threads)).toEqual([1, 2, 3, 'hello: queued']);
    expect(threads.hasDraft('appeal-1')).toBe(false);
    const [pendingKey] = threads
      .items('appeal-1')
      .slice(-1)
      .map(({ key }) => key);
    await settle();
    expect(lines(threads)).toEqual([1, 2, 3, 4]);
    expect(threads.items('appeal-1').at(-1)).toMatchObject({
      key: pendingKey,
      messageState: 'sent',
    });
    expect(appeals.row('appeal-1')?.unread).toBe(0);
    expect(threads.send('appeal-1', { kind: 'message', body: '  ' })).toBeNull();
  });

  it('shows a message once when its news overtakes the answer', async () => {
    const { appeal, post } = aServer(messages(1), 1);
    const { threads, appeals } = signedIn();
    await threads.open(1);
    let answer = () => {};
    fake.answer('POST /appeals/:appealId/entries', (input) => {
      const posted = post(input);
      return new Promise((resolve) => (answer = () => resolve(posted)));
    });
    const clientId = threads.send('appeal-1', { kind: 'message', body: 'hello' })!;
    await settle();
    expect(lines(threads)).toEqual([1, 'hello: sending']);
    appeals.put(appeal());
    threads.putEntries(appeal(), [mine(2, clientId, 'hello')]);
    expect(lines(threads)).toEqual([1, 2]);
    answer();
    await settle();
    expect(lines(threads)).toEqual([1, 2]);
  });

  it('never doubles a message whose answer was lost', async () => {
    const { entries, post } = aServer(messages(1), 1);
    const { threads } = signedIn();
    await threads.open(1);
    let first = true;
    fake.answer('POST /appeals/:appealId/entries', (input) => {
      const posted = post(input);
      if (!first) return posted;
      first = false;
      throw new Offline(true);
    });
    threads.send('appeal-1', { kind: 'message', body: 'hello' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(entries).toHaveLength(2);
    expect(lines(threads)).toEqual([1, 2]);
  });

  it('keeps a refused message with its reason, to be edited or sent again', async () => {
    const { post } = aServer(messages(1), 1);
    const { threads } = signedIn();
    await threads.open(1);
    fake.answer('POST /appeals/:appealId/entries', () => {
      throw new Refusal({ code: 'name_needed', status: 409, facts: {}, requestId: 'r' });
    });
    const clientId = threads.send('appeal-1', {
      kind: 'message',
      body: 'hello',
      orderNumbers: ['40231'],
    })!;
    await settle();
    expect(threads.items('appeal-1').at(-1)).toMatchObject({
      messageState: 'failed',
      problem: { code: 'name_needed' },
    });
    expect(threads.takeBack(clientId)).toMatchObject({ body: 'hello', orderNumbers: ['40231'] });
    expect(lines(threads)).toEqual([1]);
    const again = threads.send('appeal-1', { kind: 'message', body: 'hello' })!;
    await settle();
    fake.answer('POST /appeals/:appealId/entries', (input) => post(input));
    threads.retrySend(again);
    await settle();
    expect(lines(threads)).toEqual([1, 2]);
  });

  it('ticks twice when the other side has read it', async () => {
    const { appeal } = aServer([mine(1), mine(2)], 2);
    const { threads, appeals } = signedIn();
    await threads.open(1);
    appeals.put(appeal({ rev: 9, seenByOther: 1 }));
    expect(threads.items('appeal-1').map(({ messageState }) => messageState)).toEqual([
      'seen',
      'sent',
    ]);
  });

  it('counts an own message of another session as read', async () => {
    const { entries, appeal } = aServer(messages(1), 1);
    const { threads, appeals } = signedIn();
    await threads.open(1);
    entries.push(mine(2));
    appeals.put(appeal());
    threads.putEntries(appeal(), [mine(2)]);
    expect(appeals.row('appeal-1')?.unread).toBe(0);
  });
});

describe('a new appeal', () => {
  const input = { typeCode: 'error', topicId: 'delivery', body: 'help' };

  it('is answered with the posted one', async () => {
    const { post } = aServer([]);
    const { threads, appeals } = signedIn();
    fake.answer('POST /appeals', (given) => post(given));
    const opening = threads.openAppeal(input);
    expect(threads.pendingOpens).toMatchObject([{ appeal: input, state: 'queued' }]);
    await settle();
    const result = await opening;
    expect(result).toMatchObject({ state: 'posted', posted: { appeal: { no: 1 } } });
    expect(threads.pendingOpens).toEqual([]);
    expect(threads.openedNo(result.clientId)).toBe(1);
    expect(appeals.byNo(1)).not.toBeNull();
  });

  it('waits locally without a connection and gets its number later', async () => {
    const { post } = aServer([]);
    const { threads } = signedIn();
    fake.answer('POST /appeals', () => {
      throw new Offline(false);
    });
    threads.setDraft(NEW_APPEAL, 'reply', { body: 'help' });
    const opening = threads.openAppeal(input);
    await settle();
    const result = await opening;
    expect(result.state).toBe('pending');
    expect(threads.draft(NEW_APPEAL, 'reply')).toBeNull();
    expect(threads.openedNo(result.clientId)).toBeNull();
    fake.answer('POST /appeals', (given) => post(given));
    threads.wake();
    await settle();
    expect(threads.openedNo(result.clientId)).toBe(1);
  });

  it('keeps the draft when it is refused', async () => {
    const { threads } = signedIn();
    fake.answer('POST /appeals', () => {
      throw new Refusal({
        code: 'conflict',
        status: 409,
        facts: { what: 'topic' },
        requestId: 'r',
      });
    });
    threads.setDraft(NEW_APPEAL, 'reply', { body: 'help' });
    const opening = threads.openAppeal(input);
    await settle();
    const result = await opening;
    expect(result).toMatchObject({ state: 'failed', problem: { code: 'conflict' } });
    expect(threads.draft(NEW_APPEAL, 'reply')).toEqual({ body: 'help' });
    expect(threads.takeBack(result.clientId)).toMatchObject({ body: 'help', topicId: 'delivery' });
    expect(threads.pendingOpens).toEqual([]);
  });
});

describe('the read mark', () => {
  it('moves at once here, is sent at most once a second, and never back', async () => {
    aServer(messages(5), 0);
    const { threads, appeals } = signedIn();
    await threads.open(1);
    const sent: unknown[] = [];
    fake.answer('POST /appeals/:appealId/read', (input) => {
      sent.push(input);
      const seq = 'seq' in input ? Number(input.seq) : 0;
      return { appealId: 'appeal-1', seq, messages: seq };
    });
    threads.markRead('appeal-1', 2);
    expect(appeals.row('appeal-1')?.unread).toBe(3);
    threads.markRead('appeal-1', 3);
    threads.markRead('appeal-1', 5);
    threads.markRead('appeal-1', 4);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(sent).toEqual([
      { appealId: 'appeal-1', seq: 2, rev: 0 },
      { appealId: 'appeal-1', seq: 5, rev: 0 },
    ]);
    expect(appeals.row('appeal-1')?.unread).toBe(0);
  });

  it('marked unread stays so while the thread is on the screen, and a late retry knows the older revision', async () => {
    aServer(messages(5), 5);
    const { threads, appeals } = signedIn();
    await threads.open(1);
    const { rev } = appeals.marks.get('appeal-1') ?? { rev: 0 };
    fake.answer('POST /appeals/:appealId/unread', () => ({
      ...{ appealId: 'appeal-1', seq: 2, messages: 2 },
      rev: rev + 1,
    }));
    await threads.markUnread('appeal-1', 3);
    expect(appeals.row('appeal-1')?.unread).toBe(3);
    expect(threads.thread(1)?.firstUnread).toBe(3);
    threads.markRead('appeal-1', 5);
    await settle();
    expect(fake.times('POST /appeals/:appealId/read')).toBe(0);
    // News of before it come late: the lower revision changes nothing.
    appeals.putMark({ appealId: 'appeal-1', seq: 5, messages: 5, rev });
    expect(appeals.row('appeal-1')?.unread).toBe(3);

    threads.close(1);
    await threads.open(1);
    const told: unknown[] = [];
    fake.answer('POST /appeals/:appealId/read', (input) => {
      told.push(input);
      throw new Offline(false);
    });
    threads.markRead('appeal-1', 5);
    await settle();
    // Another session marks it unread meanwhile; the retry must not undo that.
    appeals.putMark({ appealId: 'appeal-1', seq: 1, messages: 1, rev: rev + 9 });
    threads.wake();
    await settle();
    expect(told).toEqual([
      { appealId: 'appeal-1', seq: 5, rev: rev + 1 },
      { appealId: 'appeal-1', seq: 5, rev: rev + 1 },
    ]);
  });

  it('is told again when the connection is back', async () => {
    aServer(messages(2), 0);
    const { threads } = signedIn();
    await threads.open(1);
    fake.answer('POST /appeals/:appealId/read', () => {
      throw new Offline(false);
    });
    threads.markRead('appeal-1', 2);
    await settle();
    fake.answer('POST /appeals/:appealId/read', () => ({
      appealId: 'appeal-1',
      seq: 2,
      messages: 2,
    }));
    threads.wake();
    await settle();
    expect(fake.times('POST /appeals/:appealId/read')).toBe(2);
  });
});

it('forgets everything when another person signs in', async () => {
  aServer(messages(2), 2);
  const { session, threads } = signedIn();
  await threads.open(1);
  threads.setDraft('appeal-1', 'reply', { body: 'mine' });
  session.me = aPerson('boris');
  expect(threads.thread(1)).toBeNull();
  expect(threads.items('appeal-1')).toEqual([]);
  expect(threads.hasDraft('appeal-1')).toBe(false);
});

it('starts anew when the server says that nothing held is true any more', async () => {
  const { entries } = aServer(messages(3), 3);
  const { threads, appeals } = signedIn();
  const answer = {
    marks: [],
    counts: {},
    cursor: 'c',
    more: false,
    serverTime: new Date().toISOString(),
  };
  fake.answer('GET /sync', () => ({ ...answer, reset: true, items: [] }));
  await appeals.sync();
  await threads.open(1);
  entries.splice(2, 1);
  await appeals.sync();
  await vi.advanceTimersByTimeAsync(0);
  expect(lines(threads)).toEqual([1, 2]);
  expect(appeals.row('appeal-1')).not.toBeNull();
});
