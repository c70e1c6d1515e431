import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Tabs } from './tabs';
import { aBrowser } from './tabs.factory';

let browser: ReturnType<typeof aBrowser>;
beforeEach(() => {
  vi.stubGlobal('document', { baseURI: 'https://portal.test/base/' });
  browser = aBrowser();
});
afterEach(() => {
  browser.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const leaders = (tabs: Tabs[]) => tabs.filter((tab) => tab.leads()).length;
/** One tab after the other signs in to the same session. */
function tabsOf(session: string, count: number): Tabs[] {
  const tabs = Array.from({ length: count }, () => browser.tab());
  for (const tab of tabs) tab.join(session);
  return tabs;
}

describe('tabs of one session', () => {
  it('have exactly one leader, and the next when it leaves', async () => {
    const [first, second, third] = tabsOf('s', 3) as [Tabs, Tabs, Tabs];
    expect([first, second, third].map((tab) => tab.leads())).toEqual([true, false, false]);
    const heard: string[] = [];
    third.onChange(() => heard.push('third'));
    first.leave();
    await vi.waitFor(() => expect(second.leads()).toBe(true));
    await vi.waitFor(() => expect(heard).toEqual(['third']));
    expect(third.leads()).toBe(false);
  });

  it('do not meet those of another session', async () => {
    const [one] = tabsOf('s', 1) as [Tabs];
    const [other] = tabsOf('t', 1) as [Tabs];
    const heard: unknown[] = [];
    other.hear('word', (word) => heard.push(word));
    const own = browser.tab();
    own.join('s');
    own.hear('word', (word) => heard.push(`own ${String(word)}`));
    one.tell('word', 'hush');
    await vi.waitFor(() => expect(heard).toEqual(['own hush']));
    expect(other.leads()).toBe(true);
  });

  it('each lead themselves where the browser has no locks, or forbids channels', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const poor = [browser.tab({ locks: undefined }), browser.tab({ locks: undefined })];
    const forbidden = browser.tab({
      open: () => {
        throw new DOMException('no', 'SecurityError');
      },
    });
    for (const tab of [...poor, forbidden]) tab.join('s');
    expect(leaders([...poor, forbidden])).toBe(3);
  });

  it('lead themselves when locks are refused', async () => {
    const request = () => Promise.reject(new DOMException('no', 'SecurityError'));
    const tab = browser.tab({ locks: { request } });
    tab.join('s');
    await vi.waitFor(() => expect(tab.leads()).toBe(true));
  });
});

describe('a frozen leader', () => {
  it('gives up before it freezes, and follows when it comes back', async () => {
    const [first, second] = tabsOf('s', 2) as [Tabs, Tabs];
    first.pause();
    expect(first.leads()).toBe(false);
    await vi.waitFor(() => expect(second.leads()).toBe(true));
    first.resume();
    expect(leaders([first, second])).toBe(1);
    second.leave();
    await vi.waitFor(() => expect(first.leads()).toBe(true));
  });

  it('that did not give up is replaced by a visible tab, and notices', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const [first] = tabsOf('s', 1) as [Tabs];
    first.serve('fit', () => new Promise(() => undefined));
    const hidden = browser.tab({ isVisible: () => false });
    const visible = browser.tab();
    hidden.join('s');
    visible.join('s');
    vi.advanceTimersByTime(4_500);
    expect(first.leads()).toBe(true);
    vi.advanceTimersByTime(1_500);
    await vi.waitFor(() => expect(visible.leads()).toBe(true));
    await vi.waitFor(() => expect(first.leads()).toBe(false));
    visible.leave();
    await vi.waitFor(() => expect(leaders([first, hidden])).toBe(1));
  });

  it('is not taken for frozen while it answers', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const [first, second] = tabsOf('s', 2) as [Tabs, Tabs];
    const asked = vi.fn(async () => true);
    first.serve('fit', asked);
    for (let heartbeat = 1; heartbeat <= 8; heartbeat += 1) {
      vi.advanceTimersByTime(1_500);
      await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(heartbeat));
      // The answer is on its way back behind this one.
      await second.ask('line', null, 50);
    }
    expect(first.leads()).toBe(true);
  });

  it('that says it is not fit makes way at once', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const [first, second] = tabsOf('s', 2) as [Tabs, Tabs];
    first.serve('fit', async () => false);
    vi.advanceTimersByTime(1_500);
    await vi.waitFor(() => expect(second.leads()).toBe(true));
    await vi.waitFor(() => expect(first.leads()).toBe(false));
  });
});

describe('a question to the leader', () => {
  it('is answered to the one who asked', async () => {
    const [first, second] = tabsOf('s', 2) as [Tabs, Tabs];
    first.serve('double', async (number: number) => number * 2);
    expect(await second.ask('double', 21, 1_000)).toBe(42);
  });

  it('has no answer when the leader goes meanwhile, nor when it takes too long', async () => {
    const [first, second] = tabsOf('s', 3) as [Tabs, Tabs, Tabs];
    let asked = 0;
    first.serve('slow', () => {
      asked += 1;
      return new Promise(() => undefined);
    });
    expect(await second.ask('slow', null, 20)).toBeNull();
    const answer = second.ask('slow', null, 60_000);
    await vi.waitFor(() => expect(asked).toBe(2));
    first.leave();
    expect(await answer).toBeNull();
  });
});
