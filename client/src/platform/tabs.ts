import { basePath } from './basePath';

/** Part of every name: tabs of two releases that word their letters differently do not talk to each other. */
const LETTERS = 1;
const HEARTBEAT_MS = 1_500;
/** Heartbeats without an answer before a leader counts as frozen: about five seconds. */
const PATIENCE = 3;

/**
 * The tabs of one browser that work for the same session. One of them leads: it alone holds the socket and sends
 * what is queued; the others mirror it and ask it. The leader is the holder of a Web Lock, so a closed or crashed one
 * is followed by the next at once; one that is frozen gives the lock up, or loses it to a tab that somebody looks at.
 *
 * Where a browser has no Web Locks (plain http on a LAN address), every tab leads itself.
 *
 * Something that has one value per tab but is told to the server once (what each tab has open): every tab does
 * `tell('look', look)` whenever it changes and as a heartbeat, every tab keeps what it `hear`s by `from`, and the one
 * that `leads()` tells the server; on `onChange` the new leader does so with what it has heard.
 */
export interface Tabs {
  /** The session this tab works for; null: nobody is signed in. */
  session(): string | null;
  /** True for exactly one tab of a session; true also when nobody is signed in, or when tabs cannot meet. */
  leads(): boolean;
  /** Joins the tabs of this session, leaving those of another. */
  join(session: string): void;
  leave(): void;
  /** Before the page is frozen or put aside: somebody else has to lead. */
  pause(): void;
  resume(): void;
  /** Told after joining and whenever another tab leads, this one or not. */
  onChange(handler: () => void): void;
  /** To all other tabs of the session. `data` must be what a structured clone can carry. */
  tell(topic: string, data: unknown): void;
  /** Hears what other tabs tell, for as long as the page lives. `from` is the id of the telling tab. */
  hear<Data>(topic: string, handler: (data: Data, from: string) => void): void;
  /** Asks the leader. Null: nobody leads, it vanished before the answer, or took longer than `patienceMs`. */
  ask<Answer>(topic: string, data: unknown, patienceMs: number): Promise<Answer | null>;
  /** Answers a topic's questions while this tab leads. The answer must never reject. */
  serve<Data>(topic: string, answer: (data: Data) => Promise<unknown>): void;
}

export interface TabsOptions {
  locks: Pick<LockManager, 'request'> | undefined;
  /** Joins the channel of this name. @throws where the browser forbids it */
  open: (name: string) => BroadcastChannel;
  isVisible: () => boolean;
}

export function createTabs({ locks, open, isVisible }: TabsOptions): Tabs {
  const id = Math.random().toString(36).slice(2);
  const changes = new Set<() => void>();
  const listeners = new Map<string, Set<(event: MessageEvent) => void>>();
  const waiting = new Map<number, (event: MessageEvent | null) => void>();
  const servers = new Map<string, (event: MessageEvent) => Promise<unknown>>();

  let session: string | null = null;
  let channel: BroadcastChannel | null = null;
  let leading = true;
  /** Grows with every try to lead: what an earlier one brings does not count. */
  let turn = 0;
  let giveUp: () => void = () => undefined;
  let heartbeat: ReturnType<typeof setInterval> | undefined;
  let unanswered = 0;
  let questions = 0;

  function join(next: string): void {
    leave();
    session = next;
    enter();
  }

  function enter(): void {
    const name = `otklik ${LETTERS} ${basePath()} ${session}`;
    if (locks) {
      try {
        channel = open(name);
        channel.onmessage = hearLetter;
        leading = false;
        heartbeat = setInterval(() => watch(name), HEARTBEAT_MS);
        seek(name, false);
      } catch (error) {
        console.warn('tabs of this browser cannot meet', error);
      }
    }
    changed();
  }

  /** Waits for the lock, or takes it from a leader that does not answer. */
  function seek(name: string, steal: boolean): void {
    if (!locks) return;
    giveUp();
    const mine = ++turn;
    const wait = new AbortController();
    giveUp = () => wait.abort();
    const hold = () =>
      new Promise<void>((release) => {
        if (mine !== turn) {
          release();
          return;
        }
        giveUp = release;
        tell('lead', null);
        become(true);
      });
    locks.request(name, steal ? { steal } : { signal: wait.signal }, hold).catch(() => {
      if (mine !== turn) return;
      // Either somebody took it from us, or this browser hands out no locks at all.
      const stolen = leading;
      become(!stolen);
      if (stolen) seek(name, false);
    });
  }

  function become(leader: boolean): void {
    leading = leader;
    unanswered = 0;
    changed();
  }

  /** Somebody looks at this tab: its leader has to be alive and well. A hidden tab's clock is too slow to judge. */
  function watch(name: string): void {
    if (leading || !isVisible()) {
      unanswered = 0;
      return;
    }
    if (unanswered >= PATIENCE) {
      seek(name, true);
      return;
    }
    unanswered += 1;
    void ask<boolean>('fit', null, HEARTBEAT_MS).then((fit) => {
      if (fit !== null) unanswered = 0;
      if (fit === false && !leading && channel) seek(name, true);
    });
  }

  function pause(): void {
    if (!channel) return;
    part();
    become(false);
  }
  function resume(): void {
    if (session !== null && !channel && !leading) enter();
  }

  function leave(): void {
    part();
    session = null;
    leading = true;
  }

  function part(): void {
    turn += 1;
    giveUp();
    giveUp = () => undefined;
    clearInterval(heartbeat);
    channel?.close();
    channel = null;
    abandon();
  }

  /** Whoever was asked leads no more. */
  function abandon(): void {
    for (const finish of [...waiting.values()]) finish(null);
  }

  function changed(): void {
    abandon();
    for (const handler of changes) handler();
  }

  function hearLetter(event: MessageEvent): void {
    const { topic, from, to, question } = event.data;
    if (to !== undefined) {
      if (to === id) waiting.get(question)?.(event);
    } else if (topic === 'lead') {
      unanswered = 0;
      changed();
    } else if (question !== undefined) {
      const server = leading ? servers.get(topic) : undefined;
      void server?.(event).then((answer) =>
        channel?.postMessage({ topic, from: id, to: from, question, data: answer }),
      );
    } else {
      for (const listener of listeners.get(topic) ?? []) listener(event);
    }
  }

  function tell(topic: string, data: unknown): void {
    channel?.postMessage({ topic, from: id, data });
  }

  function ask<Answer>(topic: string, data: unknown, patienceMs: number): Promise<Answer | null> {
    const question = ++questions;
    return new Promise((resolve) => {
      if (!channel) return resolve(null);
      const finish = (event: MessageEvent | null) => {
        clearTimeout(timer);
        waiting.delete(question);
        resolve(event ? event.data.data : null);
      };
      const timer = setTimeout(() => finish(null), patienceMs);
      waiting.set(question, finish);
      channel.postMessage({ topic, from: id, question, data });
    });
  }

  const serve: Tabs['serve'] = (topic, answer) =>
    void servers.set(topic, ({ data: letter }) => answer(letter.data));
  serve('fit', async () => true);

  return {
    session: () => session,
    leads: () => leading,
    join,
    leave,
    pause,
    resume,
    onChange: (handler) => void changes.add(handler),
    tell,
    hear(topic, handler) {
      const heard = listeners.get(topic) ?? new Set();
      listeners.set(topic, heard);
      heard.add(({ data: letter }) => handler(letter.data, letter.from));
    },
    ask,
    serve,
  };
}

/** This tab among the tabs of its browser. */
export const tabs = createTabs({
  locks: typeof navigator === 'undefined' ? undefined : navigator.locks,
  open: (name) => new BroadcastChannel(name),
  isVisible: () => document.visibilityState === 'visible',
});
if (typeof addEventListener === 'function') {
  addEventListener('pagehide', tabs.pause);
  addEventListener('pageshow', tabs.resume);
  document.addEventListener('freeze', tabs.pause);
  document.addEventListener('resume', tabs.resume);
}
