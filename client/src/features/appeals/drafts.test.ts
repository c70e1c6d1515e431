import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { createDrafts, NEW_APPEAL } from './drafts';

function aStorage() {
  const held = new Map<string, string>();
  return {
    held,
    get length() {
      return held.size;
    },
    key: (index: number) => [...held.keys()][index] ?? null,
    getItem: (name: string) => held.get(name) ?? null,
    setItem: (name: string, value: string) => void held.set(name, value),
    removeItem: (name: string) => void held.delete(name),
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('is stored within 300 ms and comes back', () => {
  const storage = aStorage();
  const drafts = createDrafts(storage);
  drafts.belongTo('anna');
  drafts.set('one', 'reply', { body: 'hel' });
  drafts.set('one', 'reply', { body: 'hello' });
  expect(drafts.get('one', 'reply')).toEqual({ body: 'hello' });
  vi.advanceTimersByTime(300);
  const again = createDrafts(storage);
  again.belongTo('anna');
  expect(again.get('one', 'reply')).toEqual({ body: 'hello' });
});

it('keeps the modes and the appeals apart', () => {
  const drafts = createDrafts(aStorage());
  drafts.belongTo('anna');
  drafts.set('one', 'reply', { body: 'to the dealer' });
  drafts.set('one', 'note', { body: 'to us' });
  drafts.set(NEW_APPEAL, 'reply', { body: '', typeCode: 'error', orderNumbers: ['40231'] });
  expect(drafts.get('one', 'note')).toEqual({ body: 'to us' });
  expect(drafts.get('two', 'reply')).toBeNull();
  expect(drafts.get(NEW_APPEAL, 'reply')?.orderNumbers).toEqual(['40231']);
});

it('is never shown to another person, and returns to its own', () => {
  const drafts = createDrafts(aStorage());
  drafts.belongTo('anna');
  drafts.set('one', 'reply', { body: 'mine' });
  drafts.belongTo(null);
  expect(drafts.get('one', 'reply')).toBeNull();
  drafts.belongTo('boris');
  expect(drafts.get('one', 'reply')).toBeNull();
  drafts.belongTo('anna');
  expect(drafts.get('one', 'reply')).toEqual({ body: 'mine' });
});

it('goes when nothing is left to keep', () => {
  const storage = aStorage();
  const drafts = createDrafts(storage);
  drafts.belongTo('anna');
  drafts.set('one', 'reply', { body: 'text' });
  drafts.flush();
  drafts.set('one', 'reply', { body: '  ', orderNumbers: [] });
  drafts.flush();
  expect(drafts.get('one', 'reply')).toBeNull();
  expect(storage.held.size).toBe(0);
});

it('reads past what something else has written there', () => {
  const storage = aStorage();
  storage.setItem('otklik.draft.anna.one.reply', '{"text":1}');
  storage.setItem('otklik.draft.anna.two.reply', 'not json');
  const drafts = createDrafts(storage);
  drafts.belongTo('anna');
  expect(drafts.get('one', 'reply')).toBeNull();
  expect(drafts.get('two', 'reply')).toBeNull();
});
