import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { shallowReactive } from 'vue';

import { isPassing, troubleOf, type Trouble } from './problem';

/** A command that was given and not yet answered. Replaced as a whole on every change, never edited in place. */
export interface Unsent<Command> {
  /** Chosen once per press of a button; the same on every try, so a repeat is never a double. */
  readonly clientId: string;
  readonly personId: string;
  /** Commands of one lane go one after the other, in the order in which they were given. */
  readonly lane: string;
  readonly command: Command;
  /** ms, server's clock; also the order within the lane. */
  readonly createdAt: number;
  /** Tries that failed while the connection was there. */
  readonly tries: number;
  readonly state: 'queued' | 'sending' | 'failed';
  readonly problem: Trouble | null;
}

/** Where unsent commands survive a reload. */
export interface OutboxStorage<Command> {
  list(personId: string): Promise<Unsent<Command>[]>;
  has(clientId: string): Promise<boolean>;
  put(unsent: Unsent<Command>): Promise<void>;
  remove(clientId: string): Promise<void>;
}

/** How one command fared: answered, still to be sent, or refused for good. */
export type Fate<Answer> =
  | { state: 'delivered'; answer: Answer }
  | { state: 'waiting' }
  | { state: 'failed'; problem: Trouble };

export interface OutboxOptions<Command, Answer> {
  storage: OutboxStorage<Command>;
  /** @throws Refusal, Offline */
  send: (command: Command, clientId: string) => Promise<Answer>;
  /** Told after every try, and when a command is taken over from an earlier life of the page and settles. */
  settled: (unsent: Unsent<Command>, fate: Fate<Answer>) => void;
  /** The connection is there: a failure now says something about the command. */
  isOnline: () => boolean;
  /** ms, server's clock */
  now: () => number;
}

export interface Outbox<Command> {
  /** By clientId; reactive. Only the person's own. */
  readonly items: ReadonlyMap<string, Unsent<Command>>;
  /** Takes over what this person left behind and sends it. */
  start(personId: string): Promise<void>;
  /** Forgets everything in memory; what is stored waits for the same person. */
  stop(): void;
  /** The command is in `items` when this returns, then stored, then sent. */
  add(given: { clientId: string; lane: string; command: Command }): void;
  /** Sends a failed command again, as the last of its lane. */
  retry(clientId: string): void;
  /** Takes a command out for good and answers it (Edit, Delete). */
  discard(clientId: string): Command | null;
  /** The connection is back: no more waiting. */
  wake(): void;
}

const PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 30_000] as const;
const LAST_PAUSE_MS = 30_000;
const MAX_TRIES = 5;
const MAX_AGE_MS = 24 * 60 * 60_000;

/** The queue of commands on their way to the server (STA-6). */
export function createOutbox<Command, Answer>(
  options: OutboxOptions<Command, Answer>,
): Outbox<Command> {
  const { storage, send, settled, isOnline, now } = options;
  const items = shallowReactive(new Map<string, Unsent<Command>>());
  let personId: string | null = null;
  /** Grows with every start and stop: what began before must not touch what came after. */
  let era = 0;
  const busy = new Set<string>();
  const pauses = new Map<string, ReturnType<typeof setTimeout>>();
  const attempts = new Map<string, number>();
  /** May have been answered or deleted by another tab since it was stored. */
  const doubtful = new Set<string>();

  async function start(person: string): Promise<void> {
    stop();
    personId = person;
    const mine = era;
    const stored = await kept(storage.list(person), []);
    if (mine !== era) return;
    for (const unsent of stored) {
      if (items.has(unsent.clientId)) continue;
      doubtful.add(unsent.clientId);
      items.set(unsent.clientId, {
        ...unsent,
        state: unsent.state === 'failed' ? 'failed' : 'queued',
      });
    }
    wake();
  }

  function stop(): void {
    era += 1;
    personId = null;
    items.clear();
    busy.clear();
    attempts.clear();
    doubtful.clear();
    for (const pause of pauses.values()) clearTimeout(pause);
    pauses.clear();
  }

  function add({ clientId, lane, command }: Parameters<Outbox<Command>['add']>[0]): void {
    if (personId === null) throw new Error('the outbox belongs to nobody yet');
    const unsent: Unsent<Command> = {
      clientId,
      personId,
      lane,
      command,
      createdAt: lastMoment(),
      tries: 0,
      state: 'queued',
      problem: null,
    };
    items.set(clientId, unsent);
    const mine = era;
    // Stored before the first try: a page closed in between loses nothing.
    void kept(storage.put(unsent), undefined).then(() => {
      if (mine === era) pump(lane);
    });
  }

  /** Rising, so that two commands within one millisecond keep their order. */
  function lastMoment(): number {
    return Math.max(now(), ...[...items.values()].map((one) => one.createdAt + 1));
  }

  function retry(clientId: string): void {
    const unsent = items.get(clientId);
    if (unsent?.state !== 'failed') return;
    attempts.delete(clientId);
    doubtful.add(clientId);
    keep({ ...unsent, state: 'queued', tries: 0, problem: null, createdAt: lastMoment() });
    pump(unsent.lane);
  }

  function discard(clientId: string): Command | null {
    const unsent = items.get(clientId);
    if (!unsent) return null;
    forget(clientId);
    return unsent.command;
  }

  function wake(): void {
    for (const pause of pauses.values()) clearTimeout(pause);
    pauses.clear();
    attempts.clear();
    for (const lane of new Set([...items.values()].map((one) => one.lane))) pump(lane);
  }

  function pump(lane: string): void {
    if (personId === null || busy.has(lane) || pauses.has(lane)) return;
    const next = [...items.values()]
      .filter((one) => one.lane === lane && one.state === 'queued')
      .sort((a, b) => a.createdAt - b.createdAt)[0];
    if (!next) return;
    busy.add(lane);
    const mine = era;
    void attempt(next, mine).finally(() => {
      if (mine !== era) return;
      busy.delete(lane);
      pump(lane);
    });
  }

  async function attempt(unsent: Unsent<Command>, mine: number): Promise<void> {
    const { clientId } = unsent;
    if (doubtful.delete(clientId)) {
      const there = await kept(storage.has(clientId), true);
      if (mine !== era || !items.has(clientId)) return;
      if (!there) {
        items.delete(clientId);
        return;
      }
    }
    if (now() - unsent.createdAt > MAX_AGE_MS) {
      const problem: Trouble = { code: 'timeout', facts: {}, status: 0, requestId: null };
      fail(unsent, unsent.problem ?? problem);
      return;
    }
    items.set(clientId, { ...unsent, state: 'sending' });
    try {
      const answer = await send(unsent.command, clientId);
      if (mine !== era) return;
      const last = items.get(clientId) ?? unsent;
      // The answer is put where the screen looks before the unsent bubble goes: nothing blinks.
      settled(last, { state: 'delivered', answer });
      forget(clientId);
    } catch (error) {
      const problem = troubleOf(error);
      if (mine !== era || !items.has(clientId)) return;
      later(unsent, problem);
    }
  }

  /** The try failed: now or never, or once more after a pause. */
  function later(unsent: Unsent<Command>, problem: Trouble): void {
    const { clientId, lane } = unsent;
    // Signed out: the command waits for the same person.
    if (problem.status === 401) {
      keep({ ...unsent, state: 'queued' });
      rest(lane, LAST_PAUSE_MS);
      return;
    }
    const tries = unsent.tries + (isOnline() ? 1 : 0);
    if (!isPassing(problem) || tries >= MAX_TRIES) {
      fail({ ...unsent, tries }, problem);
      return;
    }
    keep({ ...unsent, state: 'queued', tries, problem });
    const attempted = attempts.get(clientId) ?? 0;
    attempts.set(clientId, attempted + 1);
    const asked =
      'retryAfterSeconds' in problem.facts ? problem.facts.retryAfterSeconds * 1_000 : 0;
    rest(lane, Math.max(PAUSES_MS[attempted] ?? LAST_PAUSE_MS, asked));
    settled(unsent, { state: 'waiting' });
  }

  function rest(lane: string, ms: number): void {
    pauses.set(
      lane,
      setTimeout(() => {
        pauses.delete(lane);
        pump(lane);
      }, ms),
    );
  }

  function fail(unsent: Unsent<Command>, problem: Trouble): void {
    const failed: Unsent<Command> = { ...unsent, state: 'failed', problem };
    keep(failed);
    settled(failed, { state: 'failed', problem });
  }

  function keep(unsent: Unsent<Command>): void {
    items.set(unsent.clientId, unsent);
    void kept(storage.put(unsent), undefined);
  }

  function forget(clientId: string): void {
    items.delete(clientId);
    attempts.delete(clientId);
    doubtful.delete(clientId);
    void kept(storage.remove(clientId), undefined);
  }

  return { items, start, stop, add, retry, discard, wake };
}

/** A browser without storage (private window, full disk) still sends; it only cannot survive a reload. */
async function kept<Value>(work: Promise<Value>, otherwise: Value): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    console.warn('unsent messages cannot be stored in this browser', error);
    return otherwise;
  }
}

/** Storage that lives as long as the page; for tests. */
export function memoryStorage<Command>(): OutboxStorage<Command> {
  const held = new Map<string, Unsent<Command>>();
  return {
    list: async (personId) => [...held.values()].filter((one) => one.personId === personId),
    has: async (clientId) => held.has(clientId),
    put: async (unsent) => {
      held.set(unsent.clientId, structuredClone(unsent));
    },
    remove: async (clientId) => {
      held.delete(clientId);
    },
  };
}

/** Storage in the browser's IndexedDB; the database is opened at the first use. */
export function browserStorage<Command>(name: string): OutboxStorage<Command> {
  interface Schema extends DBSchema {
    unsent: { key: string; value: Unsent<Command>; indexes: { byPerson: string } };
  }
  let opened: Promise<IDBPDatabase<Schema>> | null = null;
  const db = () =>
    (opened ??= openDB<Schema>(name, 1, {
      upgrade(database) {
        const store = database.createObjectStore('unsent', { keyPath: 'clientId' });
        store.createIndex('byPerson', 'personId');
      },
    }));
  return {
    list: async (personId) => (await db()).getAllFromIndex('unsent', 'byPerson', personId),
    has: async (clientId) => (await (await db()).getKey('unsent', clientId)) !== undefined,
    put: async (unsent) => {
      await (await db()).put('unsent', unsent);
    },
    remove: async (clientId) => {
      await (await db()).delete('unsent', clientId);
    },
  };
}
