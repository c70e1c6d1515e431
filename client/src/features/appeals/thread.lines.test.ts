import type { DealerEntry } from '@otklik/shared/appeals';
import { expect, test } from 'vitest';

import { keepUnchanged, threadLines } from './thread.lines';
import type { EntryChange, EntryItem, PendingItem } from './thread.types';

const me = { id: 'me', name: 'Марина Сомова', side: 'dealer' } as const;
const manager = { id: 'm', name: 'Илья Веснин', side: 'staff', jobTitle: '' } as const;
const DAY = 86_400_000;

function stored(
  number: number,
  minute: number,
  more: Partial<DealerEntry> = {},
  change: EntryChange | null = null,
): EntryItem {
  const entry: DealerEntry = {
    audience: 'dealer',
    id: `e${number}`,
    appealId: 'a',
    at: new Date(minute * 60_000).toISOString(),
    kind: 'message',
    author: manager,
    body: 'слова',
    event: null,
    attachments: [],
    orders: [],
    clientId: null,
    publicSeq: number,
    version: 1,
    editedAt: null,
    deletedAt: null,
    replyTo: null,
    ...more,
  };
  return { is: 'entry', key: `k${number}`, number, entry, messageState: 'sent', change };
}
const mine = { ...me, jobTitle: '' };
const lines = (items: (EntryItem | PendingItem)[], firstUnread: number | null = null) =>
  threadLines({
    ...{ items, me, firstUnread, editMinutes: 15 },
    dayOf: (at) => Math.floor(Date.parse(at) / DAY),
  });
const kinds = (found: ReturnType<typeof lines>) => found.map((line) => line.kind);

test('a day line stands before the first message of each day', () => {
  expect(kinds(lines([stored(1, 0), stored(2, 60), stored(3, 60 * 25)]))).toEqual([
    'day',
    'message',
    'message',
    'day',
    'message',
  ]);
});

test('messages of one author within five minutes are one run with one name and one avatar', () => {
  const run = lines([stored(1, 0), stored(2, 4), stored(3, 20), stored(4, 21, { author: mine })]);
  const shape = run.flatMap((line) =>
    line.kind === 'message' ? [[line.next, line.last, line.named]] : [],
  );
  expect(shape).toEqual([
    [false, false, true],
    [true, true, false],
    [false, true, true],
    [false, true, false],
  ]);
});

test('a colleague under the same login is named', () => {
  const author = { ...mine, name: 'Денис Уткин' };
  const [, line] = lines([stored(1, 0, { author })]);
  expect(line).toMatchObject({ named: true, message: { own: true, mine: false } });
});

test('the divider stands above the first unread and breaks a run', () => {
  const found = lines([stored(1, 0), stored(2, 1), stored(3, 2)], 2);
  expect(kinds(found)).toEqual(['day', 'message', 'new', 'message', 'message']);
  expect(found[3]).toMatchObject({ next: false });
});

test('an order linked by a message is not told twice', () => {
  const event = { type: 'order_linked', facts: { number: '40231' } } as const;
  const linked = stored(1, 0, { kind: 'event', event, author: null });
  expect(kinds(lines([linked, stored(2, 0, { orders: ['40231'] })]))).toEqual(['day', 'message']);
  expect(kinds(lines([linked, stored(2, 1)]))).toEqual(['day', 'event', 'message']);
});

test('an own message on its way stands last and is mine', () => {
  const pending: PendingItem = {
    ...{ is: 'pending', key: 'p', clientId: 'c', kind: 'message', body: 'иду' },
    ...{ attachments: [], orderNumbers: [], mentions: [], at: 120_000 },
    ...{ messageState: 'queued', problem: null, files: [], replyTo: null, seenSeq: 1 },
  };
  expect(lines([stored(1, 0), pending]).at(-1)).toMatchObject({
    kind: 'message',
    message: { id: null, state: 'queued', mine: true },
  });
});

test('a change of a message is no line of its own and breaks no run', () => {
  const event = { type: 'edited', facts: { entryId: 'e1', version: 2 } } as const;
  const told = stored(2, 1, { kind: 'event', event, author: manager });
  const found = lines([stored(1, 0), told, stored(3, 2)]);
  expect(kinds(found)).toEqual(['day', 'message', 'message']);
  expect(found[2]).toMatchObject({ next: true });
});

test('own words may be changed within the window, and a deleted message has none', () => {
  const own = { ...mine };
  const [, first, second, third] = lines([
    stored(1, 10, { author: own }),
    stored(2, 11),
    stored(3, 12, { author: own, deletedAt: new Date(0).toISOString(), body: '', version: 2 }),
  ]);
  expect(first).toMatchObject({ message: { changeableUntil: 25 * 60_000, edited: null } });
  expect(second).toMatchObject({ message: { changeableUntil: null } });
  expect(third).toMatchObject({ message: { deleted: true, changeableUntil: null } });
});

test('a change on its way is shown at once, and a refused one keeps its words', () => {
  const change = { clientId: 'c', state: 'queued', problem: null } as const;
  const [, edited] = lines([stored(1, 0, { author: mine }, { ...change, body: 'лучше' })]);
  expect(edited).toMatchObject({
    message: { body: 'лучше', state: 'queued', edited: { at: null }, unsentId: 'c' },
  });
  const [, deleted] = lines([stored(1, 0, { author: mine }, { ...change, body: null })]);
  expect(deleted).toMatchObject({ message: { deleted: true, body: '', attachments: [] } });
});

test('a held message names who answered', () => {
  const problem = {
    ...({ code: 'stale', status: 409, requestId: null } as const),
    facts: { messages: 1, by: 'Денис', lastSeq: 2 },
  } as const;
  const pending: PendingItem = {
    ...{ is: 'pending', key: 'p', clientId: 'c', kind: 'message', body: 'иду' },
    ...{ attachments: [], orderNumbers: [], mentions: [], at: 120_000 },
    ...{ messageState: 'failed', problem, files: [], replyTo: null, seenSeq: 1 },
  };
  expect(lines([stored(1, 0), pending]).at(-1)).toMatchObject({
    message: { stale: { by: 'Денис', seenSeq: 1 }, state: 'failed' },
  });
});

test('only what has changed gets another object, so a new message has no other drawn anew', () => {
  const messages = (found: ReturnType<typeof lines>) =>
    found.flatMap((line) => ('message' in line ? [line.message] : []));
  const entries = [1, 2, 3].map((number) => stored(number, number * 10));
  const before = lines(entries);
  const anew = entries.map((item) => ({ ...item }));
  const edited = stored(2, 20, { body: 'другие слова', editedAt: new Date(0).toISOString() });
  const after = keepUnchanged(lines([...anew, stored(4, 40)]), before);
  expect(messages(after)).toEqual(messages(lines([...entries, stored(4, 40)])));
  messages(before).forEach((message, index) => expect(messages(after)[index]).toBe(message));
  const changed = keepUnchanged(lines([...anew.slice(0, 1), edited, ...anew.slice(2)]), after);
  expect(messages(changed)[0]).toBe(messages(before)[0]);
  expect(messages(changed)[1]).toMatchObject({ body: 'другие слова' });
  expect(messages(changed)[2]).toBe(messages(before)[2]);
});
