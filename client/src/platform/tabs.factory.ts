import { createTabs, type Tabs, type TabsOptions } from './tabs';

/** What tabs need of a browser's LockManager, for tests: exclusive locks, one holder, a queue, stealing. */
function someLocks(): Pick<LockManager, 'request'> {
  interface Wish {
    grant: () => void;
    refuse: () => void;
  }
  const holders = new Map<string, Wish>();
  const queues = new Map<string, Wish[]>();

  function request(
    name: string,
    options: LockOptions,
    use: LockGrantedCallback<unknown>,
  ): Promise<unknown> {
    const queue = queues.get(name) ?? [];
    queues.set(name, queue);
    const next = () => {
      const first = queue.shift();
      if (first) first.grant();
      else holders.delete(name);
    };
    return new Promise((resolve, reject) => {
      const wish: Wish = {
        grant() {
          holders.set(name, wish);
          void Promise.resolve(use({ name, mode: 'exclusive' })).then((value) => {
            if (holders.get(name) !== wish) return;
            resolve(value);
            next();
          }, reject);
        },
        refuse: () => reject(new DOMException('taken away', 'AbortError')),
      };
      options.signal?.addEventListener('abort', () => {
        const place = queue.indexOf(wish);
        if (place >= 0) queue.splice(place, 1);
        if (holders.get(name) !== wish) wish.refuse();
      });
      if (options.steal) {
        holders.get(name)?.refuse();
        wish.grant();
      } else if (holders.has(name)) queue.push(wish);
      else wish.grant();
    });
  }
  return {
    request: (
      name: string,
      options: LockOptions | LockGrantedCallback<unknown>,
      use?: LockGrantedCallback<unknown>,
    ) =>
      typeof options === 'function'
        ? request(name, {}, options)
        : request(name, options, use ?? (() => undefined)),
  };
}

/** Tabs of one browser, in one process; letters between them are copied and arrive later, in order, as in a browser. */
export function aBrowser() {
  const locks = someLocks();
  const opened: Tabs[] = [];
  return {
    tab(options: Partial<TabsOptions> = {}): Tabs {
      const open = (name: string) => new BroadcastChannel(name);
      const tab = createTabs({ locks, open, isVisible: () => true, ...options });
      opened.push(tab);
      return tab;
    },
    close: () => opened.forEach((tab) => tab.leave()),
  };
}
