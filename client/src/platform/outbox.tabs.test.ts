import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createOutbox, memoryStorage, type Fate, type OutboxStorage } from './outbox';
import { Refusal } from './problem';
import type { Tabs } from './tabs';
import { aBrowser } from './tabs.factory';

const notFound = () =>
  Promise.reject(
    new Refusal({ code: 'not_found', status: 404, facts: { what: 'appeal' }, requestId: 'r' }),
  );
const never = () => new Promise<string>(() => undefined);
const delivers = async (text: string) => text;

describe('tabs with one queue', () => {
  let browser: ReturnType<typeof aBrowser>;
  beforeEach(() => {
    vi.stubGlobal('document', { baseURI: 'https://portal.test/' });
    browser = aBrowser();
  });
  afterEach(() => {
    browser.close();
    vi.unstubAllGlobals();
  });

  async function aTab(storage: OutboxStorage<string>, mayGo?: () => boolean) {
    const tabs = browser.tab();
    tabs.join('session');
    const sent: string[] = [];
    const fates: [string, Fate<string>['state']][] = [];
    let behaviour: (text: string) => Promise<string> = delivers;
    const outbox = createOutbox<string, string>({
      storage,
      send(text) {
        sent.push(text);
        return behaviour(text);
      },
      settled: ({ command }, fate) => fates.push([command, fate.state]),
      isOnline: () => true,
      now: () => Date.now(),
      mayGo,
      tabs,
    });
    await outbox.start('anna');
    return {
      tabs,
      outbox,
      sent,
      fates,
      add: (text: string) => outbox.add({ clientId: text, lane: 'a', command: text }),
      states: () => [...outbox.items.values()].map(({ command, state }) => [command, state]),
      behave: (next: typeof behaviour) => (behaviour = next),
    };
  }

  /** Everything this tab has told has been heard: letters arrive in order. */
  const settledLetters = (tab: Tabs) => tab.ask('fit', null, 1_000);

  it('send only from the leader, show the same everywhere, and answer where it was asked', async () => {
    const storage = memoryStorage<string>();
    const leader = await aTab(storage);
    const follower = await aTab(storage);
    const third = await aTab(storage);
    let answer = (_text: string) => {};
    leader.behave(() => new Promise((resolve) => (answer = resolve)));
    follower.add('one');
    follower.add('two');
    expect(follower.states()).toHaveLength(2);
    await vi.waitFor(() => {
      for (const tab of [leader, follower, third]) {
        expect(tab.states()).toEqual([
          ['one', 'sending'],
          ['two', 'queued'],
        ]);
      }
    });
    leader.behave(delivers);
    answer('yes');
    await vi.waitFor(() => {
      for (const tab of [leader, follower, third]) {
        expect(tab.states()).toEqual([]);
        expect(tab.fates).toEqual([
          ['one', 'delivered'],
          ['two', 'delivered'],
        ]);
      }
    });
    expect(leader.sent).toEqual(['one', 'two']);
    expect([...follower.sent, ...third.sent]).toEqual([]);
  });

  it('go on with the queue of a leader that is gone, in order, and lose nothing', async () => {
    const storage = memoryStorage<string>();
    const leader = await aTab(storage);
    const follower = await aTab(storage);
    leader.behave(never);
    const texts = Array.from({ length: 20 }, (_, index) => `${index}`);
    for (const text of texts) follower.add(text);
    await vi.waitFor(() => expect(follower.states()[0]).toEqual(['0', 'sending']));
    leader.tabs.leave();
    await vi.waitFor(() => expect(follower.sent).toEqual(texts));
    await vi.waitFor(() => expect(follower.states()).toEqual([]));
    expect(await storage.list('anna')).toEqual([]);
  });

  it('hand over even what could not be stored', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const broken = () => Promise.reject(new Error('no space'));
    const storage = { list: broken, has: broken, put: broken, remove: broken };
    const leader = await aTab(storage);
    const follower = await aTab(storage);
    leader.behave(never);
    follower.add('one');
    await vi.waitFor(() => expect(leader.sent).toEqual(['one']));
    leader.tabs.leave();
    await vi.waitFor(() => expect(follower.sent).toEqual(['one']));
  });

  it('retry, change and take out what another tab was given', async () => {
    const storage = memoryStorage<string>();
    const leader = await aTab(storage);
    const follower = await aTab(storage);
    leader.behave(notFound);
    leader.add('one');
    leader.add('two');
    await vi.waitFor(() =>
      expect(follower.states()).toEqual([
        ['one', 'failed'],
        ['two', 'failed'],
      ]),
    );
    expect(follower.outbox.discard('two')).toBe('two');
    await vi.waitFor(() => expect(leader.states()).toEqual([['one', 'failed']]));
    leader.behave(delivers);
    follower.outbox.change('one', 'better');
    await vi.waitFor(() => expect(leader.sent).toEqual(['one', 'two', 'better']));
    await vi.waitFor(() => expect(follower.states()).toEqual([]));
    leader.behave(notFound);
    follower.add('three');
    await vi.waitFor(() => expect(follower.states()).toEqual([['three', 'failed']]));
    leader.behave(delivers);
    follower.outbox.retry('three');
    await vi.waitFor(() => expect(follower.states()).toEqual([]));
    expect(follower.sent).toEqual([]);
  });

  it('wait for a tab whose thread has a gap', async () => {
    const storage = memoryStorage<string>();
    const leader = await aTab(storage);
    let known = false;
    const follower = await aTab(storage, () => known);
    follower.add('one');
    await vi.waitFor(() => expect(leader.states()).toEqual([['one', 'queued']]));
    await settledLetters(follower.tabs);
    expect(leader.sent).toEqual([]);
    known = true;
    follower.outbox.nudge('a');
    await vi.waitFor(() => expect(leader.sent).toEqual(['one']));
  });

  it('keep the queues of two people apart', async () => {
    const storage = memoryStorage<string>();
    const leader = await aTab(storage);
    const follower = await aTab(storage);
    await leader.outbox.start('boris');
    follower.add('one');
    await settledLetters(follower.tabs);
    expect(leader.states()).toEqual([]);
    expect(leader.sent).toEqual([]);
  });
});
