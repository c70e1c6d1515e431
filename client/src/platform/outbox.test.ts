import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createOutbox, memoryStorage, type Fate, type Unsent } from './outbox';
import { Offline, Refusal } from './problem';

type Behaviour = (text: string) => Promise<string>;

const refused = (
  status: number,
  code: 'internal' | 'not_found' | 'not_signed_in' | 'portal_closed',
) =>
  new Refusal({
    code,
    status,
    facts:
      code === 'not_found'
        ? { what: 'appeal' }
        : code === 'portal_closed'
          ? { message: { ru: '', en: '' } }
          : {},
    requestId: 'r',
  });

function anOutbox(
  options: { online?: () => boolean; storage?: ReturnType<typeof memoryStorage<string>> } = {},
) {
  const storage = options.storage ?? memoryStorage<string>();
  const sent: string[] = [];
  const fates: [string, Fate<string>['state']][] = [];
  let behaviour: Behaviour = async (text) => `answer to ${text}`;
  const outbox = createOutbox<string, string>({
    storage,
    send: (text) => {
      sent.push(text);
      return behaviour(text);
    },
    settled: ({ command }: Unsent<string>, fate) => fates.push([command, fate.state]),
    isOnline: options.online ?? (() => true),
    now: () => Date.now(),
  });
  const add = (text: string, lane = 'a') => outbox.add({ clientId: text, lane, command: text });
  const states = () => [...outbox.items.values()].map(({ command, state }) => [command, state]);
  return {
    outbox,
    storage,
    sent,
    fates,
    add,
    states,
    behave: (next: Behaviour) => (behaviour = next),
  };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the outbox', () => {
  it('shows a command at once and stores it before the first try', async () => {
    const { outbox, storage, sent, add, states } = anOutbox();
    await outbox.start('anna');
    add('one');
    expect(states()).toEqual([['one', 'queued']]);
    expect(sent).toEqual([]);
    expect(await storage.has('one')).toBe(true);
    await settle();
    expect(sent).toEqual(['one']);
    expect(states()).toEqual([]);
    expect(await storage.has('one')).toBe(false);
  });

  it('keeps the order within a lane and never has two in flight there', async () => {
    const { outbox, sent, add, behave, states } = anOutbox();
    await outbox.start('anna');
    const waiting: (() => void)[] = [];
    behave((text) => new Promise((resolve) => waiting.push(() => resolve(text))));
    add('one');
    add('two');
    add('other', 'b');
    await settle();
    expect(sent).toEqual(['one', 'other']);
    expect(states()).toContainEqual(['one', 'sending']);
    waiting[0]!();
    await settle();
    expect(sent).toEqual(['one', 'other', 'two']);
  });

  it('retries with growing pauses and the same id, and later ones wait for it', async () => {
    const online = { now: false };
    const { outbox, sent, add, behave, states, fates } = anOutbox({ online: () => online.now });
    await outbox.start('anna');
    behave(() => Promise.reject(new Offline(false)));
    add('one');
    add('two');
    await settle();
    expect(sent).toEqual(['one']);
    for (const pause of [1_000, 2_000, 5_000, 10_000, 30_000, 30_000]) {
      const before = sent.length;
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(sent).toHaveLength(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(sent).toHaveLength(before + 1);
    }
    expect(new Set(sent)).toEqual(new Set(['one']));
    expect(states()).toEqual([
      ['one', 'queued'],
      ['two', 'queued'],
    ]);
    expect(fates).toContainEqual(['one', 'waiting']);
    behave(async (text) => text);
    outbox.wake();
    await settle();
    expect(sent.slice(-2)).toEqual(['one', 'two']);
    expect(states()).toEqual([]);
  });

  it('gives up after five tries while online', async () => {
    const { outbox, sent, add, behave, states } = anOutbox();
    await outbox.start('anna');
    behave(() => Promise.reject(refused(500, 'internal')));
    add('one');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toHaveLength(5);
    expect(states()).toEqual([['one', 'failed']]);
  });

  it('a day without a connection costs nothing, a week does', async () => {
    const { outbox, sent, add, behave, states } = anOutbox({ online: () => false });
    await outbox.start('anna');
    behave(() => Promise.reject(new Offline(false)));
    add('one');
    await vi.advanceTimersByTimeAsync(25 * 60 * 60_000);
    expect(states()).toEqual([['one', 'queued']]);
    sent.length = 0;
    behave(async (text) => text);
    outbox.wake();
    await settle();
    expect(sent).toEqual(['one']);
    behave(() => Promise.reject(new Offline(false)));
    add('two');
    await settle();
    vi.setSystemTime(Date.now() + 8 * 24 * 60 * 60_000);
    outbox.wake();
    await settle();
    expect(states()).toEqual([['two', 'failed']]);
  });

  it('a lost network is no try, whatever the socket believes', async () => {
    const { outbox, add, behave, states } = anOutbox();
    await outbox.start('anna');
    behave(() => Promise.reject(new Offline(false)));
    add('one');
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(states()).toEqual([['one', 'queued']]);
  });

  it('fails at once on a clear refusal, does not hold up the rest, and sends again on request', async () => {
    const { outbox, storage, sent, add, behave, states, fates } = anOutbox();
    await outbox.start('anna');
    behave((text) =>
      text === 'one' ? Promise.reject(refused(404, 'not_found')) : Promise.resolve(text),
    );
    add('one');
    add('two');
    await settle();
    expect(states()).toEqual([['one', 'failed']]);
    expect(outbox.items.get('one')?.problem?.code).toBe('not_found');
    expect(fates).toEqual([
      ['one', 'failed'],
      ['two', 'delivered'],
    ]);
    behave(async (text) => text);
    outbox.retry('one');
    await settle();
    expect(sent).toEqual(['one', 'two', 'one']);
    expect(states()).toEqual([]);
    expect(await storage.has('one')).toBe(false);
  });

  it('takes a command out for editing, for good', async () => {
    const { outbox, storage, add, behave, states } = anOutbox();
    await outbox.start('anna');
    behave(() => Promise.reject(refused(404, 'not_found')));
    add('one');
    await settle();
    expect(outbox.discard('one')).toBe('one');
    expect(states()).toEqual([]);
    await settle();
    expect(await storage.has('one')).toBe(false);
  });

  it('waits for the same person when the session is over, and shows nothing to another', async () => {
    const storage = memoryStorage<string>();
    const first = anOutbox({ storage });
    await first.outbox.start('anna');
    first.behave(() => Promise.reject(refused(401, 'not_signed_in')));
    first.add('one');
    await settle();
    expect(first.states()).toEqual([['one', 'queued']]);
    first.outbox.stop();
    expect(first.states()).toEqual([]);
    await first.outbox.start('boris');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(first.states()).toEqual([]);
    expect(first.sent).toEqual(['one']);
    first.behave(async (text) => text);
    await first.outbox.start('anna');
    await settle();
    expect(first.sent).toEqual(['one', 'one']);
    expect(await storage.has('one')).toBe(false);
  });

  it('waits however long the portal is closed, without counting tries, in order', async () => {
    const { outbox, add, behave, states, sent } = anOutbox();
    await outbox.start('anna');
    behave(() => Promise.reject(refused(503, 'portal_closed')));
    add('one');
    add('two');
    await settle();
    await vi.advanceTimersByTimeAsync(2 * 24 * 60 * 60_000);
    expect(states()).toEqual([
      ['one', 'queued'],
      ['two', 'queued'],
    ]);
    const tried = sent.length;
    expect(tried).toBeGreaterThan(5);
    behave(async (text) => text);
    outbox.wake();
    await settle();
    expect(sent.slice(tried)).toEqual(['one', 'two']);
    expect(states()).toEqual([]);
  });

  it('an answer for the person before does not touch the one after', async () => {
    const { outbox, add, behave, fates } = anOutbox();
    await outbox.start('anna');
    let answer = (_text: string) => {};
    behave(() => new Promise((resolve) => (answer = resolve)));
    add('one');
    await settle();
    await outbox.start('boris');
    answer('late');
    await settle();
    expect(fates).toEqual([]);
  });

  it('takes over what a closed page left, in order, and drops what another tab has settled', async () => {
    const storage = memoryStorage<string>();
    const before = anOutbox({ storage, online: () => false });
    await before.outbox.start('anna');
    before.behave(() => new Promise(() => {}));
    before.add('one');
    before.add('two');
    before.add('three');
    await settle();
    before.outbox.stop();
    const after = anOutbox({ storage });
    const started = after.outbox.start('anna');
    await storage.remove('two');
    await started;
    await settle();
    expect(after.sent).toEqual(['one', 'three']);
    expect(after.states()).toEqual([]);
  });

  it('sends although nothing can be stored', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const broken = () => Promise.reject(new Error('no space'));
    const { outbox, sent, add } = anOutbox({
      storage: { list: broken, has: broken, put: broken, remove: broken },
    });
    await outbox.start('anna');
    add('one');
    await settle();
    expect(sent).toEqual(['one']);
  });
});
