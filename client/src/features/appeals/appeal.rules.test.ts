import type { AppealListView, AppealSort } from '@otklik/shared/appeal-lists';
import type { StaffAppeal } from '@otklik/shared/appeals';
import { describe, expect, it } from 'vitest';

import { aClock, aDealerAppeal, aStaffAppeal } from './appeal.factory';
import {
  isInView,
  orderOf,
  passes,
  rowOf,
  slaStateOf,
  sortOf,
  sortsOf,
  timeOf,
  topicsInOrder,
  type AppealRow,
} from './appeal.rules';

const NOW = Date.UTC(2025, 10, 19, 12);
const HOUR = 3_600_000;
const manager = { personId: 'me', side: 'staff' as const };
const visitor = { personId: 'anna', side: 'dealer' as const };
const me = { id: 'me', name: 'Me' };

const staffRow = (fields: Partial<StaffAppeal>, readSeq = 0) =>
  rowOf(
    aStaffAppeal(fields),
    { appealId: fields.id ?? 'appeal-1', seq: readSeq, messages: readSeq, rev: 1 },
    manager,
    NOW,
  );

describe('a row', () => {
  it('counts unread apart from needing a reply, and never below zero', () => {
    const row = rowOf(
      aStaffAppeal({ messages: 3, answerOwedBy: 'dealer' }),
      { appealId: 'appeal-1', seq: 1, messages: 1, rev: 1 },
      manager,
      NOW,
    );
    expect(row).toMatchObject({ unread: 2, needsReply: false });
    expect(staffRow({ messages: 1, answerOwedBy: 'staff' }, 5)).toMatchObject({
      unread: 0,
      needsReply: true,
    });
  });

  it('is marked by a mention until it is read, without becoming bold', () => {
    const mentioned = { mentions: [{ personId: 'me', seq: 4 }], answerOwedBy: null };
    expect(staffRow(mentioned, 3)).toMatchObject({ mentioned: true, needsReply: false });
    expect(staffRow(mentioned, 4).mentioned).toBe(false);
  });
});

describe('the clock of a row', () => {
  it.each([
    ['on track', aClock(NOW + 2 * HOUR, NOW + HOUR), 'track'],
    ['at risk from the warning on', aClock(NOW + HOUR, NOW), 'risk'],
    ['late before the server says so', aClock(NOW - 1), 'breached'],
    ['paused', { ...aClock(NOW), state: 'paused' as const, dueAt: null }, 'paused'],
    ['none', null, 'none'],
  ])('%s', (_name, clock, state) => {
    expect(slaStateOf(aStaffAppeal({ clock }), NOW)).toBe(state);
  });

  it('tells a dealer a late promise', () => {
    const promise = { kind: 'first_response' as const, state: 'running' as const };
    const due = (ms: number) =>
      aDealerAppeal({ promise: { ...promise, dueAt: new Date(ms).toISOString() } });
    expect(slaStateOf(due(NOW + 1), NOW)).toBe('track');
    expect(slaStateOf(due(NOW - 1), NOW)).toBe('breached');
  });
});

describe('views are the server’s', () => {
  const cases: [string, Partial<StaffAppeal>, AppealListView[]][] = [
    ['nobody’s', { answerOwedBy: 'staff' }, ['open', 'queue']],
    ['mine, I owe', { assignee: me, answerOwedBy: 'staff' }, ['open', 'mine', 'owed']],
    ['mine, waiting', { assignee: me, answerOwedBy: 'dealer' }, ['open', 'mine']],
    ['I was pulled in', { assignee: { id: 'x', name: 'X' }, memberIds: ['me'] }, ['open', 'mine']],
    [
      'I was asked',
      { assignee: { id: 'x', name: 'X' }, mentions: [{ personId: 'me', seq: 2 }] },
      ['open', 'mentions', 'owed'],
    ],
    [
      'closed, I was asked',
      { status: 'closed', mentions: [{ personId: 'me', seq: 2 }] },
      ['closed', 'mentions'],
    ],
    ['resolved, mine', { status: 'resolved', assignee: me }, ['closed']],
  ];
  const VIEWS: AppealListView[] = ['open', 'closed', 'mine', 'queue', 'mentions', 'owed'];
  it.each(cases)('%s', (_name, fields, views) => {
    const row = staffRow(fields);
    expect(VIEWS.filter((view) => isInView(row, view, manager))).toEqual(
      VIEWS.filter((view) => views.includes(view)),
    );
  });

  it('a dealer owes only in open appeals', () => {
    const row = (status: 'waiting' | 'closed') =>
      rowOf(aDealerAppeal({ status, answerOwedBy: 'dealer' }), undefined, visitor, NOW);
    expect(isInView(row('waiting'), 'owed', visitor)).toBe(true);
    expect(isInView(row('closed'), 'owed', visitor)).toBe(false);
  });
});

describe('order', () => {
  const late = staffRow({ id: 'late', topicId: 'a', clock: aClock(NOW - HOUR) });
  const risky = staffRow({ id: 'risky', topicId: 'b', clock: aClock(NOW + HOUR, NOW - 1) });
  const owed = staffRow({
    id: 'owed',
    topicId: 'b',
    clock: aClock(NOW + 9 * HOUR),
    answerOwedBy: 'staff',
  });
  const near = staffRow({
    id: 'near',
    topicId: 'c',
    clock: aClock(NOW + 2 * HOUR),
    answerOwedBy: 'dealer',
  });
  const idle = staffRow({ id: 'idle', topicId: 'd', answerOwedBy: 'dealer' });
  const rows = [idle, near, owed, risky, late];

  it('by deadline: breached, at risk, my reply, then the nearest deadline', () => {
    const ids = [...rows].sort(orderOf('deadline')).map(({ appeal }) => appeal.id);
    expect(ids).toEqual(['late', 'risky', 'owed', 'near', 'idle']);
  });

  it('groups stand by their nearest deadline', () => {
    expect(topicsInOrder(rows, 'deadline')).toEqual(['a', 'b', 'c', 'd']);
  });

  it('by the last word: the newest first, groups by their first row', () => {
    const said = (id: string, topicId: string, lastAt: string) =>
      rowOf(aDealerAppeal({ id, topicId, lastAt }), undefined, visitor, NOW);
    const list = [
      said('old', 'a', '2025-11-19T09:00:00.000Z'),
      said('new', 'b', '2025-11-19T11:00:00.000Z'),
      said('mid', 'a', '2025-11-19T10:00:00.000Z'),
    ].sort(orderOf('last'));
    expect(list.map(({ appeal }) => appeal.id)).toEqual(['new', 'mid', 'old']);
    expect(topicsInOrder(list, 'last')).toEqual(['b', 'a']);
  });

  it('by opening: the newest appeal first, however much is said in the others', () => {
    const opened = (id: string, topicId: string, createdAt: string, lastAt: string) =>
      staffRow({ id, topicId, createdAt, lastAt, clock: aClock(NOW - HOUR) });
    const list = [
      opened('old', 'a', '2025-11-17T09:00:00.000Z', '2025-11-19T11:00:00.000Z'),
      opened('new', 'b', '2025-11-19T09:00:00.000Z', '2025-11-19T09:00:00.000Z'),
      opened('mid', 'a', '2025-11-18T09:00:00.000Z', '2025-11-19T10:00:00.000Z'),
    ].sort(orderOf('opened'));
    expect(list.map(({ appeal }) => appeal.id)).toEqual(['new', 'mid', 'old']);
    expect(topicsInOrder(list, 'opened')).toEqual(['b', 'a']);
    expect(list.map(({ appeal }) => timeOf(appeal, 'opened').slice(8, 10))).toEqual([
      '19',
      '18',
      '17',
    ]);
    expect(list.map(({ appeal }) => timeOf(appeal, 'last').slice(11, 13))).toEqual([
      '09',
      '10',
      '11',
    ]);
  });

  it.each<[AppealSort]>([['deadline'], ['last'], ['opened']])(
    'of one moment is by id, from whatever order they came in: %s',
    (sort) => {
      const same = ['c', 'a', 'd', 'b'].map((id) => staffRow({ id }));
      const ids = (from: AppealRow[]) => from.sort(orderOf(sort)).map(({ appeal }) => appeal.id);
      expect(ids([...same])).toEqual(['d', 'c', 'b', 'a']);
      expect(ids([...same].reverse())).toEqual(['d', 'c', 'b', 'a']);
    },
  );

  it('is the chosen one where the view has it, else the view’s own', () => {
    expect(sortOf('mine', 'staff', undefined)).toBe('deadline');
    expect(sortOf('mine', 'staff', 'opened')).toBe('opened');
    expect(sortOf('closed', 'staff', undefined)).toBe('last');
    expect(sortOf('closed', 'staff', 'deadline')).toBe('last');
    expect(sortOf('owed', 'dealer', 'deadline')).toBe('last');
    expect(sortsOf('open', 'dealer')).not.toContain('deadline');
  });
});

it('filters by topic, dealer, words and number', () => {
  const appeal = aStaffAppeal({ no: 1042, subject: 'Пришла не та партия', dealerName: 'Вектор' });
  expect(passes(appeal, { q: 'ПАРТИЯ' })).toBe(true);
  expect(passes(appeal, { q: '№1042' })).toBe(true);
  expect(passes(appeal, { q: 'вектор' })).toBe(true);
  expect(passes(appeal, { q: 'кофе' })).toBe(false);
  expect(passes(appeal, { topicId: 'prices' })).toBe(false);
  expect(passes(appeal, { dealerId: 'dealer', topicId: 'delivery' })).toBe(true);
});
