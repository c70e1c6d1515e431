import type { Appeal, AppealCounts, ReadMark, SyncAnswer } from '@otklik/shared/appeals';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Offline } from '../../platform/problem';
import { useSession } from '../session';
import { aClock, aDealerAppeal, aPerson, aStaffAppeal } from './appeal.factory';
import { appealIdOf, useAppeals } from './appeals.store';
import { aFakeServer } from './fake.server.factory';

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
let fake = aFakeServer();

const COUNTS: AppealCounts = { open: 0, owed: 0, closed: 0, mine: 0, queue: 0, mentions: 0 };
const synced = (fields: Partial<SyncAnswer> = {}): SyncAnswer => ({
  reset: false,
  items: [],
  marks: [],
  counts: COUNTS,
  cursor: 'c1',
  more: false,
  serverTime: new Date().toISOString(),
  ...fields,
});

/** Answers of `GET /sync`, one after the other. */
function answerSync(...answers: (SyncAnswer | Error)[]): void {
  fake.answer('GET /sync', () => {
    const next = answers.shift() ?? synced();
    if (next instanceof Error) throw next;
    return next;
  });
}

function signedIn(id = 'me', side: 'dealer' | 'staff' = 'staff') {
  const session = useSession();
  session.me = aPerson(id, side);
  return { session, appeals: useAppeals() };
}

beforeEach(() => {
  vi.useFakeTimers();
  fake = aFakeServer();
  setActivePinia(createPinia());
});
afterEach(() => void vi.useRealTimers());

describe('put', () => {
  it('gives the same state in every order, any number of times', () => {
    const steps: { appeal?: Appeal; mark?: ReadMark }[] = [
      { appeal: aStaffAppeal({ rev: 1, subject: 'first' }) },
      { appeal: aStaffAppeal({ rev: 2, subject: 'second', messages: 2 }) },
      { appeal: aStaffAppeal({ rev: 3, subject: 'third', messages: 3 }) },
      { mark: { appealId: 'appeal-1', seq: 1, messages: 1, rev: 1 } },
      { mark: { appealId: 'appeal-1', seq: 2, messages: 2, rev: 2 } },
    ];
    for (const order of permutations(steps)) {
      setActivePinia(createPinia());
      const { appeals } = signedIn();
      for (const { appeal, mark } of [...order, ...order]) {
        if (appeal) appeals.put(appeal);
        if (mark) appeals.putMark(mark);
      }
      expect(appeals.row('appeal-1')).toMatchObject({ appeal: { subject: 'third' }, unread: 1 });
    }
  });
});

describe('sync', () => {
  it('starts without a cursor, goes on while there is more, then asks for changes only', async () => {
    const { appeals } = signedIn();
    answerSync(
      synced({ reset: true, items: [aStaffAppeal({ id: 'a' })], cursor: 'c1', more: true }),
      synced({ items: [aStaffAppeal({ id: 'b' })], cursor: 'c2', counts: { ...COUNTS, open: 2 } }),
    );
    await appeals.sync();
    expect([...appeals.byId.keys()]).toEqual(['a', 'b']);
    expect(appeals.counts.open).toBe(2);
    expect(appeals.synced.state).toBe('ready');
    await appeals.sync();
    expect(fake.asked.map(({ input }) => input)).toEqual([{}, { cursor: 'c1' }, { cursor: 'c2' }]);
  });

  it('replaces everything on a reset, with lower revisions too, and keeps what came meanwhile', async () => {
    const { appeals } = signedIn();
    answerSync(
      synced({
        reset: true,
        items: [aStaffAppeal({ id: 'gone', rev: 9 }), aStaffAppeal({ id: 'kept', rev: 9 })],
        marks: [{ appealId: 'kept', seq: 9, messages: 9, rev: 9 }],
      }),
    );
    await appeals.sync();
    fake.answer('GET /sync', () => {
      appeals.put(aStaffAppeal({ id: 'news', rev: 1 }));
      return synced({
        reset: true,
        items: [aStaffAppeal({ id: 'kept', rev: 4 })],
        marks: [{ appealId: 'kept', seq: 4, messages: 4, rev: 4 }],
      });
    });
    await appeals.sync();
    expect([...appeals.byId.keys()].sort()).toEqual(['kept', 'news']);
    expect(appeals.byId.get('kept')?.rev).toBe(4);
    expect(appeals.marks.get('kept')?.seq).toBe(4);
    expect(appeals.generation).toBe(2);
  });

  it('does not lose a row that was fetched before the very first answer', async () => {
    const { appeals } = signedIn();
    appeals.put(aStaffAppeal({ id: 'old', status: 'closed' }));
    answerSync(synced({ reset: true, items: [aStaffAppeal({ id: 'a' })] }));
    await appeals.sync();
    expect([...appeals.byId.keys()].sort()).toEqual(['a', 'old']);
  });

  it('tries again soon when the first one fails, and says so meanwhile', async () => {
    const { appeals } = signedIn();
    answerSync(new Offline(false), synced({ reset: true, items: [aStaffAppeal()] }));
    await appeals.sync();
    expect(appeals.synced).toMatchObject({ state: 'error', problem: { code: 'offline' } });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(appeals.synced.state).toBe('ready');
    expect(appeals.byId.size).toBe(1);
  });

  it('begins again when a reset breaks off between its pages', async () => {
    const { appeals } = signedIn();
    answerSync(
      synced({ reset: true, items: [aStaffAppeal({ id: 'a' })], more: true }),
      new Offline(true),
      synced({ reset: true, items: [aStaffAppeal({ id: 'a' }), aStaffAppeal({ id: 'b' })] }),
    );
    await appeals.sync();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(fake.asked.map(({ input }) => input)).toEqual([{}, { cursor: 'c1' }, {}]);
    expect(appeals.byId.size).toBe(2);
  });

  it('runs one at a time, and once more for who asked meanwhile', async () => {
    const { appeals } = signedIn();
    answerSync();
    await Promise.all([appeals.sync(), appeals.sync(), appeals.sync()]);
    await vi.advanceTimersByTimeAsync(0);
    expect(fake.times('GET /sync')).toBe(2);
  });

  it('brings nothing of one person to the next', async () => {
    const { session, appeals } = signedIn('anna', 'dealer');
    let release = (_answer: SyncAnswer) => {};
    fake.answer('GET /sync', () => new Promise<SyncAnswer>((resolve) => (release = resolve)));
    const first = appeals.sync();
    appeals.put(aDealerAppeal());
    session.me = aPerson('boris');
    expect(appeals.byId.size).toBe(0);
    release(synced({ reset: true, items: [aDealerAppeal({ id: 'annas' })] }));
    await first;
    expect(appeals.byId.size).toBe(0);
    expect(appeals.countsKnown).toBe(false);
  });
});

it('asks for the counts once for many pieces of news', async () => {
  const { appeals } = signedIn();
  fake.answer('GET /appeals/counts', () => ({ ...COUNTS, owed: 3 }));
  appeals.refreshCounts();
  appeals.refreshCounts();
  await vi.advanceTimersByTimeAsync(400);
  appeals.refreshCounts();
  expect(fake.times('GET /appeals/counts')).toBe(1);
  expect(appeals.counts.owed).toBe(3);
});

describe('lists', () => {
  const HOUR = 3_600_000;
  function aDesk() {
    const { session, appeals } = signedIn();
    const me = { id: 'me', name: 'Me' };
    const put = (id: string, topicId: string, hours: number, owed: 'staff' | 'dealer') =>
      appeals.put(
        aStaffAppeal({
          id,
          topicId,
          assignee: me,
          answerOwedBy: owed,
          clock: aClock(Date.now() + hours * HOUR),
        }),
      );
    put('far', 'prices', 9, 'staff');
    put('near', 'delivery', 2, 'dealer');
    put('late', 'delivery', -1, 'staff');
    appeals.put(aStaffAppeal({ id: 'free', topicId: 'prices' }));
    return { session, appeals };
  }

  it('groups by topic with counts, in the order of the work', () => {
    const { appeals } = aDesk();
    const groups = appeals.grouped('mine');
    expect(
      groups.map(({ topicId, keys, count, needsReply, folded }) => ({
        topicId,
        ids: keys.map(appealIdOf),
        count,
        needsReply,
        folded,
      })),
    ).toEqual([
      { topicId: 'delivery', ids: ['late', 'near'], count: 2, needsReply: 1, folded: false },
      { topicId: 'prices', ids: ['far'], count: 1, needsReply: 1, folded: false },
    ]);
    expect(appeals.keys('mine', {}, true).map(appealIdOf)).toEqual(['late', 'far', 'near']);
    expect(appeals.keys('queue').map(appealIdOf)).toEqual(['free']);
    expect(appeals.keys('mine', { topicId: 'prices' }).map(appealIdOf)).toEqual(['far']);
  });

  it('stands in the chosen order, whatever order the news came in, once or twice', async () => {
    const day = (n: number) => `2025-11-${n}T09:00:00.000Z`;
    const news = [
      aStaffAppeal({ id: 'a', createdAt: day(11), lastAt: day(15) }),
      aStaffAppeal({ id: 'a', createdAt: day(11), lastAt: day(18), rev: 2 }),
      aStaffAppeal({ id: 'b', createdAt: day(12), lastAt: day(16) }),
      aStaffAppeal({ id: 'c', createdAt: day(12), lastAt: day(16) }),
    ];
    for (const order of permutations(news)) {
      setActivePinia(createPinia());
      const { session, appeals } = signedIn();
      fake.answer('PATCH /me/settings', (input) => ({ ...session.settings, ...input }));
      const listed = () => appeals.keys('queue', {}, true).map(appealIdOf);
      for (const appeal of [...order, ...order]) appeals.put(appeal);
      await appeals.setSort('queue', 'last');
      expect(listed()).toEqual(['a', 'c', 'b']);
      await appeals.setSort('queue', 'opened');
      expect(listed()).toEqual(['c', 'b', 'a']);
      expect(appeals.sortOf('mine')).toBe('deadline');
    }
  });

  it('pages through each order by itself', async () => {
    const { appeals } = signedIn();
    fake.answer('PATCH /me/settings', (input) => input);
    const asked: object[] = [];
    fake.answer('GET /appeals', (input) => {
      asked.push(input);
      return { items: [], marks: [], nextCursor: 'next' };
    });
    await appeals.loadView('closed');
    await appeals.setSort('closed', 'opened');
    expect(appeals.viewState('closed')).toMatchObject({ state: 'idle', hasMore: false });
    await appeals.loadView('closed');
    await appeals.loadMore('closed');
    expect(asked).toMatchObject([
      { sort: undefined, cursor: undefined },
      { sort: 'opened', cursor: undefined },
      { sort: 'opened', cursor: 'next' },
    ]);
  });

  it('does not count rows that a held list still shows', () => {
    const { appeals } = aDesk();
    const held = appeals.keys('mine');
    appeals.put(aStaffAppeal({ id: 'near', topicId: 'delivery', rev: 2, status: 'closed' }));
    appeals.put(aStaffAppeal({ id: 'far', topicId: 'delivery', rev: 2 }));
    expect(appeals.groupsOf(held, 'mine').map(({ keys, count }) => [keys.length, count])).toEqual([
      [2, 1],
      [1, 0],
    ]);
  });

  it('remembers folded groups in the settings', async () => {
    const { session, appeals } = aDesk();
    fake.answer('PATCH /me/settings', (input) => input);
    await appeals.toggleFold('mine:prices');
    expect(session.settings.folded).toEqual(['mine:prices']);
    expect(appeals.grouped('mine').map(({ folded }) => folded)).toEqual([false, true]);
    await appeals.toggleFold('mine:prices');
    expect(session.settings.folded).toEqual([]);
  });

  it('pages through what sync does not bring', async () => {
    const { appeals } = signedIn();
    const closed = (id: string) => aStaffAppeal({ id, status: 'closed' });
    fake.answer('GET /appeals', (input) =>
      'cursor' in input && input.cursor === 'p2'
        ? { items: [closed('b')], marks: [], nextCursor: null }
        : { items: [closed('a')], marks: [], nextCursor: 'p2' },
    );
    expect(appeals.viewState('closed').state).toBe('idle');
    await appeals.loadView('closed');
    expect(appeals.viewState('closed')).toMatchObject({ state: 'ready', hasMore: true });
    await appeals.loadMore('closed');
    expect(appeals.viewState('closed').hasMore).toBe(false);
    expect(appeals.keys('closed').map(appealIdOf).sort()).toEqual(['a', 'b']);
  });

  it('shows by order number exactly what the server named', async () => {
    const { appeals } = signedIn();
    appeals.put(aStaffAppeal({ id: 'other' }));
    fake.answer('GET /appeals', () => ({
      items: [aStaffAppeal({ id: 'linked' })],
      marks: [],
      nextCursor: null,
    }));
    await appeals.loadView('open', { orderNumber: '40231' });
    expect(appeals.keys('open', { orderNumber: '40231' }).map(appealIdOf)).toEqual(['linked']);
  });
});

function permutations<Item>(items: Item[]): Item[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [
      item,
      ...rest,
    ]),
  );
}
