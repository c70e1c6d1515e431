import type { DraftView } from '@otklik/shared/drafts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createDrafts, draftOwner, NEW_APPEAL, type Draft } from './drafts';

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

const view = (rev: number, content: Draft | null, fields: Partial<DraftView> = {}): DraftView => ({
  appealId: 'one',
  mode: 'reply',
  pendingId: null,
  content,
  rev,
  sessionId: 'other',
  at: '2026-11-22T10:00:00Z',
  ...fields,
});
const place = { appealId: 'one', mode: 'reply' } as const;
function annas(storage = aStorage()) {
  const drafts = createDrafts(storage);
  drafts.belongTo('anna');
  return drafts;
}

describe('with the server', () => {
  it('takes what another session wrote, and never an older word', () => {
    const drafts = annas();
    drafts.merge(view(5, { body: 'from the phone' }));
    drafts.merge(view(4, { body: 'older' }));
    expect(drafts.get('one', 'reply')).toEqual({ body: 'from the phone' });
    drafts.merge(view(6, null));
    expect(drafts.get('one', 'reply')).toBeNull();
  });

  it('keeps words typed here and not saved yet, and counts on from the newer revision', () => {
    const drafts = annas();
    drafts.set('one', 'reply', { body: 'typed without a connection' });
    drafts.merge(view(5, { body: 'from the phone' }));
    expect(drafts.get('one', 'reply')).toEqual({ body: 'typed without a connection' });
    expect(drafts.unsaved()).toEqual([place]);
    drafts.saved(place, { body: 'typed without a connection' }, 6);
    expect(drafts.held(place)).toMatchObject({ rev: 6, unsaved: false });
  });

  it('that heard of a later change before its own answer tells its words once more', () => {
    const drafts = annas();
    drafts.set('one', 'reply', { body: 'mine' });
    drafts.merge(view(6, { body: 'theirs' }));
    drafts.saved(place, { body: 'mine' }, 5);
    expect(drafts.held(place)).toEqual({ draft: { body: 'mine' }, rev: 6, unsaved: true });
  });

  it('knows its own words when they come back, whatever was typed since', () => {
    const drafts = annas();
    drafts.writeIn(place);
    drafts.set('one', 'reply', { body: 'hello' });
    drafts.merge(view(5, { body: 'hel' }), true);
    expect(drafts.isChangedElsewhere('one', 'reply')).toBe(false);
    expect(drafts.held(place)).toEqual({ draft: { body: 'hello' }, rev: 5, unsaved: true });
    drafts.merge(view(6, { body: 'hello', orderNumbers: [] }));
    expect(drafts.held(place)).toMatchObject({ rev: 6, unsaved: false });
  });

  it('asks before it changes a field that is being written in', () => {
    const drafts = annas();
    drafts.merge(view(5, { body: 'text' }));
    drafts.writeIn(place);
    drafts.merge(view(6, { body: 'other text' }));
    expect(drafts.get('one', 'reply')).toEqual({ body: 'text' });
    expect(drafts.isChangedElsewhere('one', 'reply')).toBe(true);
    drafts.resolve('one', 'reply', 'take');
    expect(drafts.held(place)).toEqual({ draft: { body: 'other text' }, rev: 6, unsaved: false });

    drafts.merge(view(7, { body: 'third text' }));
    drafts.resolve('one', 'reply', 'leave');
    expect(drafts.held(place)).toEqual({ draft: { body: 'other text' }, rev: 7, unsaved: true });
    expect(drafts.isChangedElsewhere('one', 'reply')).toBe(false);
  });

  it.each([
    ['an empty field', '', place],
    ['another mode', 'text', { appealId: 'one', mode: 'note' } as const],
    ['another appeal', 'text', { appealId: 'two', mode: 'reply' } as const],
  ])('does not ask for the sake of %s', (_name, body, writing) => {
    const drafts = annas();
    drafts.merge(view(5, { body }));
    drafts.writeIn(writing);
    drafts.merge(view(6, { body: 'other text' }));
    expect(drafts.get('one', 'reply')).toEqual({ body: 'other text' });
    expect(drafts.isChangedElsewhere('one', 'reply')).toBe(false);
  });

  it('sending the own words does not throw away the other session’s', () => {
    const drafts = annas();
    drafts.writeIn(place);
    drafts.set('one', 'reply', { body: 'mine' });
    drafts.merge(view(6, { body: 'theirs' }));
    drafts.set('one', 'reply', null);
    expect(drafts.held(place)).toEqual({ draft: { body: 'theirs' }, rev: 6, unsaved: false });
  });

  it('remembers over a reload what the server does not know yet, also that a draft is gone', () => {
    const storage = aStorage();
    const drafts = annas(storage);
    drafts.merge(view(5, { body: 'text' }));
    drafts.set('one', 'reply', null);
    drafts.set('two', 'note', { body: 'new' });
    drafts.flush();
    const again = annas(storage);
    expect(again.unsaved()).toEqual(
      expect.arrayContaining([place, { appealId: 'two', mode: 'note' }]),
    );
    expect(again.held(place)).toEqual({ draft: null, rev: 5, unsaved: true });
    again.saved(place, null, 6);
    again.flush();
    expect([...storage.held.keys()]).toEqual(['otklik.draft.anna.two.note']);
  });
});

describe('whose drafts a session shows', () => {
  const person = {
    id: 'p',
    login: '',
    name: 'A.B',
    jobTitle: '',
    role: 'dealer',
    side: 'dealer',
  } as const;
  const session = {
    ...{
      id: 's',
      nameNeeded: false,
      enrolmentNeeded: false,
      signedOn: false,
      shared: false,
      severalAllowed: true,
    },
    ...{ remembered: true, expiresAt: '' },
  };
  it('the person’s; with a shared login those of the name; without a name, or while an admin looks as him, nobody’s', () => {
    expect(draftOwner(null)).toBeNull();
    expect(draftOwner({ person, session })).toBe('p');
    expect(
      draftOwner({ person, session: { ...session, shared: true, nameNeeded: true } }),
    ).toBeNull();
    expect(draftOwner({ person, session, viewing: { by: 'A', endsAt: '' } })).toBeNull();
    const ab = draftOwner({ person, session: { ...session, shared: true } });
    const a = draftOwner({
      person: { ...person, name: 'A' },
      session: { ...session, shared: true },
    });
    const storage = aStorage();
    const drafts = createDrafts(storage);
    drafts.belongTo(ab);
    drafts.set('one', 'reply', { body: 'of A.B' });
    drafts.belongTo(a);
    expect(drafts.unsaved()).toEqual([]);
    drafts.belongTo(ab);
    expect(drafts.get('one', 'reply')).toEqual({ body: 'of A.B' });
  });
});
