import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { shallowReactive } from 'vue';

import { isPassing, troubleOf, type Trouble } from './problem';
import type { Tabs } from './tabs';

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
  /** It has been on its way at least once: the server may know it, whatever became of the answer. */
  readonly tried: boolean;
  /** ms, server's clock; the first try that failed while the connection was there. */
  readonly failingSince: number | null;
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
  /** False: the lane waits until `nudge`. */
  mayGo?: (lane: string) => boolean;
  /** A command refused like this holds what was given after it, until it is changed, sent again or taken out. */
  holdsLane?: (problem: Trouble) => boolean;
  /** The other tabs with the same queue: only the leading one sends. Left out: there are none. */
  tabs?: OutboxTabs;
}

export type OutboxTabs = Pick<Tabs, 'leads' | 'onChange' | 'tell' | 'hear'>;

/**
 * What tabs tell each other. A tab that follows does what it was asked on its own `items` and in storage, and lets the
 * leader know (`asks`); the leader does it too, sends, and tells all what the queue is like now (`tells`). Whatever was
 * asked while nobody led is found in storage by the next leader.
 */
type Letter<Command, Answer> = { personId: string } & (
  | { asks: 'add' | 'retry' | 'change'; unsent: Unsent<Command>; mayGo: boolean }
  | { asks: 'discard'; clientId: string }
  | { asks: 'nudge'; lane: string }
  | { asks: 'wake' }
  | { tells: 'put'; unsent: Unsent<Command> }
  | { tells: 'gone'; clientId: string }
  | { tells: 'settled'; unsent: Unsent<Command>; fate: Fate<Answer> }
);
type WithoutPerson<Some> = Some extends unknown ? Omit<Some, 'personId'> : never;

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
  /** Gives a command other content; a failed one is queued again. It keeps its id and its place in the lane. */
  change(clientId: string, command: Command): void;
  /** Keeps what was learnt on the way (an upload that arrived); what the command asks for stays the same. */
  note(clientId: string, learnt: (command: Command) => Command): void;
  /** Takes a command out for good and answers it (Edit, Delete). */
  discard(clientId: string): Command | null;
  /** What `mayGo` waited for has happened. */
  nudge(lane: string): void;
  /** The connection is back: no more waiting. */
  wake(): void;
}

const PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 30_000] as const;
const LAST_PAUSE_MS = 30_000;
const MAX_TRIES = 5;
/** How long a lane waits for a tab whose thread has a gap; that tab may be closed before it knows more. */
const GAP_MS = 5_000;
const DAY_MS = 24 * 60 * 60_000;
/** Since the first try that failed with a connection; a day without any does not count. */
const MAX_FAILING_MS = DAY_MS;
/** Written so long ago that it may be out of place by now: the author decides. */
const MAX_AGE_MS = 7 * DAY_MS;

/** A failed command that is to be sent once more begins like a new one. */
const AFRESH = { state: 'queued', tries: 0, failingSince: null, problem: null } as const;

const ALONE: OutboxTabs = {
  leads: () => true,
  onChange: () => undefined,
  tell: () => undefined,
  hear: () => undefined,
};
const TOPIC = 'outbox';

/** The queue of commands on their way to the server (STA-6). */
export function createOutbox<Command, Answer>(
  options: OutboxOptions<Command, Answer>,
): Outbox<Command> {
  const { storage, send, settled, isOnline, now } = options;
  const { mayGo = () => true, holdsLane = () => false, tabs = ALONE } = options;
  const items = shallowReactive(new Map<string, Unsent<Command>>());
  let personId: string | null = null;
  /** Grows with every start and stop: what began before must not touch what came after. */
  let era = 0;
  const busy = new Set<string>();
  const pauses = new Map<string, ReturnType<typeof setTimeout>>();
  const attempts = new Map<string, number>();
  /** May have been answered or deleted by another tab since it was stored. */
  const doubtful = new Set<string>();
  /** Got other content while the old one was on its way. */
  const overtaken = new Set<string>();
  /** Given here and not stored yet, or not at all: the next leader cannot find them by itself. */
  const unstored = new Set<string>();
  /** Lanes that rest for the thread of another tab. */
  const gaps = new Set<string>();
  /** When a command last changed here, counted in steps: an older look into the storage does not count then. */
  const touched = new Map<string, number>();
  let steps = 0;

  async function start(person: string): Promise<void> {
    stop();
    personId = person;
    await takeOver();
  }

  /** Finds what is stored, and what the tab that led before was about to send. */
  async function takeOver(): Promise<void> {
    if (personId === null) return;
    const mine = era;
    const began = ++steps;
    const stored = await kept(storage.list(personId), []);
    if (mine !== era) return;
    for (const unsent of [...items.values(), ...stored]) {
      const { clientId, lane, state } = unsent;
      if ((touched.get(clientId) ?? 0) > began) continue;
      // This tab's own try, begun before.
      if (items.get(clientId)?.state === 'sending' && busy.has(lane)) continue;
      if (!unstored.has(clientId)) doubtful.add(clientId);
      items.set(clientId, { ...unsent, state: state === 'failed' ? 'failed' : 'queued' });
    }
    wake();
  }

  /** Another tab leads, or this one. */
  function leaderChanged(): void {
    if (tabs.leads()) void takeOver();
    else {
      for (const clientId of unstored) {
        const unsent = items.get(clientId);
        if (unsent) tell({ asks: 'add', unsent, mayGo: mayGo(unsent.lane) });
      }
    }
  }

  const tell = (letter: WithoutPerson<Letter<Command, Answer>>) =>
    tabs.tell(TOPIC, { ...letter, personId });
  /** The leader knows already what it is asked. */
  const askLeader = (letter: WithoutPerson<Letter<Command, Answer>>) =>
    tabs.leads() || tell(letter);

  function hear(letter: Letter<Command, Answer>): void {
    if (letter.personId !== personId || 'asks' in letter !== tabs.leads()) return;
    if ('tells' in letter) {
      if (letter.tells === 'put') show(letter.unsent);
      else if (letter.tells === 'gone') drop(letter.clientId);
      else settled(letter.unsent, letter.fate);
    } else if (letter.asks === 'discard') discard(letter.clientId);
    else if (letter.asks === 'nudge') closeGap(letter.lane);
    else if (letter.asks === 'wake') wake();
    else hearCommand(letter.asks, letter.unsent, letter.mayGo);
  }

  function hearCommand(
    asks: 'add' | 'retry' | 'change',
    unsent: Unsent<Command>,
    fits: boolean,
  ): void {
    const { clientId, lane, command } = unsent;
    const known = items.get(clientId);
    if (!fits && !pauses.has(lane)) {
      gaps.add(lane);
      rest(lane, GAP_MS);
    }
    if (!known || (asks === 'add' && known.state === 'queued')) {
      // It may have been delivered a moment ago, when its new words were already on their way here: they still count.
      keep({ ...unsent, state: 'queued' });
      pump(lane);
    } else if (asks === 'change') change(clientId, command);
    else if (asks === 'retry') retry(clientId);
  }

  function closeGap(lane: string): void {
    if (gaps.delete(lane)) {
      clearTimeout(pauses.get(lane));
      pauses.delete(lane);
    }
    pump(lane);
  }

  tabs.onChange(leaderChanged);
  tabs.hear(TOPIC, hear);

  function stop(): void {
    era += 1;
    personId = null;
    items.clear();
    busy.clear();
    attempts.clear();
    doubtful.clear();
    overtaken.clear();
    unstored.clear();
    gaps.clear();
    touched.clear();
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
      tried: false,
      failingSince: null,
      state: 'queued',
      problem: null,
    };
    unstored.add(clientId);
    show(unsent);
    if (!tabs.leads()) tell({ asks: 'add', unsent, mayGo: mayGo(lane) });
    const mine = era;
    const stored = storage.put(unsent).then(() => void (mine === era && unstored.delete(clientId)));
    // Stored before the first try: a page closed in between loses nothing.
    void kept(stored, undefined).then(() => {
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
    const again: Unsent<Command> = { ...unsent, ...AFRESH, createdAt: lastMoment() };
    keep(again);
    askLeader({ asks: 'retry', unsent: again, mayGo: true });
    pump(unsent.lane);
  }

  function change(clientId: string, command: Command): void {
    const unsent = items.get(clientId);
    if (!unsent) return;
    if (unsent.state === 'sending' && tabs.leads()) overtaken.add(clientId);
    attempts.delete(clientId);
    const changed: Unsent<Command> =
      unsent.state === 'failed' ? { ...unsent, command, ...AFRESH } : { ...unsent, command };
    keep(changed);
    askLeader({ asks: 'change', unsent: changed, mayGo: true });
    pump(unsent.lane);
  }

  function note(clientId: string, learnt: (command: Command) => Command): void {
    const unsent = items.get(clientId);
    if (unsent) keep({ ...unsent, command: learnt(unsent.command) });
  }

  function discard(clientId: string): Command | null {
    const unsent = items.get(clientId);
    if (!unsent) return null;
    forget(clientId);
    askLeader({ asks: 'discard', clientId });
    // What waited behind it may go.
    pump(unsent.lane);
    return unsent.command;
  }

  function wake(): void {
    for (const pause of pauses.values()) clearTimeout(pause);
    pauses.clear();
    attempts.clear();
    askLeader({ asks: 'wake' });
    for (const lane of new Set([...items.values()].map((one) => one.lane))) pump(lane);
  }

  function nudge(lane: string): void {
    askLeader({ asks: 'nudge', lane });
    pump(lane);
  }

  function pump(lane: string): void {
    if (!tabs.leads()) return;
    if (personId === null || busy.has(lane) || pauses.has(lane)) return;
    const next = [...items.values()]
      .filter((one) => one.lane === lane && (one.state === 'queued' || isHolding(one)))
      .sort((a, b) => a.createdAt - b.createdAt)[0];
    if (next?.state !== 'queued' || !mayGo(lane)) return;
    busy.add(lane);
    const mine = era;
    void attempt(next, mine).finally(() => {
      if (mine !== era) return;
      busy.delete(lane);
      pump(lane);
    });
  }

  const isHolding = ({ state, problem }: Unsent<Command>) =>
    state === 'failed' && problem !== null && holdsLane(problem);

  async function attempt(given: Unsent<Command>, mine: number): Promise<void> {
    let unsent = given;
    const { clientId } = unsent;
    if (doubtful.delete(clientId)) {
      const there = await kept(storage.has(clientId), true);
      if (mine !== era || !items.has(clientId)) return;
      if (!there) {
        forget(clientId);
        return;
      }
    }
    if (isTooOld(unsent)) {
      const problem: Trouble = { code: 'timeout', facts: {}, status: 0, requestId: null };
      fail(unsent, unsent.problem ?? problem);
      return;
    }
    unsent = { ...(items.get(clientId) ?? unsent), state: 'sending', tried: true };
    if (given.tried) show(unsent);
    else keep(unsent);
    try {
      const answer = await send(unsent.command, clientId);
      if (mine !== era) return;
      const last = items.get(clientId) ?? unsent;
      // The answer is put where the screen looks before the unsent bubble goes: nothing blinks.
      settle(last, { state: 'delivered', answer });
      if (overtaken.delete(clientId) && items.has(clientId)) keep({ ...last, state: 'queued' });
      else forget(clientId);
    } catch (error) {
      const problem = troubleOf(error);
      const last = items.get(clientId);
      if (mine !== era || !last) return;
      later(last, problem);
    }
  }

  /** The try failed: now or never, or once more after a pause. */
  function later(unsent: Unsent<Command>, problem: Trouble): void {
    const { clientId, lane } = unsent;
    // The refusal was for words that are not wanted any more.
    if (overtaken.delete(clientId)) {
      keep({ ...unsent, state: 'queued' });
      return;
    }
    // Signed out, or the portal is closed to dealers: the command waits for the same person, however long.
    if (problem.status === 401 || problem.code === 'portal_closed') {
      keep({ ...unsent, state: 'queued' });
      rest(lane, LAST_PAUSE_MS);
      return;
    }
    // Without a network nobody has said anything about the command, whatever the socket still believes.
    const counts = isOnline() && problem.code !== 'offline';
    const tries = unsent.tries + (counts ? 1 : 0);
    const failingSince = unsent.failingSince ?? (counts ? now() : null);
    if (!isPassing(problem) || tries >= MAX_TRIES) {
      fail({ ...unsent, tries, failingSince }, problem);
      return;
    }
    keep({ ...unsent, state: 'queued', tries, failingSince, problem });
    const attempted = attempts.get(clientId) ?? 0;
    attempts.set(clientId, attempted + 1);
    const asked =
      'retryAfterSeconds' in problem.facts ? problem.facts.retryAfterSeconds * 1_000 : 0;
    rest(lane, Math.max(PAUSES_MS[attempted] ?? LAST_PAUSE_MS, asked));
    settle(unsent, { state: 'waiting' });
  }

  function isTooOld({ createdAt, failingSince }: Unsent<Command>): boolean {
    const failing = failingSince ?? null;
    return now() - createdAt > MAX_AGE_MS || (failing !== null && now() - failing > MAX_FAILING_MS);
  }

  function rest(lane: string, ms: number): void {
    pauses.set(
      lane,
      setTimeout(() => {
        pauses.delete(lane);
        gaps.delete(lane);
        pump(lane);
      }, ms),
    );
  }

  function fail(unsent: Unsent<Command>, problem: Trouble): void {
    const failed: Unsent<Command> = { ...unsent, state: 'failed', problem };
    keep(failed);
    settle(failed, { state: 'failed', problem });
  }

  function settle(unsent: Unsent<Command>, fate: Fate<Answer>): void {
    settled(unsent, fate);
    if (tabs.leads()) tell({ tells: 'settled', unsent, fate });
  }

  function keep(unsent: Unsent<Command>): void {
    show(unsent);
    void kept(storage.put(unsent), undefined);
  }

  function show(unsent: Unsent<Command>): void {
    items.set(unsent.clientId, unsent);
    touched.set(unsent.clientId, ++steps);
    if (tabs.leads()) tell({ tells: 'put', unsent });
  }

  function forget(clientId: string): void {
    drop(clientId);
    if (tabs.leads()) tell({ tells: 'gone', clientId });
    void kept(storage.remove(clientId), undefined);
  }

  function drop(clientId: string): void {
    items.delete(clientId);
    touched.set(clientId, ++steps);
    for (const held of [attempts, doubtful, overtaken, unstored]) held.delete(clientId);
  }

  return { items, start, stop, add, retry, change, note, discard, wake, nudge };
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
