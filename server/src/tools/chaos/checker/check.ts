import type {
  Acknowledged,
  Dump,
  HistoryLine,
  Invariant,
  Press,
  Read,
  Refused,
  Row,
  Side,
  Start,
  Violation,
} from './history';
import { CANARY } from './history';

type StoredEntry = Dump['entries'][number];

/**
 * Judges a run: every way in which the product broke its word, or none.
 * @param history in the order of time
 */
export function check(history: readonly HistoryLine[], dump: Dump): Violation[] {
  const violations: Violation[] = [];
  const blame = (invariant: Invariant, what: string) => void violations.push({ invariant, what });
  const world = readWorld(history, dump);
  checkStored(world, dump, blame);
  checkPresses(world, blame);
  checkReads(world, blame);
  checkLevel(world, blame);
  checkBytes(world, blame);
  return violations;
}

type Blame = (invariant: Invariant, what: string) => void;

interface World {
  history: readonly HistoryLine[];
  /** The latest start of each client. */
  clients: Map<string, Start>;
  presses: Map<string, Press>;
  acks: Acknowledged[];
  /** The last word on each refused press. */
  refused: Map<string, Refused>;
  /** Presses that were held or given up for a while: sent again, they go out later than what was pressed after them. */
  held: Set<string>;
  reads: Read[];
  rows: Row[];
  /** Entries of each appeal in the order of `seq`. */
  threads: Map<string, StoredEntry[]>;
  /** By `clientId`; more than one is a double. */
  byClientId: Map<string, StoredEntry[]>;
  dealerOf: Map<string, string>;
}

function readWorld(history: readonly HistoryLine[], dump: Dump): World {
  const world: World = {
    history,
    clients: new Map(),
    presses: new Map(),
    acks: [],
    refused: new Map(),
    held: new Set(),
    reads: [],
    rows: [],
    threads: new Map(dump.appeals.map(({ id }) => [id, []])),
    byClientId: new Map(),
    dealerOf: new Map(dump.appeals.map(({ id, dealer }) => [id, dealer])),
  };
  for (const line of history) {
    if (line.ev === 'start') world.clients.set(line.c, line);
    // The same press may be tried by several ways; the first note of it counts.
    else if (line.ev === 'press' && !world.presses.has(line.id)) world.presses.set(line.id, line);
    else if (line.ev === 'ack') {
      world.acks.push(line);
      world.refused.delete(line.id);
    } else if (line.ev === 'refused') {
      world.refused.set(line.id, line);
      world.held.add(line.id);
    } else if (line.ev === 'retried') world.held.add(line.id);
    else if (line.ev === 'read') world.reads.push(line);
    else if (line.ev === 'row') world.rows.push(line);
  }
  for (const entry of dump.entries) {
    const thread = world.threads.get(entry.appeal) ?? [];
    thread.push(entry);
    world.threads.set(entry.appeal, thread);
    if (entry.clientId !== null)
      world.byClientId.set(entry.clientId, [
        ...(world.byClientId.get(entry.clientId) ?? []),
        entry,
      ]);
  }
  for (const thread of world.threads.values()) thread.sort((a, b) => a.seq - b.seq);
  return world;
}

const numberFor = (side: Side, entry: StoredEntry) =>
  side === 'staff' ? entry.seq : entry.publicSeq;

/** Dense numbers in both numberings, counters that fit, and nothing nobody pressed. */
function checkStored(world: World, dump: Dump, blame: Blame): void {
  for (const appeal of dump.appeals) {
    const thread = world.threads.get(appeal.id) ?? [];
    thread.forEach((entry, index) => {
      if (entry.seq !== index + 1)
        blame(
          'numbers_dense',
          `appeal ${appeal.id}: ${entry.seq} stands where ${index + 1} should`,
        );
    });
    const shared = thread.filter((entry) => entry.publicSeq !== null);
    shared.forEach((entry, index) => {
      if (entry.publicSeq !== index + 1)
        blame(
          'numbers_dense',
          `appeal ${appeal.id}: public ${entry.publicSeq} stands where ${index + 1} should`,
        );
    });
    if (thread.length !== appeal.lastSeq || shared.length !== appeal.lastPublicSeq)
      blame(
        'numbers_dense',
        `appeal ${appeal.id} counts ${appeal.lastSeq}/${appeal.lastPublicSeq}, holds ${thread.length}/${shared.length}`,
      );
    const said = thread.filter((entry) => entry.kind !== 'event');
    const saidPublicly = said.filter((entry) => entry.publicSeq !== null);
    if (said.length !== appeal.messages || saidPublicly.length !== appeal.publicMessages)
      blame(
        'numbers_dense',
        `appeal ${appeal.id} counts ${appeal.messages}/${appeal.publicMessages} messages, holds ${said.length}/${saidPublicly.length}`,
      );
  }
  for (const [clientId, entries] of world.byClientId) {
    if (entries.length > 1)
      blame('doubled', `press ${clientId} became ${entries.map(({ id }) => id).join(' and ')}`);
    const [entry] = entries;
    if (entry && entry.kind !== 'event' && !world.presses.has(clientId))
      blame('from_nowhere', `entry ${entry.id} has the id ${clientId}, which nobody pressed`);
  }
  for (const entry of dump.entries)
    if (entry.kind !== 'event' && entry.clientId === null)
      blame('from_nowhere', `entry ${entry.id} has no id of a press`);
}

/** What was acknowledged is there, under the number that was told; what was refused is not; the author's order is kept. */
function checkPresses(world: World, blame: Blame): void {
  for (const ack of world.acks) {
    const side = world.clients.get(ack.c)?.side ?? 'staff';
    const stored = (world.byClientId.get(ack.id) ?? []).find(({ id }) => id === ack.entry);
    if (!stored) blame('acknowledged_lost', `${ack.c} was told ${ack.id} is stored; it is not`);
    else if (stored.appeal !== ack.appeal || numberFor(side, stored) !== ack.n)
      blame(
        'acknowledged_lost',
        `${ack.c} was told ${ack.id} is number ${ack.n} of ${ack.appeal}; it is ${numberFor(side, stored)} of ${stored.appeal}`,
      );
  }
  for (const refused of world.refused.values())
    if (world.byClientId.has(refused.id))
      blame('refused_but_there', `${refused.id} was refused (${refused.code}) and is stored`);

  for (const press of world.presses.values())
    if (
      (press.kind === 'message' || press.kind === 'note') &&
      !world.refused.has(press.id) &&
      !world.byClientId.has(press.id)
    )
      blame('pressed_lost', `${press.c} pressed ${press.id}; it was neither stored nor refused`);

  for (const { c, id, files = 0 } of world.presses.values()) {
    const stored = world.byClientId.get(id)?.[0];
    if (stored && stored.files < files)
      blame('file_lost', `${c} sent ${files} files with ${id}; ${stored.files} are stored`);
  }

  const last = new Map<string, { press: Press; entry: StoredEntry }>();
  for (const press of world.presses.values()) {
    if (press.kind !== 'message' && press.kind !== 'note') continue;
    if (world.held.has(press.id)) continue;
    const entry = world.byClientId.get(press.id)?.[0];
    if (!entry) continue;
    const lane = `${press.c} ${press.appeal}`;
    const before = last.get(lane);
    if (before && before.entry.seq > entry.seq)
      blame(
        'order_of_author',
        `${press.c} pressed ${before.press.id} before ${press.id}; they are stored as ${before.entry.seq} and ${entry.seq}`,
      );
    else last.set(lane, { press, entry });
  }
}

/** One order for everybody, nothing goes back, and the author reads what he was told is stored. */
function checkReads(world: World, blame: Blame): void {
  /** By client and appeal: what is shown now. */
  const screens = new Map<string, Map<number, { id: string; version: number }>>();
  /** By side, appeal and number: whose place it is. */
  const places = new Map<string, string>();
  /** Acknowledged and not yet looked at since. */
  const owed = new Map<string, Acknowledged[]>();
  for (const line of world.history) {
    if (line.ev === 'start') {
      for (const key of [...screens.keys()]) if (key.startsWith(`${line.c} `)) screens.delete(key);
      for (const key of [...owed.keys()]) if (key.startsWith(`${line.c} `)) owed.delete(key);
    } else if (line.ev === 'ack') {
      const key = `${line.c} ${line.appeal}`;
      owed.set(key, [...(owed.get(key) ?? []), line]);
    } else if (line.ev === 'read') {
      const key = `${line.c} ${line.appeal}`;
      const side = world.clients.get(line.c)?.side ?? 'staff';
      const screen = screens.get(key) ?? new Map<number, { id: string; version: number }>();
      screens.set(key, screen);
      readOnce(line, side, screen, places, blame);
      for (const ack of owed.get(key) ?? []) {
        const lowest = Math.min(...screen.keys());
        if (ack.n >= lowest && screen.get(ack.n)?.id !== ack.entry)
          blame('own_write_unread', `${line.c} was told ${ack.n} is his and does not see it`);
      }
      owed.delete(key);
    }
  }
  for (const [place, entryId] of places) {
    const [side, appeal, number] = place.split(' ');
    const stored = (world.threads.get(appeal ?? '') ?? []).find(({ id }) => id === entryId);
    const place_ = stored && numberFor(side === 'dealer' ? 'dealer' : 'staff', stored);
    if (place_ !== Number(number))
      blame(
        'one_order',
        `${entryId} was shown as ${number} of ${appeal}; it is stored as ${place_}`,
      );
  }
}

function readOnce(
  read: Read,
  side: Side,
  screen: Map<number, { id: string; version: number }>,
  places: Map<string, string>,
  blame: Blame,
): void {
  const before = new Map(screen);
  for (const number of [...screen.keys()]) if (number >= read.from) screen.delete(number);
  for (const [number, id, version] of read.entries) {
    screen.set(number, { id, version });
    const place = `${side} ${read.appeal} ${number}`;
    const owner = places.get(place);
    if (owner !== undefined && owner !== id)
      blame(
        'one_order',
        `number ${number} of ${read.appeal} is ${owner} for one and ${id} for another`,
      );
    else places.set(place, id);
  }
  for (const [number, was] of before) {
    const now = screen.get(number);
    if (!now)
      blame('reads_go_back', `${read.c} saw ${number} of ${read.appeal}, and then not any more`);
    else if (now.version < was.version)
      blame(
        'reads_go_back',
        `${read.c} saw version ${was.version} of ${number} of ${read.appeal}, then ${now.version}`,
      );
  }
  if (read.last < Math.max(0, ...before.keys()))
    blame(
      'reads_go_back',
      `${read.c} saw ${Math.max(...before.keys())} of ${read.appeal}, then ends at ${read.last}`,
    );
}

/** Long after the last fault every client shows what is stored and its side may see, and counts it rightly. */
function checkLevel(world: World, blame: Blame): void {
  for (const read of world.reads.filter(({ final }) => final)) {
    const side = world.clients.get(read.c)?.side ?? 'staff';
    const thread = world.threads.get(read.appeal) ?? [];
    const visible = thread.flatMap((entry) => {
      const number = numberFor(side, entry);
      const isUntold = read.sparse === true && entry.kind === 'event';
      return number === null || number < read.from || isUntold
        ? []
        : [`${number} ${entry.id} ${entry.version}`];
    });
    const shown = read.entries.map(([number, id, version]) => `${number} ${id} ${version}`);
    const missing = visible.filter((one) => !shown.includes(one));
    const extra = shown.filter((one) => !visible.includes(one));
    if (missing.length + extra.length > 0 || visible.length !== shown.length)
      blame(
        'not_level',
        `${read.c} in ${read.appeal}: lacks ${missing.slice(0, 3).join(', ') || 'nothing'}, shows beside it ${extra.slice(0, 3).join(', ') || 'nothing'}`,
      );
  }
  for (const row of world.rows) {
    const side = world.clients.get(row.c)?.side ?? 'staff';
    const unread = (world.threads.get(row.appeal) ?? []).filter((entry) => {
      const number = numberFor(side, entry);
      return entry.kind !== 'event' && number !== null && number > row.mark;
    }).length;
    if (unread !== row.unread)
      blame(
        'unread_wrong',
        `${row.c} counts ${row.unread} unread in ${row.appeal}; above ${row.mark} there are ${unread}`,
      );
  }
}

/** No byte of a note or of another dealer in anything a dealer's session received. */
function checkBytes(world: World, blame: Blame): void {
  for (const line of world.history) {
    if (line.ev !== 'bytes') continue;
    const client = world.clients.get(line.c);
    if (client?.side !== 'dealer') continue;
    for (const token of line.tokens) {
      const [, kind, dealer] = [...token.matchAll(CANARY)][0] ?? [];
      if (kind !== 'm') blame('leak', `${line.c} received ${token}, a private note`);
      else if (dealer !== client.dealer)
        blame('leak', `${line.c} of ${client.dealer} received ${token}, another dealer's`);
    }
  }
}
