import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Offline } from '../../platform/problem';
import { useBoard } from './board.store';

const asked: object[] = [];
let answer: () => unknown = () => undefined;
vi.mock('../../platform/api', () => ({
  call: async (_route: object, input: object) => {
    asked.push(input);
    return answer();
  },
}));
vi.mock('../session', () => import('../session/session.store'));
vi.mock('../../platform/socket', () => ({
  on: () => () => undefined,
  onConnected: () => () => undefined,
  startSocket: async () => undefined,
  stopSocket: () => undefined,
}));

const column = { count: 0, items: [] };
const aBoard = (unassigned: number) => ({
  breached: column,
  risk: column,
  track: column,
  paused: 0,
  unassigned,
  workload: [],
  withinSla: [],
  withinSlaPercent: null,
  at: '',
});

beforeEach(() => {
  vi.useFakeTimers();
  setActivePinia(createPinia());
  asked.length = 0;
  let count = 0;
  answer = () => aBoard((count += 1));
});
afterEach(() => void vi.useRealTimers());

it('follows news within a second, and asks at most once a second', async () => {
  const board = useBoard();
  await board.open();
  for (let ms = 0; ms < 5_000; ms += 50) {
    board.refresh();
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(asked.length).toBeGreaterThanOrEqual(5);
  expect(asked.length).toBeLessThanOrEqual(6);
});

it('asks every 30 s without news, and not at all when it is closed', async () => {
  const board = useBoard();
  await board.open();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(asked).toHaveLength(2);
  board.close();
  board.refresh();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(2);
});

it('keeps the last good data with its time when the connection is away', async () => {
  const board = useBoard();
  await board.open();
  const at = board.loading.at;
  answer = () => {
    throw new Offline(false);
  };
  await vi.advanceTimersByTimeAsync(30_000);
  expect(board.board?.unassigned).toBe(1);
  expect(board.loading).toMatchObject({ state: 'ready', at, problem: { code: 'offline' } });
});

it('does not show rows of other filters', async () => {
  const board = useBoard();
  await board.open();
  answer = () => {
    throw new Offline(false);
  };
  await board.open({ topicId: 'delivery' });
  expect(board.board).toBeNull();
  expect(board.loading.state).toBe('error');
  expect(asked.at(-1)).toEqual({ topicId: 'delivery' });
});
