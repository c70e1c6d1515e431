import type { AppealPresence } from '@otklik/shared/presence';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { effectScope, nextTick, ref } from 'vue';

import { Refusal } from '../../platform/problem';
import { usePresenceStore } from './presence.store';
import { usePresence } from './usePresence';

/* The line to the server: what was said over it, and what comes from it. */
const line = vi.hoisted(() => ({
  said: [] as { appealId: string | null; writes: string | null }[],
  answer: (): unknown => null,
  news: (_presence: unknown): void => undefined,
  connected: (): void => undefined,
}));
vi.mock('../../platform/socket', () => ({
  on: (_event: string, handler: (presence: unknown) => void) => (line.news = handler),
  onConnected: (handler: () => void) => {
    line.connected = handler;
    return () => undefined;
  },
  askSocket: async (_event: string, input: { appealId: string | null; writes: string | null }) => {
    line.said.push({ appealId: input.appealId, writes: input.writes });
    const value = line.answer();
    return value === null ? null : { value };
  },
}));
vi.mock('../session', () => ({ useSession: () => ({ personId: 'me', side: 'staff' }) }));

const page = vi.hoisted(() => ({ visibilityState: 'visible', changed: (): void => undefined }));
const somebody = (appealId: string, name = 'Ольга'): AppealPresence => ({
  appealId,
  present: [{ person: { id: name, name }, side: 'staff', views: true, writes: null }],
  at: new Date().toISOString(),
});

beforeEach(() => {
  vi.useFakeTimers();
  setActivePinia(createPinia());
  vi.stubGlobal('document', {
    get visibilityState() {
      return page.visibilityState;
    },
    addEventListener: (_event: string, handler: () => void) => (page.changed = handler),
    removeEventListener: () => undefined,
  });
  page.visibilityState = 'visible';
  line.said.length = 0;
  line.answer = () => null;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function open(appealId: string | null) {
  const id = ref(appealId);
  const scope = effectScope();
  const presence = scope.run(() => usePresence(() => id.value))!;
  return { id, scope, ...presence };
}

describe('what is told', () => {
  it('opening, a sign of life every 15 s, going elsewhere, leaving', async () => {
    const { id, scope } = open('a');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(line.said).toEqual([
      { appealId: 'a', writes: null },
      { appealId: 'a', writes: null },
      { appealId: 'a', writes: null },
    ]);
    line.said.length = 0;
    id.value = 'b';
    await nextTick();
    scope.stop();
    expect(line.said).toEqual([
      { appealId: 'b', writes: null },
      { appealId: null, writes: null },
    ]);
  });

  it('typing at most every 2 s while keys are pressed, and that it has ended', async () => {
    const { typed, stopped } = open('a');
    line.said.length = 0;
    for (let press = 0; press < 25; press += 1) {
      typed('reply');
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(line.said).toEqual(
      Array.from({ length: 3 }, () => ({ appealId: 'a', writes: 'reply' })),
    );
    typed('note');
    stopped();
    stopped();
    expect(line.said.slice(3).map(({ writes }) => writes)).toEqual(['note', null]);
  });

  it('a sign of life long after the last key says nothing of typing', async () => {
    const { typed } = open('a');
    typed('reply');
    await vi.advanceTimersByTimeAsync(15_000);
    expect(line.said.at(-1)).toEqual({ appealId: 'a', writes: null });
  });

  it('nothing while nobody looks at the tab, everything when somebody does again', async () => {
    const { typed } = open('a');
    page.visibilityState = 'hidden';
    page.changed();
    expect(line.said.at(-1)).toEqual({ appealId: null, writes: null });
    line.said.length = 0;
    await vi.advanceTimersByTimeAsync(60_000);
    typed('reply');
    expect(line.said.every(({ appealId }) => appealId === null)).toBe(true);
    page.visibilityState = 'visible';
    page.changed();
    expect(line.said.at(-1)?.appealId).toBe('a');
  });

  it('all of it again on a new connection', () => {
    open('a');
    line.said.length = 0;
    line.connected();
    expect(line.said).toEqual([{ appealId: 'a', writes: null }]);
  });
});

describe('what is held', () => {
  it('answers and news, of the open appeal only', async () => {
    line.answer = () => somebody('a');
    const { present, id } = open('a');
    await vi.advanceTimersByTimeAsync(0);
    expect(present.value).toEqual(somebody('a').present);
    line.news(somebody('a', 'Анна'));
    expect(present.value[0]?.person?.name).toBe('Анна');
    line.news(somebody('b'));
    expect(usePresenceStore().at('b')).toEqual([]);
    line.answer = () => null;
    id.value = 'b';
    await nextTick();
    expect(present.value).toEqual([]);
    expect(usePresenceStore().at('a')).toEqual([]);
  });

  it('counts for nothing after a minute without word', async () => {
    const { present } = open('a');
    line.news(somebody('a'));
    await vi.advanceTimersByTimeAsync(59_000);
    expect(present.value).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(present.value).toEqual([]);
  });

  it('goes when the appeal is not the viewer’s any more', async () => {
    const { present } = open('a');
    line.news(somebody('a'));
    line.answer = () => {
      throw new Refusal({
        code: 'not_found',
        facts: { what: 'appeal' },
        status: 404,
        requestId: 'r',
      });
    };
    line.connected();
    await vi.advanceTimersByTimeAsync(0);
    expect(present.value).toEqual([]);
  });
});
